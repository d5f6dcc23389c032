/* What the command `measure` can be told, and what it means. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/output.h"
#include "core/base/system/fs.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/machine.h"
#include "data/machines/host/timing.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"

static const char *engine_name(int i)
{
    const ll_host_engine *engine = ll_host_engine_at(i);
    return engine ? engine->name : NULL;
}

const ll_option ll_measure_options[] = {
    LL_OPT_CHOICE(
        "what", NULL, "list|layers",
        "list: what this machine can do; layers: each layer of a space alone, into out=", LL_POSITIONAL),
    LL_OPT_WORD("device", NULL, "name of the device that is added, or extended", LL_OF(DEVICE)),
    LL_OPT_NAMES("engine", "onednn", engine_name, "what runs the networks"),
    LL_OPT_NAMES("dtype", "f32", ll_host_dtype_name, "numbers it computes with"),
    LL_OPT_NAMES("isa", "native", ll_host_isa_name,
                 "instruction set at most; native: whatever the processor has"),
    LL_OPT_CHOICE(
        "execution", "written", "written|simplified",
        "simplified: without what the result does not need, zeros, copies and what is computed twice"),
    LL_OPT_INT("threads", "1", 1, 256, "of the engine"),
    LL_OPT_INT("batch", "1", 1, 256, "images per run; the latency is that of the batch", .unit = "images"),
    LL_OPT_LIST("archs", "all", "all, samples or suggest (what is picked), random:N, or indices and strings",
                LL_ONE_OF("all|samples|suggest|random:")),
    LL_OPT_WORD("repeats", "auto", "timed runs of each architecture; auto: 5, up to 15 where they disagree",
                LL_ONE_OF("auto")),
    LL_OPT_BOOL("stable", "off",
                "careful: warmed up until settled, cooling down where it is slow, until the interval of "
                "each median is within 1 %, at most 30 runs or repeats="),
    LL_OPT_INT("check", "0", 0, 1000000,
               "measured a second time, afterwards: how far the device agrees with itself",
               .unit = "architectures"),
    LL_OPT_INT("seed", "1", 0, 2147483646, "of the order, of random:N and of check"),
    LL_OPT_WORD("dataset", NULL, "measure into this dataset of the data folder; a new one if there is none",
                LL_OF(DATASET)),
    LL_OPT_WORD("space", "nasbench201",
                "search space of a new dataset, or of the layers (default: the loaded one's): a name, or a "
                "file *.json",
                LL_OF(SPACE)),
    LL_OPT_INT("n", "0", 0, 1000000,
               "architectures of a new dataset; 0: all, 2000 where there are more than 16384"),
    LL_OPT_WORD(
        "via", NULL,
        "measure on another machine: \"ssh USER@HOST\", \"adb shell\", or a name of your file of hosts"),
    LL_OPT_INT("core", NULL, 0, 1023, "core to run on; otherwise the last one allowed"),
    LL_OPT_INT("budget", "0", 0, 65000,
               "layers: time so many, and more where the others do not tell what they take; 0: all",
               .unit = "layers"),
    LL_OPT_WORD(
        "like", NULL,
        "layers: at the speed the machine had when this device of the loaded dataset was measured, by "
        "the control network of both; default: at that of now",
        LL_OF(DEVICE)),
    LL_OPT_WORD("out", NULL, "layers: the table to write, *.csv", LL_OF_OUTPUT),
    LL_OPT_FORCE,
    LL_OPT_BOOL("again", "off", "drop what an earlier sweep of this device has kept"),
    LL_OPT_BOOL("save", "on", "write the dataset when done: where it lies, or a copy in the data folder"),
    {0},
};

void ll_measure_settings(const ll_request *rq, ll_host_settings *out, char **note)
{
    const ll_values *v = &rq->args;
    ll_str text = {0};
    bool sent = ll_has(v, "via") && !ll_given(v, "engine"); /* oneDNN does not travel */
    *out = (ll_host_settings){.engine = sent ? &ll_engine_blas : ll_host_engine_at(ll_chosen(v, "engine")),
                              .dtype = (ll_host_dtype)ll_chosen(v, "dtype"),
                              .isa = (ll_host_isa)ll_chosen(v, "isa"),
                              .threads = ll_int(v, "threads"),
                              .batch = ll_int(v, "batch"),
                              .simplified = ll_is(v, "execution", "simplified"),
                              .seed = LL_NETWORK_SEED};
    ll_str_addf(&text, "engine=%s dtype=%s isa=%s threads=%d batch=%d", out->engine->name,
                ll_word(v, "dtype"), ll_word(v, "isa"), out->threads, out->batch);
    if (out->simplified) ll_str_add(&text, " execution=simplified"); /* else as before there was a choice */
    *note = ll_str_take(&text);
}

int ll_measure_repeats(const ll_request *rq)
{
    return ll_is(&rq->args, "repeats", "auto") ? 0 : atoi(ll_word(&rq->args, "repeats"));
}

ll_status ll_measure_check_repeats(ll_request *rq)
{
    const char *text = ll_word(&rq->args, "repeats");
    char *end;
    long n = strtol(text, &end, 10);
    if (!strcmp(text, "auto") || (*text && !*end && n >= 1 && n <= LL_MAX_TIMES)) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "repeats=%.40s: auto or a number from 1 to %d was expected", text,
                   (int)LL_MAX_TIMES);
}

int ll_measure_core(const ll_request *rq, const ll_place *place)
{
    if (ll_given(&rq->args, "core")) return ll_int(&rq->args, "core");
    return place->remote ? -1 : ll_machine_core();
}

ll_status ll_measure_journal(ll_request *rq, const char *name, char **journal)
{
    char *state = ll_xdg_dir(LL_XDG_STATE), *dir = ll_path_join(state, "measure");
    ll_str file = {0};
    ll_status s = ll_make_dirs(dir, &rq->error);
    ll_str_addf(&file, "%s.runs", name);
    *journal = ll_path_join(dir, ll_str_text(&file));
    if (!s && ll_bool(&rq->args, "again") && ll_is_file(*journal)) unlink(*journal);
    ll_str_free(&file);
    free(dir);
    free(state);
    return s;
}
