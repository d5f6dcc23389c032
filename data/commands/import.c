/* import: read with an importer, join, save, report. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/go_on.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/commands/commands.h"
#include "data/datasets/folder_change.h"
#include "data/importers/csv.h"
#include "data/importers/import.h"

static const char *importer_kind(int i)
{
    const ll_importer *importer = ll_importer_at(i);
    return importer ? importer->kind : NULL;
}

const ll_option ll_import_options[] = {
    LL_OPT_NAMES(
        "kind", NULL, importer_kind,
        "whose files: help, oneproxy and eagle are folders, brpnas and hwnasbench pickles, lut tables of "
        "layer costs, csv your own (as text or JSON), accuracy one score, ofa-accuracy Once-for-All's "
        "predictor of it, zcp "
        "zero-cost proxies",
        LL_REQUIRED),
    LL_OPT_WORD("path", NULL, "the file or folder; lut: also several files, joined by commas", LL_REQUIRED,
                LL_OF(FILE)),
    LL_OPT_CHOICE("how", NULL, "as|into", "as: a new dataset; into: one that is there", LL_REQUIRED),
    LL_OPT_WORD("name", NULL, "name of the dataset", LL_REQUIRED, LL_OF(DATASET)),
    LL_OPT_WORD(
        "unit", NULL,
        "csv: unit of the numbers in the file: ms, us, ns, s, fps, or of another quantity mJ, J, W, KB, ...; "
        "unit=ms,mJ where a file has both",
        LL_ONE_OF("ms|us|ns|s|fps|mJ|uJ|J|W|mW|B|KB|MB")),
    LL_OPT_INT("batch", "1", 1, 65536, "csv: images behind one latency, to convert fps", .unit = "images"),
    LL_OPT_CHOICE(
        "repeats", NULL, "median|min|mean",
        "csv: what stands for several runs of one architecture on one device; their deviation is kept"),
    LL_OPT_LIST("key", NULL, "csv: columns that together name a device: device,batch_size"),
    LL_OPT_WORD("latency", NULL, "csv: the column of the numbers, where each line is a measurement"),
    LL_OPT_LIST("ignore", NULL, "csv: columns to take for nothing"),
    LL_OPT_LIST("missing", NULL,
                "csv: words in cells that mean nothing was measured, beside NA, NaN, None, null, -, -1"),
    LL_OPT_LIST("devices", NULL, "csv: the columns that are devices (default: all that look like it)"),
    LL_OPT_WORD(
        "features", NULL,
        "csv: the columns of numbers that describe an architecture: auto, or a,b,c:category (also :width, "
        ":count, :ratio)",
        LL_ONE_OF("auto")),
    LL_OPT_WORD("order", NULL, "csv, zcp: order of operations and edges in bare lists: naslib, or own",
                LL_ONE_OF("naslib|own")),
    LL_OPT_WORD("space", NULL,
                "csv, lut, hwnasbench: search space of a new dataset: a name, or a file *.json",
                LL_OF(SPACE)),
    LL_OPT_INT("positions", NULL, 1, LL_MAX_POSITIONS,
               "csv: positions of a space of your own, which space= names"),
    LL_OPT_LIST("ops", NULL, "csv: its operations"),
    LL_OPT_WORD("arch", NULL,
                "csv, accuracy: name of the column with the architectures; csv: of several, op1,op2 or op*"),
    LL_OPT_WORD("metric", NULL, "accuracy: name of the score, such as cifar10; hwnasbench: the data set",
                LL_OF(SCORE)),
    LL_OPT_CHOICE("split", NULL, "test|valid|train", "accuracy: of which images (default test)"),
    LL_OPT_WORD("device", NULL, "brpnas, lut, csv with one column: name of the device", LL_OF(DEVICE)),
    LL_OPT_INT(
        "n", "0", 0, 1000000,
        "lut, hwnasbench of fbnet: architectures of a new dataset; 0: all, 2000 where they cannot be listed"),
    LL_OPT_WORD("source", NULL, "accuracy: who measured (default the file's name)"),
    LL_OPT_BOOL("replace", "off", "let the file win where a device is there with other latencies"),
    LL_OPT_BOOL("dry", "off", "only say what would come of it: nothing is written"),
    {0},
};

/* --- where it goes --- */

typedef struct place {
    char *from; /* folder of the dataset that is joined, or NULL */
    char *to;   /* folder that is written */
} place;

static void free_place(place *p)
{
    free(p->from);
    free(p->to);
}

/* What is in the way is said before the file is read, which may take long. */
static ll_status find_place(ll_request *rq, bool into, const char *name, place *p)
{
    ll_status s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    if (!into) {
        p->to = ll_path_join(ll_app_data_dir(rq->app), name);
        return ll_owned_check(p->to, &ll_folder_kind, &rq->error);
    }
    ll_strs dirs = {0};
    ll_app_data_dirs(rq->app, &dirs);
    s = ll_folder_find(&dirs, name, &p->from, &rq->error);
    if (!s) s = ll_data_home(rq->app, p->from, &p->to, &rq->error);
    ll_strs_free(&dirs);
    return s;
}

