#include "core/commands/score/experiment_plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/commands/refit.h"
#include "core/commands/score/sources.h"

const ll_option ll_plan_options[] = {
    LL_OPT_LIST("tasks", NULL, "published tasks; default: the current one", LL_OF(TASK)),
    LL_OPT_LIST("predictors", "gp", "which ones, or `all`", LL_OF(PREDICTOR)),
    LL_OPT_LIST("k", "10,20", "sample sizes"),
    LL_OPT_LIST("samplers", "random", "how samples are chosen", LL_OF(SAMPLER)),
    LL_OPT_INT("trials", "5", 1, 10000, "draws of samples"),
    LL_OPT_INT("pretrain_seeds", "0", 0, 10000, "pretrained models shared by the trials; 0: one a trial"),
    LL_OPT_INT("n", "0", 0, 1e6, "source architectures; 0: the predictor's own"),
    LL_OPT_INT("seed", "1", 0, 0, "first seed"),
    LL_OPT_LIST("data", NULL, "datasets of the tasks; default: the loaded one", LL_OF(DATASET)),
    LL_OPT_NAMES("protocol", "full", ll_protocol_name, "scoring set"),
    LL_OPT_BOOL("budget", "off", "k counts every target latency a predictor looks at, not only the samples"),
    LL_OPT_REAL("level", "0.9", .01, .999, "of the intervals"),
    LL_OPT_CHOICE("sources", "task", "task|auto",
                  "auto: every trial chooses them by its samples, as the command `sources auto` does"),
    LL_OPT_SOURCE_RULE,
    LL_OPT_LIST("with", NULL, "options of predictors, n among them: nasflat.n=256,nasflat.epochs=40"),
    LL_OPT_BOOL("devices", "off", "also every trial of every device (by_device in --json)"),
    {0},
};

static ll_status read_datasets(ll_request *rq, ll_plan *p)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "data", &names);
    p->datasets = LL_NEW_ARRAY(ll_dataset *, names.n + 1);
    if (rq->state.data) p->datasets[p->n_datasets++] = ll_dataset_ref(rq->state.data);
    for (int i = 0; i < names.n && !s; i++) {
        if (rq->state.data && !strcmp(rq->state.data->name, names.v[i])) continue;
        s = ll_app_load_dataset(rq->app, names.v[i], &p->datasets[p->n_datasets], &rq->error);
        if (!s) p->n_datasets++;
    }
    ll_strs_free(&names);
    return s ? s : p->n_datasets ? LL_OK : ll_need_data(rq);
}

static const ll_dataset *dataset_of_space(const ll_plan *p, const char *space)
{
    for (int i = 0; i < p->n_datasets; i++)
        if (!strcmp(p->datasets[i]->space->name, space)) return p->datasets[i];
    return NULL;
}

static ll_status read_task(ll_request *rq, ll_plan *p, const char *name)
{
    const ll_published_task *t = ll_published_task_find(name);
    if (!t)
        return LL_FAIL(rq, LL_USAGE, "task %s: no published task of this name; `task list` shows them", name);
    const ll_dataset *d = dataset_of_space(p, t->space);
    if (!d)
        return LL_FAIL(rq, LL_FAILED, "task %s is of space %s: name a dataset of it with data=", name,
                       t->space);
    p->data[p->x.n_tasks] = d;
    ll_status s = ll_task_published(name, d, &p->tasks[p->x.n_tasks], &rq->error);
    if (s) return s;
    const ll_task *made = p->tasks[p->x.n_tasks++];
    for (int i = 0; i < made->missing.n; i++)
        ll_warn(rq, "task %s: %s is not in the dataset", name, made->missing.v[i]);
    return LL_OK;
}

static ll_status read_tasks(ll_request *rq, ll_plan *p)
{
    ll_strs names = {0};
    ll_list(&rq->args, "tasks", &names);
    int n = names.n ? names.n : 1;
    p->tasks = LL_NEW_ARRAY(ll_task *, n);
    p->data = LL_NEW_ARRAY(const ll_dataset *, n);
    ll_status s = names.n ? LL_OK : ll_need_task(rq);
    if (!s && !names.n && !rq->state.task->target.n)
        s = LL_FAIL(rq, LL_FAILED, "this task has no target devices to score on; `partition` names some");
    if (!s && !names.n) {
        p->data[0] = rq->state.data;
        p->tasks[0] = ll_task_ref(rq->state.task);
        p->x.n_tasks = 1;
    }
    for (int i = 0; i < names.n && !s; i++) s = read_task(rq, p, names.v[i]);
    ll_strs_free(&names);
    return s;
}

