#include "core/base/json.h"
#include "core/nn/graph_conv.h"
#include "core/predict/nasflat/model.h"

/* What both tables offer. */
#define PRESET                                                                                               \
    {                                                                                                        \
        .name = "preset", .type = LL_CHOICE, .otherwise = "latlab", .choices = "latlab|paper",               \
        .help = "paper: every option not given takes the published value"                                    \
    }
#define LEARNING(size, while_doing)                                                                          \
    {.name = "batch", .type = LL_INT, .otherwise = size, .lo = 2, .hi = 1024, .help = "items of one step"},  \
        {.name = "last_lr",                                                                                  \
         .type = LL_REAL,                                                                                    \
         .otherwise = "0.000001",                                                                            \
         .lo = 0,                                                                                            \
         .hi = 1,                                                                                            \
         .help = "last learning rate, by a cosine"},                                                         \
        {.name = "weight_decay",                                                                             \
         .type = LL_REAL,                                                                                    \
         .otherwise = "0.00001",                                                                             \
         .lo = 0,                                                                                            \
         .hi = 1,                                                                                            \
         .help = "AdamW's"},                                                                                 \
        {.name = "margin",                                                                                   \
         .type = LL_REAL,                                                                                    \
         .otherwise = "0.1",                                                                                 \
         .lo = 0,                                                                                            \
         .hi = 10,                                                                                           \
         .help = "of the pair loss"},                                                                        \
        {.name = "pairs_per_item",                                                                           \
         .type = LL_INT,                                                                                     \
         .otherwise = "4",                                                                                   \
         .lo = 1,                                                                                            \
         .hi = 64,                                                                                           \
         .help = "pairs of a batch, at most"},                                                               \
    {                                                                                                        \
        .name = "dropout", .type = LL_BOOL, .otherwise = "on", .help = "10 % in the head " while_doing       \
    }

const ll_option ll_nasflat_pretrain_options[] = {
    PRESET,
    {.name = "gnn",
     .type = LL_CHOICE,
     .otherwise = "ensemble",
     .choices = "ensemble|dgf|gat",
     .help = "graph layer: dense graph flow, graph attention, or the mean of both"},
    {.name = "hwemb",
     .type = LL_CHOICE,
     .otherwise = "op",
     .choices = "op|mlp",
     .help = "where the device embedding goes: into every operation vector, or into the head"},
    {.name = "op_update",
     .type = LL_BOOL,
     .otherwise = "on",
     .help = "refine the operation vectors by a first pass over the graph"},
    {.name = "graph",
     .type = LL_CHOICE,
     .otherwise = "auto",
     .choices = "auto|pruned|full|chain|released",
     .help = "auto: pruned cells, chains elsewhere; released: FBNet with the identity as adjacency"},
    {.name = "encoding",
     .type = LL_WORD,
     .help = "supplementary encoding beside the graph: an encoding or a feature of the dataset (zcp)"},
    {.name = "pairs",
     .type = LL_CHOICE,
     .otherwise = "within",
     .choices = "all|within",
     .help = "training pairs across devices, or within a device only"},
    {.name = "scaling",
     .type = LL_CHOICE,
     .otherwise = "table",
     .choices = "table|rank",
     .help = "targets: latency min-max scaled over the device's table, or its rank (matters with pairs=all)"},
    {.name = "epochs",
     .type = LL_INT,
     .otherwise = "40",
     .lo = 1,
     .hi = 10000,
     .help = "passes over the items"},
    {.name = "lr", .type = LL_REAL, .otherwise = "0.001", .lo = 0, .hi = 1, .help = "first learning rate"},
    LEARNING("128", "while training"),
    {.name = "hidden",
     .type = LL_INT,
     .otherwise = "128",
     .lo = 4,
     .hi = LL_CONV_MOST_WIDTH,
     .help = "width of the graph layers"},
    {.name = "head", .type = LL_INT, .otherwise = "200", .lo = 4, .hi = 2048, .help = "width of the head"},
    {.name = "op_dim", .type = LL_INT, .otherwise = "40", .lo = 2, .hi = 512, .help = "operation embedding"},
    {.name = "hw_dim", .type = LL_INT, .otherwise = "8", .lo = 1, .hi = 512, .help = "device embedding"},
    {.name = "members",
     .type = LL_INT,
     .otherwise = "1",
     .lo = 1,
     .hi = LL_NASFLAT_MOST_MEMBERS,
     .help = "networks from different initial weights whose standardised scores are averaged"},
    {.name = "prior",
     .type = LL_BOOL,
     .otherwise = "on",
     .help = "fit the prior that adapt=prior transfers by; off: transfers can only tune the network"},
    {0},
};

const ll_option ll_nasflat_transfer_options[] = {
    PRESET,
    {.name = "adapt",
     .type = LL_CHOICE,
     .otherwise = "prior",
     .choices = "prior|tune",
     .help =
         "prior: the samples condition a Gaussian process that knows what the network says of the sources, "
         "with intervals; tune: the network itself learns from them, and the options below say how"},
    {.name = "init",
     .type = LL_CHOICE,
     .otherwise = "correlated",
     .choices = "fitted|correlated|mean|random",
     .help = "first embedding of the target: of the source whose latencies rank the samples most alike, the "
             "mean of all sources, or a random one"},
    {.name = "tune",
     .type = LL_CHOICE,
     .otherwise = "all",
     .choices = "all|head",
     .help = "what learns: all weights, or the device embedding and the head"},
    {.name = "epochs",
     .type = LL_INT,
     .lo = 0,
     .hi = 10000,
     .help = "passes over the samples (default: 40 on nasbench201, 30 elsewhere)"},
    {.name = "lr",
     .type = LL_REAL,
     .lo = 0,
     .hi = 1,
     .help = "first learning rate (default: 0.003 on nasbench201, 0.001 elsewhere)"},
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
