/* `codesign`: an accelerator within a budget, the mapping of every layer on it, and the network with it. */
#include "data/machines/codesign.h"

static ll_status run_codesign(ll_request *rq)
{
    ll_codesign_setup setup = {0};
    ll_codesign found = {0};
    ll_status s = ll_codesign_setup_read(rq, &setup);
    if (!s) s = ll_codesign_run(&setup.problem, &found, &rq->error);
    if ((!s || s == LL_CANCELLED) && found.n_steps) {
        cJSON *result = ll_codesign_result(&setup, &found);
        ll_state_set_codesign(&rq->state, ll_found_new(result));
        rq->commit_on_cancel = true;
        ll_emit(rq, result);
        if (!s && ll_bool(&rq->args, "layers")) ll_emit(rq, ll_codesign_layers(&setup, &found));
    }
    ll_codesign_free(&found);
    ll_codesign_setup_free(&setup);
    return s;
}

static const ll_option options[] = {
    LL_OPT_WORD("space", NULL, "of which the networks are (default: the dataset's)", LL_OF(SPACE),
                LL_POSITIONAL),
    LL_OPT_LIST("budget", "eyeriss",
                "pe:N, sram_kb:N (all buffers), bw:N (bytes a cycle of DRAM); or eyeriss, nvdla, tpu_v1: its "
                "resources; what is not named is eyeriss's",
                LL_ONE_OF("eyeriss|nvdla|tpu_v1|pe:|sram_kb:|bw:")),
    LL_OPT_CHOICE("objective", "edp", "edp|latency|energy", "what is minimised; edp: cycles times energy"),
    LL_OPT_CHOICE("search", "accelerator", "accelerator|network|both",
                  "network: for the design on=; both: networks in the loop of accelerators"),
    LL_OPT_WORD(
        "networks", "random:3",
        "search=accelerator: networks it is for, indices or strings, a file, or random:N; their geometric "
        "mean counts",
        LL_OF(FILE), LL_ONE_OF("random:")),
    LL_OPT_NAMES("on", "eyeriss", ll_published_chip_name, "search=network: the design"),
    LL_OPT_INT("evaluations", "200", 1, 1e6, "accelerators tried (search=network: rounds of networks)"),
    LL_OPT_INT("tries", "20", 1, 10000, "network, both: networks tried for each", .unit = "networks"),
    LL_OPT_WORD("score", NULL,
                "network, both: what networks are good at, as in `search` (default: the dataset's first, "
                "else params)",
                LL_OF(SCORE)),
    LL_OPT_REAL("min_score", NULL, 0, 0,
                "networks below are passed over (default: what a tenth of random ones reach)"),
    LL_OPT_INT("batch", "1", 1, 1024, "images a run", .unit = "images"),
    LL_OPT_REAL("bytes", NULL, .5, 8, "of a number (default: 2, 1 with budget=tpu_v1)", .unit = "bytes"),
    LL_OPT_BOOL("layers", "off", "shows the layers of the first network with their mappings, too"),
    LL_OPT_INT("seed", "1", 0, 2147483647, "of everything that is drawn"),
    {0}};

const ll_command ll_codesign_commands[] = {
    {.name = "codesign",
     .group = "search",
     .summary = "Search an accelerator within a budget, and the network with it",
     .options = options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_codesign,
     .help =
         "After NAAS (arXiv 2105.13258): CMA-ES over array shape, buffers and dataflow; for each accelerator "
         "every "
         "layer is\n"
         "mapped: tiles on a PE and in the shared buffer, orders of loops. What it costs is counted, not "
         "measured: "
         "cycles of\n"
         "the array, the shared buffer and DRAM, the longest counts; accesses times their published energy "
         "(Eyeriss, ISCA\n"
         "2016) in multiply-adds. Convolutions and linear layers count.\n"
         "\n"
         "An accelerator reads 12x14 rk|yc: kernel rows and, in what is left, output channels run along 12 "
         "rows, "
         "output rows\n"
         "and input channels along 14 columns (n image, g group, k output and c input channel, r s kernel, y "
         "x "
         "pixel).\n"
         "Published designs that are within the budget stand beside what is found, mapped by the same "
         "search.\n"
         "\n"
         "Ctrl-C keeps the best so far. `plot codesign` shows how it came to it.",
     .examples = "  codesign space=nasbench201 evaluations=60\n"
                 "  codesign space=ofa budget=pe:168,sram_kb:192,bw:2.4 networks=random:2\n"
                 "  codesign space=nasbench201 search=both score=params layers=on evaluations=40\n"
                 "  codesign space=nasbench201 search=network on=nvdla objective=energy evaluations=8\n"
                 "  plot codesign out=codesign.png"},
    {0}};
