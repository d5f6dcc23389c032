/* What the command `measure` can be told. */
#include "data/machines/host/engine.h"
#include "data/machines/measure.h"

static const char *engine_name(int i)
{
    const ll_host_engine *engine = ll_host_engine_at(i);
    return engine ? engine->name : NULL;
}

const ll_option ll_measure_options[] = {
    LL_OPT_CHOICE("what", NULL, "list", "list: what this machine can do", LL_POSITIONAL),
    LL_OPT_WORD("device", NULL, "name of the device that is added, or extended"),
    LL_OPT_NAMES("engine", "onednn", engine_name, "what runs the networks"),
    LL_OPT_NAMES("dtype", "f32", ll_host_dtype_name, "numbers it computes with"),
    LL_OPT_NAMES("isa", "native", ll_host_isa_name,
                 "instruction set at most; native: whatever the processor has"),
    LL_OPT_INT("threads", "1", 1, 256, "of the engine"),
    LL_OPT_INT("batch", "1", 1, 256, "images per run; the latency is that of the batch", .unit = "images"),
    LL_OPT_LIST("archs", "all", "all, samples or suggest (what is picked), random:N, or indices and strings"),
    LL_OPT_WORD("repeats", "auto", "timed runs of each architecture; auto: 5, up to 15 where they disagree"),
    LL_OPT_INT("check", "0", 0, 1000000,
               "measured a second time, afterwards: how far the device agrees with itself",
               .unit = "architectures"),
    LL_OPT_INT("seed", "1", 0, 2147483646, "of the order, of random:N and of check"),
    LL_OPT_WORD("dataset", NULL, "measure into this dataset of the data folder; a new one if there is none"),
    LL_OPT_WORD("space", "nasbench201", "search space of a new dataset: a name, or a file *.json",
                LL_OF(SPACE)),
    LL_OPT_INT("n", "0", 0, 1000000,
               "architectures of a new dataset; 0: all, 2000 where there are more than 16384"),
    LL_OPT_INT("core", NULL, 0, 1023, "core to run on; otherwise the last one allowed"),
    LL_OPT_BOOL("again", "off", "drop what an earlier sweep of this device has kept"),
    LL_OPT_BOOL("save", "on", "write the dataset when done: where it lies, or a copy in the data folder"),
    {0},
};
