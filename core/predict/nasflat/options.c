#include "core/base/text/json.h"
#include "core/nn/graph_conv.h"
#include "core/predict/nasflat/model.h"

/* What both tables offer. */
#define PRESET                                                                                               \
    LL_OPT_CHOICE("preset", "latlab", "latlab|paper",                                                        \
                  "paper: every option not given takes the published value")
#define LEARNING(size, while_doing)                                                                          \
    LL_OPT_INT("batch", size, 2, 1024, "items of one step"),                                                 \
        LL_OPT_REAL("last_lr", "0.000001", 0, 1, "last learning rate, by a cosine"),                         \
        LL_OPT_REAL("weight_decay", "0.00001", 0, 1, "AdamW's"),                                             \
        LL_OPT_REAL("margin", "0.1", 0, 10, "of the pair loss"),                                             \
        LL_OPT_INT("pairs_per_item", "4", 1, 64, "pairs of a batch, at most"),                               \
        LL_OPT_BOOL("dropout", "on", "10 % in the head " while_doing)

const ll_option ll_nasflat_pretrain_options[] = {
    PRESET,
    LL_OPT_CHOICE("gnn", "ensemble", "ensemble|dgf|gat",
                  "graph layer: dense graph flow, graph attention, or the mean of both"),
    LL_OPT_CHOICE("hwemb", "op", "op|mlp",
                  "where the device embedding goes: into every operation vector, or into the head"),
    LL_OPT_BOOL("op_update", "on", "refine the operation vectors by a first pass over the graph"),
    LL_OPT_CHOICE(
        "graph", "auto", "auto|pruned|marked|full|chain|released",
        "auto: pruned cells, chains elsewhere; marked: the same, and an operation that is not executed is "
        "another one, for adapt=tune to devices that prune; released: FBNet with the identity as adjacency"),
    LL_OPT_WORD("encoding", NULL,
                "supplementary encoding beside the graph: an encoding or a feature of the dataset (zcp)",
                LL_OF(ENCODING)),
    LL_OPT_CHOICE("pairs", "within", "all|within", "training pairs across devices, or within a device only"),
    LL_OPT_CHOICE(
        "scaling", "table", "table|rank",
        "targets: latency min-max scaled over the device's table, or its rank (matters with pairs=all)"),
    LL_OPT_INT("epochs", "40", 1, 10000, "passes over the items"),
    LL_OPT_REAL("lr", "0.001", 0, 1, "first learning rate"),
    LEARNING("128", "while training"),
    LL_OPT_INT("hidden", "128", 4, LL_CONV_MOST_WIDTH, "width of the graph layers"),
    LL_OPT_INT("head", "200", 4, 2048, "width of the head"),
    LL_OPT_INT("op_dim", "40", 2, 512, "operation embedding"),
    LL_OPT_INT("hw_dim", "8", 1, 512, "device embedding"),
    LL_OPT_INT("members", "1", 1, LL_NASFLAT_MOST_MEMBERS,
               "networks from different initial weights whose standardised scores are averaged"),
    LL_OPT_BOOL("prior", "on",
                "fit the prior that adapt=prior transfers by; off: transfers can only tune the network"),
    {0},
};

const ll_option ll_nasflat_transfer_options[] = {
    PRESET,
    LL_OPT_CHOICE(
        "adapt", "prior", "prior|tune",
        "prior: the samples condition a Gaussian process that knows what the network says of the sources, "
        "with intervals; tune: the network itself learns from them, and the options below say how"),
    LL_OPT_CHOICE("init", "correlated", "fitted|correlated|mean|random",
                  "first embedding of the target: of the source whose latencies rank the samples most alike, "
                  "the mean of all sources, or a random one"),
    LL_OPT_CHOICE("tune", "all", "all|head",
                  "what learns: all weights, or the device embedding and the head"),
    LL_OPT_INT("epochs", NULL, 0, 10000,
               "passes over the samples (default: 40 on nasbench201, 30 elsewhere)"),
    LL_OPT_REAL("lr", NULL, 0, 1, "first learning rate (default: 0.003 on nasbench201, 0.001 elsewhere)"),
    LEARNING("16", "while tuning"),
    {0},
};

/* Where our defaults are not the paper's. */
static const struct {
    const ll_option *table;
    const char *name, *value;
} paper[] = {
    {ll_nasflat_pretrain_options, "pairs", "all"},
    {ll_nasflat_pretrain_options, "epochs", "150"},
    {ll_nasflat_pretrain_options, "prior", "off"},
    {ll_nasflat_transfer_options, "adapt", "tune"},
};

void ll_nasflat_resolve(const ll_values *given, ll_values *out)
{
    ll_values_copy(out, given);
    if (!ll_is(given, "preset", "paper")) return;
    for (size_t i = 0; i < sizeof paper / sizeof *paper; i++)
        if (given->table == paper[i].table && !ll_given(given, paper[i].name))
            ll_values_set(out, paper[i].name, paper[i].value, NULL);
}

void ll_nasflat_record(cJSON *history, const ll_nasflat_progress *p, double spearman)
{
    const struct {
        const char *name;
        double value;
    } columns[] = {{"epoch", p->epoch}, {"loss", p->loss}, {"spearman", spearman}};
    for (int i = 0; i < 3; i++) {
        cJSON *column = cJSON_GetObjectItem(history, columns[i].name);
        ll_json_num(column ? column : ll_json_arr(history, columns[i].name), NULL, columns[i].value);
    }
}

ll_nasflat_fit ll_nasflat_fit_of(const ll_values *o)
{
    return (ll_nasflat_fit){.batch = ll_int(o, "batch"),
                            .pairs_per_item = ll_int(o, "pairs_per_item"),
                            .margin = ll_real(o, "margin"),
                            .last_lr = ll_real(o, "last_lr"),
                            .weight_decay = ll_real(o, "weight_decay"),
                            .dropout = ll_bool(o, "dropout")};
}
