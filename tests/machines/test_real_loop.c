/* The lesson of the real loop, line by line on a small pool: suggest, measure here, transfer, measure what was held
 * out, score. What it measures differs from machine to machine; that it measures, and that the ranking it learns from
 * six latencies is not chance, does not. */
#include "core/app/parse.h"
#include "data/machines/host/engine.h"
#include "data/machines/measure.h"
#include "tests/check.h"
#include "tests/say.h"

static void replace(ll_str *line, const char *what, const char *by)
{
    const char *at = strstr(ll_str_text(line), what);
    ll_str out = {0};
    if (!at) return;
    ll_str_addn(&out, line->s, (size_t)(at - line->s));
    ll_str_add(&out, by);
    ll_str_add(&out, at + strlen(what));
    ll_str_free(line);
    *line = out;
}

/* The same step, smaller: another dataset, fewer architectures, fewer runs. */
static ll_str smaller(const char *line)
{
    ll_str s = {0};
    ll_str_add(&s, line);
    replace(&s, "nb201_sim", "pool");
    replace(&s, "k=10", "k=6");
    replace(&s, "random:200", "random:16");
    if (!strncmp(line, "measure", 7)) ll_str_add(&s, " repeats=2");
    return s;
}

static int known(ll_app *a, const char *device)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    int at = ll_dataset_device(s.data, device), n = at < 0 ? 0 : ll_dataset_count(s.data, at);
    if (at >= 0) CHECK_INT(s.data->devices[at].kind, LL_MEASURED);
    for (int i = 0; at >= 0 && i < s.data->n_archs; i++)
        if (ll_known(s.data, at, i)) CHECK(ll_latencies(s.data, at)[i] > 0);
    ll_state_free(&s);
    return n;
}

static double gp_spearman(const cJSON *eval)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(
                                eval, "rows")) if (!strcmp(ll_json_get_str(row, "predictor", ""),
                                                           "gp")) return ll_json_get_num(row, "spearman",
                                                                                         NAN);
    return NAN;
}

/* Runs the steps; what `eval` said, for the caller to delete, and how often something was measured. */
static cJSON *run_lesson(ll_app *a, const ll_strs *lines, int *measured)
{
    cJSON *eval = NULL;
    for (int i = 0; i < lines->n; i++) {
        const char *line = lines->v[i];
        if (*line == '#' || !strncmp(line, "plot", 4)) continue; /* figures have tests of their own */
        ll_str step = smaller(line);
        char *score = strstr(step.s, "score=cifar10"); /* the pool has no accuracies */
        if (score) memcpy(score, "score=-macs  ", strlen("score=cifar10"));
        SAY(a, step.s);
        if (!strncmp(line, "measure", 7)) measured[known(a, "mine") > 6]++;
        if (!strncmp(line, "eval", 4)) eval = said_result("eval");
        ll_str_free(&step);
    }
    return eval;
}

static void the_lesson_runs_here(void)
{
    char *text = NULL;
    ll_strs lines = {0};
    int measured[2] = {0};
    ll_host_settings settings = {.engine = &ll_engine_onednn, .threads = 1, .batch = 1};
    if (ll_engine_onednn.check(&settings, NULL)) {
        check_skip("this build has no oneDNN: the lesson was not run");
        return;
    }
    ll_app *a = app_new();
    ll_app_register(a, ll_measure_commands);
    ll_app_register(a, ll_active_commands);
    SAY(a, "simulate dataset=pool space=nasbench201 n=300 seed=5 "
           "machines=sim_xeon_6226,sim_raspi4,sim_edge_tpu");
    if (!CHECK_OK(ll_read_file("sessions/lessons/real_loop.latlab", 0, &text, NULL, NULL))) return;
    ll_split_lines(text, &lines);
    cJSON *eval = run_lesson(a, &lines, measured);
    CHECK(measured[0] == 1 && measured[1] == 1); /* the six, then those held out */
    CHECK(isfinite(gp_spearman(eval)));          /* how high depends on how quiet the machine is */
    cJSON_Delete(eval);
    ll_strs_free(&lines);
    free(text);
    ll_app_free(a);
}

static const check_case cases[] = {{"the lesson runs here", the_lesson_runs_here}, {0}};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_real_loop", cases, argc, argv);
}