static ll_status read_predictors(ll_request *rq, ll_plan *p)
{
    ll_strs names = {0};
    ll_list(&rq->args, "predictors", &names);
    if (names.n == 1 && !strcmp(names.v[0], "all")) {
        ll_strs_free(&names);
        for (int i = 0; ll_predictors[i]; i++) ll_strs_add(&names, ll_predictors[i]->name);
    }
    p->predictors = LL_NEW_ARRAY(const ll_predictor *, names.n);
    p->pretrain_options = LL_NEW_ARRAY(ll_values, names.n);
    p->transfer_options = LL_NEW_ARRAY(ll_values, names.n);
    p->own_n = LL_NEW_ARRAY(int, names.n);
    ll_status s = LL_OK;
    for (int i = 0; i < names.n && !s; i++) {
        const ll_predictor *found;
        s = ll_predictor_need("predictors", names.v[i], &found, &rq->error);
        if (s) break;
        ll_values_init(&p->pretrain_options[i], found->pretrain_options);
        ll_values_init(&p->transfer_options[i], found->transfer_options);
        p->predictors[p->x.n_predictors++] = found;
    }
    ll_strs_free(&names);
    return s;
}

static ll_status read_own_n(ll_request *rq, ll_plan *p, int predictor, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (*end || n < 1 || n > 1000000)
        return LL_FAIL(rq, LL_USAGE, "with=%s.n=%s: a whole number from 1 was expected",
                       p->predictors[predictor]->name, text);
    p->own_n[predictor] = (int)n;
    return LL_OK;
}

/* "nasflat.epochs=50": the option of one predictor, wherever its table has it; "nasflat.n=256": its source
 * architectures. */
static ll_status read_with_one(ll_request *rq, ll_plan *p, char *text)
{
    char *dot = strchr(text, '.'), *equals = dot ? strchr(dot, '=') : NULL;
    if (!equals) return LL_FAIL(rq, LL_USAGE, "with=%s: predictor.option=value was expected", text);
    *dot = *equals = 0;
    for (int i = 0; i < p->x.n_predictors; i++) {
        if (strcmp(p->predictors[i]->name, text)) continue;
        if (!strcmp(dot + 1, "n") && p->predictors[i]->needs_sources) return read_own_n(rq, p, i, equals + 1);
        bool early = ll_option_find(p->predictors[i]->pretrain_options, dot + 1) != NULL;
        return ll_values_set(early ? &p->pretrain_options[i] : &p->transfer_options[i], dot + 1, equals + 1,
                             &rq->error);
    }
    return LL_FAIL(rq, LL_USAGE, "with=%s: it is not among the predictors of this experiment", text);
}

static ll_status read_with(ll_request *rq, ll_plan *p)
{
    ll_strs all = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "with", &all);
    for (int i = 0; i < all.n && !s; i++) s = read_with_one(rq, p, all.v[i]);
    ll_strs_free(&all);
    return s;
}

/* HELP's protocol also says how its predictor scales the labels: by latencies that no budget allows. */
static ll_status follow_protocol(ll_request *rq, ll_plan *p)
{
    bool follow = ll_is(&rq->args, "protocol", "help") && !ll_bool(&rq->args, "budget");
    for (int i = 0; i < p->x.n_predictors && follow; i++)
        if (ll_option_find(p->predictors[i]->transfer_options, "protocol"))
            ll_values_set(&p->transfer_options[i], "protocol", "help", &rq->error);
    return LL_OK;
}

static ll_status read_samplers(ll_request *rq, ll_plan *p)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "samplers", &names);
    p->samplers = LL_NEW_ARRAY(const ll_sampler *, names.n);
    for (int i = 0; i < names.n && !s; i++) {
        p->samplers[i] = ll_sampler_find(names.v[i]); /* there is a task, so `auto` is a design */
        if (!p->samplers[i]) s = ll_need_sampler(rq, names.v[i], &p->samplers[i]);
        if (!s) p->x.n_samplers++;
    }
    ll_strs_free(&names);
    return s;
}