/* --- the command --- */

static bool is_loaded(const ll_request *rq, const place *p)
{
    const ll_dataset *d = rq->state.data;
    return d && d->path && (!strcmp(d->path, p->to) || (p->from && !strcmp(d->path, p->from)));
}

/* A space of the user's own, as space=NAME positions=N ops=A,B,... state it. */
static ll_status define_space(ll_request *rq, const char *name, const ll_space **out)
{
    ll_strs ops = {0};
    int positions = ll_int(&rq->args, "positions");
    ll_list(&rq->args, "ops", &ops);
    ll_status s = LL_OK;
    if (!positions || ops.n > LL_MAX_OPS)
        s = LL_FAIL(rq, LL_USAGE, "a new space takes positions= (1 to %d) and ops= (at most %d names)",
                    LL_MAX_POSITIONS, LL_MAX_OPS);
    else if (!(*out = ll_space_define(name, positions, ops.v, ops.n, &rq->error)))
        s = LL_USAGE;
    ll_strs_free(&ops);
    return s;
}

static ll_status find_space(ll_request *rq, ll_import *job)
{
    const char *name = ll_word(&rq->args, "space");
    if (job->into) job->space = job->into->space;
    if (!name) return LL_OK;
    if (job->features) {
        job->space_name = name;
        return LL_OK;
    }
    const ll_space *space = ll_space_find(name);
    if (space && !space->own && ll_given(&rq->args, "ops"))
        return LL_FAIL(
            rq, LL_USAGE,
            "%s is a built-in search space, whose architectures are read as they are written: leave out "
            "positions= and ops=, or give your own space another name",
            name);
    space = NULL;
    ll_status s = ll_given(&rq->args, "ops") ? define_space(rq, name, &space) : LL_OK;
    if (s) return s;
    if (!space) s = ll_space_open(name, &space, &rq->error);
    if (s) return s;
    if (job->into && space != job->into->space)
        return LL_FAIL(rq, LL_USAGE, "%s is a dataset of %s, not of %s", job->into->name,
                       job->into->space->name, name);
    job->space = space;
    return LL_OK;
}

/* What was read, and what it joins. */
typedef struct joining {
    ll_request *rq;
    ll_import *job;
    ll_dataset *fresh, *into;
    ll_import_report report; /* made before anything is written */
} joining;

/* With what the folder holds by now, which may be more than when the file was read. */
static ll_status combine(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    joining *x = ctx;
    ll_status s = LL_OK;
    if (there) {
        ll_dataset_unref(x->into);
        x->job->into = x->into = ll_dataset_ref(there);
        s = ll_import_merge(there, x->fresh, ll_bool(&x->rq->args, "replace"), out, &x->job->notes, e);
    } else {
        *out = ll_dataset_ref(x->fresh);
    }
    if (!s) ll_import_report_make(x->rq, x->job, *out, x->fresh, &x->report);
    if (s || !ll_cancelled(x->rq->observer)) return s;
    ll_dataset_unref(*out); /* before anything is written */
    *out = NULL;
    return ll_interrupt_fail(e);
}

static ll_status save(joining *x, const place *p)
{
    ll_request *rq = x->rq;
    ll_str said = {0};
    ll_dataset *d = NULL;
    ll_change change = {.how = x->job->into ? LL_CHANGE_JOIN : LL_CHANGE_ANEW,
                        .keep = true,
                        .to = p->to,
                        .from = p->from,
                        .make = combine,
                        .ctx = x,
                        .observer = rq->observer};
    ll_status s = ll_folder_change(&change, &d, &said, &rq->error);
    if (!s && said.len) ll_note(rq, "%s", said.s);
    ll_str_free(&said);
    if (s) return s;
    ll_cancelled(rq->observer); /* heard too late: what is written is said, and nobody leaves before */
    ll_import_report_emit(rq, x->job, d, x->fresh, &x->report);
    if (is_loaded(rq, p)) {
        ll_note(rq, "%s is the loaded dataset: the session goes on with the new one", d->name);
        ll_go_on_with(rq, ll_dataset_ref(d), ll_dataset_continues(d, rq->state.data));
    }
    ll_dataset_unref(d);
    return LL_OK;
}

/* What save() would say, and nothing done. */
static ll_status preview(joining *x)
{
    ll_dataset *d = NULL, *into = ll_dataset_ref(x->into);
    ll_status s = combine(x, into, &d, &x->rq->error);
    ll_dataset_unref(into);
    if (s) return s;
    ll_import_note(x->job, "nothing was written (dry=on)");
    ll_import_report_emit(x->rq, x->job, d, x->fresh, &x->report);
    ll_dataset_unref(d);
    return LL_OK;
}

