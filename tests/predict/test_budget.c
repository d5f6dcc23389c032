/* With a budget of K every predictor of the registry looks at K latencies of the target, counted by the engine. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/transfer/experiment.h"
#include "tests/check.h"

enum { CELLS = 1500, SOURCES = 4, K = 20 };

/* Every tenth cell on four sources and a target: conv work and positions weighed differently. */
static ll_dataset *five_devices(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("five", s, CELLS, SOURCES + 1);
    ll_rng r = ll_rng_new(11, LL_STREAM_DATA);
    static const char *const names[] = {"s1", "s2", "s3", "s4", "t"};
    for (int i = 0; i <= SOURCES; i++) {
        ll_device_set(&d->devices[i], names[i], LL_SIMULATED, "test", "ms", NULL, NULL);
        double cost[6][5];
        for (int p = 0; p < 6; p++)
            for (int o = 0; o < 5; o++) cost[p][o] = o * (1 + .3 * ll_rng_uniform(&r));
        for (int a = 0; a < d->n_archs; a++) {
            uint8_t *gene = d->archs->genes + (size_t)a * 6;
            s->at(s, 10 * a, gene);
            ll_latencies(d, i)[a] = 3 + .1 * ll_rng_uniform(&r);
            for (int p = 0; p < 6; p++) ll_latencies(d, i)[a] += cost[p][gene[p]];
        }
    }
    ll_dataset_seal(d, NULL);
    return d;
}

/* Little training: how much is looked at does not depend on it. */
static const char *const little[][2] = {{"epochs", "1"}, {"choose_epochs", "1"}, {"episodes", "2"},
                                        {"hidden", "8"}, {"query", "10"},        {"draws", "8"}};

static void set_little(ll_values *v, const ll_option *options)
{
    bool may_tune =
        ll_option_find(options, "adapt"); /* trains only when told so, and refuses epochs otherwise */
    ll_values_init(v, options);
    for (size_t i = 0; i < sizeof little / sizeof *little; i++)
        if (ll_option_find(options, little[i][0]) && !(may_tune && !strcmp(little[i][0], "epochs")))
            ll_values_set(v, little[i][0], little[i][1], NULL);
}

typedef struct seen {
    int n, cost, k;
} seen;

static void see(void *ctx, const ll_trial *t, bool recalled)
{
    seen *s = ctx;
    s->n++;
    s->cost = t->cost;
    s->k = t->k;
}

static void check_predictor(const ll_dataset *d, ll_task *task, const ll_predictor *p, int k)
{
    ll_values pretrain, transfer;
    const ll_sampler *samplers[] = {ll_sampler_find("random")};
    seen s = {0};
    ll_error e = {0};
    set_little(&pretrain, p->pretrain_options);
    set_little(&transfer, p->transfer_options);
    ll_experiment x = {.data = &d,
                       .tasks = &task,
                       .n_tasks = 1,
                       .predictors = &p,
                       .n_predictors = 1,
                       .samplers = samplers,
                       .n_samplers = 1,
                       .k = &k,
                       .n_k = 1,
                       .trials = 1,
                       .first_seed = 3,
                       .n = 64,
                       .budget = true,
                       .level = .9,
                       .pretrain_options = &pretrain,
                       .transfer_options = &transfer,
                       .landed = see,
                       .ctx = &s};
    ll_status status = ll_experiment_run(&x, &e);
    check_report(status == LL_OK, __FILE__, __LINE__, "%s: %s", p->name, e.message);
    bool room = k > p->extra_cost;
    check_report(s.n == room && s.cost == (room ? k : 0), __FILE__, __LINE__,
                 "%s: %d trials, %d latencies looked at with a budget of %d", p->name, s.n, s.cost, k);
    ll_values_free(&pretrain);
    ll_values_free(&transfer);
}

static void check_all(int k)
{
    ll_dataset *d = five_devices();
    ll_ints source = ll_ints_range(SOURCES), target = ll_ints_copy((int[]){SOURCES}, 1);
    ll_task *task = ll_task_new("test", d, &source, &target);
    for (int i = 0; ll_predictors[i]; i++) check_predictor(d, task, ll_predictors[i], k);
    ll_task_unref(task);
    ll_ints_free(&source);
    ll_ints_free(&target);
    ll_dataset_unref(d);
}

static void all_of_the_budget_and_no_more(void)
{
    check_all(K);
}

/* HELP's ten references leave no room for a sample. */
static void what_does_not_fit_is_left_out(void)
{
    check_all(10);
}

static const check_case cases[] = {
    {"all of the budget and no more", all_of_the_budget_and_no_more},
    {"what does not fit is left out", what_does_not_fit_is_left_out},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_budget", cases, argc, argv);
}