static ll_status read_k(ll_request *rq, ll_plan *p)
{
    ll_strs words = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "k", &words);
    for (int i = 0; i < words.n && !s; i++) {
        char *end;
        long k = strtol(words.v[i], &end, 10);
        if (*end || k < 1 || k > 1000000)
            s = LL_FAIL(rq, LL_USAGE, "k=%s: whole numbers from 1 were expected", words.v[i]);
        else
            ll_ints_add(&p->k, (int)k);
    }
    ll_strs_free(&words);
    return s;
}

/* What cannot be had for k measurements is refused, or said to be left out. */
static ll_status check_budget(ll_request *rq, const ll_plan *p)
{
    for (int i = 0; i < p->x.n_samplers; i++)
        if (p->samplers[i]->oracle)
            return LL_FAIL(rq, LL_USAGE,
                           "samplers=%s: it looks at all latencies of the target, which is beyond any budget",
                           p->samplers[i]->name);
    for (int i = 0; i < p->x.n_predictors; i++)
        for (int j = 0; j < p->k.n; j++)
            if (p->k.v[j] <= p->predictors[i]->extra_cost)
                ll_note(rq, "%s is left out at k=%d: it measures %d %s beside its samples",
                        p->predictors[i]->name, p->k.v[j], p->predictors[i]->extra_cost,
                        ll_noun(p->predictors[i]->extra_cost, "architecture", "architectures"));
    if (ll_is(&rq->args, "protocol", "help"))
        ll_note(rq, "protocol=help draws samples from the middle 80 %% of the target's latencies, which no "
                    "budget counts");
    return LL_OK;
}

ll_status ll_plan_read(ll_request *rq, ll_plan *p)
{
    *p = (ll_plan){0};
    ll_status s = read_datasets(rq, p);
    if (!s) s = read_tasks(rq, p);
    if (!s) s = read_predictors(rq, p);
    if (!s) s = follow_protocol(rq, p);
    if (!s) s = read_with(rq, p);
    if (!s) s = read_samplers(rq, p);
    if (!s) s = read_k(rq, p);
    if (!s && ll_bool(&rq->args, "budget")) s = check_budget(rq, p);
    ll_experiment *x = &p->x;
    x->data = p->data;
    x->tasks = p->tasks;
    x->predictors = p->predictors;
    x->samplers = p->samplers;
    x->k = p->k.v;
    x->n_k = p->k.n;
    x->trials = ll_int(&rq->args, "trials");
    x->pretrain_seeds = ll_int(&rq->args, "pretrain_seeds");
    x->first_seed = (uint64_t)ll_real(&rq->args, "seed");
    x->n = ll_int(&rq->args, "n");
    x->own_n = p->own_n;
    x->budget = ll_bool(&rq->args, "budget");
    x->protocol = ll_protocol_find(ll_word(&rq->args, "protocol"));
    x->level = ll_real(&rq->args, "level");
    x->want_variance = true;
    p->sources = ll_source_rule_of(&rq->args);
    if (ll_is(&rq->args, "sources", "auto")) x->sources = &p->sources;
    x->pretrain_options = p->pretrain_options;
    x->transfer_options = p->transfer_options;
    x->observer = rq->observer;
    x->pool = rq->pool;
    return s;
}

void ll_plan_free(ll_plan *p)
{
    for (int i = 0; i < p->n_datasets; i++) ll_dataset_unref(p->datasets[i]);
    for (int i = 0; i < p->x.n_tasks; i++) ll_task_unref(p->tasks[i]);
    for (int i = 0; i < p->x.n_predictors; i++) {
        ll_values_free(&p->pretrain_options[i]);
        ll_values_free(&p->transfer_options[i]);
    }
    free(p->datasets);
    free(p->data);
    free(p->tasks);
    free(p->predictors);
    free(p->samplers);
    free(p->pretrain_options);
    free(p->transfer_options);
    free(p->own_n);
    ll_ints_free(&p->k);
    *p = (ll_plan){0};
}