/* Device names come from cells, keys and file names: one rule, whoever read them. */
static ll_status check_names(const ll_dataset *fresh, const char *path, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < fresh->n_devices && !s; i++) s = ll_table_check_device(fresh->devices[i].name, e);
    return s ? ll_fail_in(e, "%.150s: ", path) : LL_OK;
}

/* Said before a large file is read; a unit of each quantity at most. */
static ll_status check_unit(ll_request *rq, const char *unit)
{
    ll_strs list = {0};
    ll_str all = {0};
    ll_status s = LL_OK;
    if (unit) ll_strs_split(&list, unit, ',');
    ll_unit_list(&all);
    for (int i = 0; i < list.n && !s; i++)
        if (!ll_unit_find(list.v[i]))
            s = LL_FAIL(rq, LL_USAGE, "import: unit=%.40s: must be one of %s", list.v[i], ll_str_text(&all));
    if (!s && unit && !list.n) s = LL_FAIL(rq, LL_USAGE, "import: unit= is empty: must be one of %s", all.s);
    ll_str_free(&all);
    ll_strs_free(&list);
    return s;
}

/* A published file that was given to the importer of another one. */
static ll_status point_to(ll_request *rq, const ll_importer *given, const char *path)
{
    ll_str line = {0};
    const ll_importer *own = ll_importer_of(path, given);
    if (!own) return LL_BAD_DATA;
    ll_quote_addf(&line, "import %s %s as NAME", own->kind, path);
    char *why = ll_strdup(rq->error.message);
    LL_FAIL(rq, LL_BAD_DATA, "%.500s; it is for `%.300s`, %s", why, line.s, own->summary);
    free(why);
    ll_str_free(&line);
    return LL_BAD_DATA;
}

static ll_status import_into(joining *x, const place *p)
{
    ll_request *rq = x->rq;
    ll_import *job = x->job;
    const ll_importer *importer = ll_importer_at(ll_chosen(&rq->args, "kind"));
    if (importer->only_into && !job->into) {
        ll_str line = {0};
        ll_quote_addf(&line, "import %s %s into NAME", importer->kind, job->path);
        LL_FAIL(rq, LL_USAGE, "import %s needs a dataset to join: `%s`", importer->kind, line.s);
        ll_str_free(&line);
        return LL_USAGE;
    }
    ll_status s = check_unit(rq, job->unit);
    if (!s) s = find_space(rq, job);
    if (!s) s = importer->read(job, &x->fresh, &rq->error);
    if (s == LL_BAD_DATA) s = point_to(rq, importer, job->path);
    if (!s) s = check_names(x->fresh, job->path, &rq->error);
    if (!s && ll_cancelled(rq->observer))
        s = LL_FAIL(rq, LL_CANCELLED, "stopped before anything was written");
    return s ? s : ll_bool(&rq->args, "dry") ? preview(x) : save(x, p);
}

ll_status ll_run_import(ll_request *rq)
{
    place p = {0};
    char *path = ll_path_expand(ll_word(&rq->args, "path"));
    ll_import job = {.path = path,
                     .name = ll_word(&rq->args, "name"),
                     .device = ll_word(&rq->args, "device"),
                     .unit = ll_word(&rq->args, "unit"),
                     .latency = ll_word(&rq->args, "latency"),
                     .arch = ll_word(&rq->args, "arch"),
                     .order = ll_word(&rq->args, "order"),
                     .repeats = ll_word(&rq->args, "repeats"),
                     .features = ll_word(&rq->args, "features"),
                     .metric = ll_word(&rq->args, "metric"),
                     .split = ll_word(&rq->args, "split"),
                     .source = ll_word(&rq->args, "source")};
    joining x = {.rq = rq, .job = &job};
    ll_strs devices = {0}, key = {0}, ignore = {0}, missing = {0};
    ll_patterns(&rq->args, "devices", &devices);
    job.devices = &devices;
    ll_list(&rq->args, "key", &key);
    job.key = &key;
    ll_list(&rq->args, "ignore", &ignore);
    job.ignore = &ignore;
    ll_list(&rq->args, "missing", &missing);
    job.missing = &missing;
    job.batch = ll_int(&rq->args, "batch");
    job.n = ll_int(&rq->args, "n");
    ll_status s = find_place(rq, ll_is(&rq->args, "how", "into"), job.name, &p);
    if (!s && p.from) s = ll_folder_load(p.from, &x.into, &rq->error);
    job.into = x.into;
    if (!s) s = import_into(&x, &p);
    ll_strs_free(&job.notes);
    ll_strs_free(&devices);
    ll_strs_free(&key);
    ll_strs_free(&ignore);
    ll_strs_free(&missing);
    ll_import_report_free(&x.report);
    ll_dataset_unref(x.fresh);
    ll_dataset_unref(x.into);
    free_place(&p);
    free(path);
    return s;
}
