/* Sessions whose dataset is no longer what it was: they open, say what has changed, and keep what has not. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sessions/moving.h"

/* The architectures of the samples, as text; the caller frees. */
static char *sampled(ll_app *a)
{
    ll_state s;
    ll_str text = {0};
    ll_app_snapshot(a, &s);
    for (int i = 0; s.samples && i < s.samples->rows.n; i++) {
        s.data->space->format(s.data->space, ll_gene(s.data, s.samples->rows.v[i]), &text);
        ll_str_addc(&text, '\n');
    }
    ll_state_free(&s);
    return ll_str_take(&text);
}

static char *sampled_then(void)
{
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    char *text = sampled(a);
    ll_app_free(a);
    return text;
}

/* --- grown ------------------------------------------------------------------------------------------------
 */

static void new_devices_change_nothing(void)
{
    char *then = eval_then();
    change_toy(0, 2, name_devices);
    ll_app *a = opened();
    CHECK_HAS(said, "7 devices (5 then)");
    CHECK(!strstr(said, "stale"));
    CHECK(!strstr(said, "left out"));
    check_eval(a, then);
    SAY(a, "transfer sim_eyeriss k=6 seed=3");
    check_eval(a, then);
    SAY(a, "devices new*");
    SAY(a, "undo 3");
    SAY(a, "redo 2");
    ll_app_free(a);
    restore_toy();
    free(then);
}

/* As the README has it: save, then import more; from a session that does not have the dataset open. */
static void importing_more_after_saving(void)
{
    ll_str csv = {0}, line = {0};
    char *then = eval_then(), *path = ll_path_join(check_tmpdir(), "more.csv");
    ll_str_add(&csv, "arch,phone\n");
    for (int i = 0; i < 20; i++) {
        ll_str text = {0};
        toy->space->format(toy->space, ll_gene(toy, i), &text);
        ll_str_addf(&csv, "\"%s\",%d\n", text.s, i + 1);
        ll_str_free(&text);
    }
    CHECK_OK(ll_write_file(path, csv.s, csv.len, NULL));
    ll_str_addf(&line, "import csv %s into toy unit=ms", path);
    ll_app *a = app_new();
    SAY(a, line.s);
    ll_app_free(a);
    a = opened();
    check_eval(a, then);
    SAY(a, "devices phone");
    ll_app_free(a);
    ll_str_free(&csv);
    ll_str_free(&line);
    restore_toy();
    free(path);
    free(then);
}

static void make_genes(ll_dataset *d)
{
    int positions = d->space->n_positions;
    for (int i = toy->n_archs; i < d->n_archs; i++) {
        uint8_t *gene = d->archs->genes + (size_t)i * (size_t)positions;
        memcpy(gene, ll_gene(toy, 0), (size_t)positions);
        do
            for (int p = 0; p < 2 && ++gene[p] == d->space->n_ops; p++) gene[p] = 0;
        while (ll_dataset_row(toy, gene) >= 0 || (i > toy->n_archs && !memcmp(gene, ll_gene(d, i - 1), 2)));
        for (int k = toy->n_archs; k < i; k++)
            if (!memcmp(gene, ll_gene(d, k), (size_t)positions)) gene[3] = (uint8_t)(i % d->space->n_ops);
    }
}

static void new_architectures_are_not_predicted(void)
{
    char *then = eval_then(), *samples = sampled_then();
    change_toy(3, 0, make_genes);
    ll_app *a = opened();
    CHECK_HAS(said, "153 architectures (150 then)");
    CHECK_HAS(said, "what gp predicts for sim_eyeriss is stale: it predicts 150 of 153 architectures");
    CHECK_HAS(said, "transfer sim_eyeriss predictor=gp k=6 seed=3");
    CHECK(!strstr(said, "gp is stale"));
    CHECK_HAS(said, "\"stale\":[");
    char *now = sampled(a);
    CHECK_STR(now, samples);
    check_eval(a, then); /* as it was, with a warning */
    CHECK_HAS(said, "is stale");
    SAY(a, "arch 152");
    SAY(a, "transfer sim_eyeriss predictor=gp k=6 seed=3");
    SAY(a, "eval sim_eyeriss");
    CHECK(!strstr(said, "stale"));
    ll_app_free(a);
    restore_toy();
    free(then);
    free(now);
    free(samples);
}

/* --- other values -----------------------------------------------------------------------------------------
 */

static void scale(ll_dataset *d, const char *device, int row)
{
    double *lat_ms = ll_latencies(d, ll_dataset_device(d, device));
    for (int i = 0; i < d->n_archs; i++)
        if (row < 0 || i == row) lat_ms[i] *= 1.5;
}

static void change_source(ll_dataset *d)
{
    scale(d, "sim_v100_b32", -1);
}

static void changed_sources_make_stale(void)
{
    char *then = eval_then();
    change_toy(0, 0, change_source);
    ll_app *a = opened();
    CHECK_HAS(said,
              "gp is stale: its source sim_v100_b32 has changed; `pretrain gp n=60 seed=1` makes it anew");
    CHECK_HAS(said,
              "what gp predicts for sim_eyeriss is stale: its source sim_v100_b32 has changed; `pretrain gp");
    check_eval(a, then);
    SAY(a, "predictors");
    CHECK_HAS(said, "current, stale");
    SAY(a, "info");
    CHECK_HAS(said, "\"stale\":[");
    SAY(a, "transfer sim_eyeriss predictor=gp k=6 seed=3"); /* the model is the stale one still */
    SAY(a, "eval sim_eyeriss");
    CHECK_HAS(said, "what gp predicts for sim_eyeriss is stale");
    CHECK_HAS(said, "`pretrain gp n=60 seed=1; transfer sim_eyeriss predictor=gp k=6 seed=3` makes it anew");
    SAY(a, "undo");
    SAY(a, "pretrain gp n=60 seed=1"); /* as it says */
    SAY(a, "transfer sim_eyeriss predictor=gp k=6 seed=3");
    SAY(a, "info");
    CHECK(!strstr(said, "stale"));
    SAY(a, "undo 2"); /* the mark is of what is, not of when it was opened */
    CHECK_HAS(said, "\"stale\":[");
    SAY(a, "save again");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open again");
    CHECK_HAS(said, "gp is stale");
    SAY(a, "redo 2");
    CHECK(!strstr(said, "stale"));
    ll_app_free(a);
    restore_toy();
    free(then);
}

static int first_sample(bool sampled)
{
    ll_state s;
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    ll_app_snapshot(a, &s);
    int row = 0;
    while ((ll_ints_find(&s.transfers[0]->measured, row) >= 0) != sampled) row++;
    ll_state_free(&s);
    ll_app_free(a);
    return row;
}

static int changed_row;
static void change_target(ll_dataset *d)
{
    scale(d, "sim_eyeriss", changed_row);
}

/* Only what was looked at counts. */
static void changed_targets_make_stale_where_they_were_measured(void)
{
    changed_row = first_sample(false);
    change_toy(0, 0, change_target);
    ll_app *a = opened();
    CHECK(!strstr(said, "stale"));
    ll_app_free(a);
    changed_row = first_sample(true);
    change_toy(0, 0, change_target);
    a = opened();
    CHECK_HAS(said,
              "what gp predicts for sim_eyeriss is stale: what was measured of sim_eyeriss has changed");
    CHECK(!strstr(said, "gp is stale"));
    ll_app_free(a);
    restore_toy();
}

/* --- other rows and columns -------------------------------------------------------------------------------
 */

static void rows_are_found_by_their_architectures(void)
{
    char *then = eval_then(), *samples = sampled_then();
    ll_ints rows = {0};
    for (int i = toy->n_archs; i-- > 0;) ll_ints_add(&rows, i);
    write_rows(rows.v, rows.n);
    ll_app *a = opened();
    CHECK(!strstr(said, "stale"));
    char *now = sampled(a);
    CHECK_STR(now, samples);
    cJSON *was = cJSON_Parse(then);
    SAY(a, "eval sim_eyeriss");
    cJSON *is = said_result("eval");
    CHECK_NEAR(ll_json_get_num(is, "spearman", 0), ll_json_get_num(was, "spearman", 1), 1e-12);
    CHECK_NEAR(ll_json_get_num(is, "rmse_ms", 0), ll_json_get_num(was, "rmse_ms", 1), 1e-9);
    ll_app_free(a);
    restore_toy();
    ll_ints_free(&rows);
    cJSON_Delete(was);
    cJSON_Delete(is);
    free(now);
    free(then);
    free(samples);
}

static void architectures_that_are_gone_are_left_out(void)
{
    int gone = first_sample(true);
    ll_ints rows = {0};
    for (int i = 0; i < toy->n_archs; i++)
        if (i != gone) ll_ints_add(&rows, i);
    write_rows(rows.v, rows.n);
    ll_app *a = opened();
    CHECK_HAS(said, "149 architectures (150 then)");
    CHECK_HAS(said, "1 of 6 samples are left out");
    CHECK_HAS(said, "what gp predicts for sim_eyeriss is stale");
    SAY(a, "eval sim_eyeriss");
    SAY(a, "predict sim_eyeriss top=3");
    ll_app_free(a);
    write_rows(rows.v, 3); /* hardly anything is left */
    a = opened();
    SAY(a, "info");
    ll_app_free(a);
    restore_toy();
    ll_ints_free(&rows);
}

static void write_without(const char *device)
{
    ll_dataset *d = ll_dataset_new("toy", toy->space, toy->n_archs, toy->n_devices - 1);
    memcpy(d->archs->genes, toy->archs->genes, (size_t)toy->n_archs * (size_t)toy->space->n_positions);
    for (int j = 0, k = 0; j < toy->n_devices; j++) {
        if (!strcmp(toy->devices[j].name, device)) continue;
        ll_device_copy(&d->devices[k], &toy->devices[j]);
        memcpy(ll_latencies(d, k++), ll_latencies(toy, j), (size_t)toy->n_archs * sizeof(double));
    }
    write_toy(d);
    ll_dataset_unref(d);
}

static void devices_that_are_gone_are_named(void)
{
    write_without("sim_v100_b32");
    ll_app *a = opened();
    CHECK_HAS(said, "sim_v100_b32 of its devices is not in toy any more");
    CHECK_HAS(said, "its source sim_v100_b32 is gone");
    SAY(a, "eval sim_eyeriss");
    SAY(a, "task show");
    ll_app_free(a);
    write_without("sim_eyeriss");
    a = opened();
    CHECK_HAS(said, "sim_eyeriss by gp is left out: the device sim_eyeriss is not in toy any more");
    CHECK(!strstr(said, "gp is stale"));
    CHECK_INT(say(a, "eval"), LL_FAILED); /* nothing is read of a column that is not there */
    ll_app_free(a);
    restore_toy();
}

/* --- gone -------------------------------------------------------------------------------------------------
 */

static void datasets_that_are_gone_leave_the_session(void)
{
    char *path = toy_path(), *then = eval_then();
    CHECK_OK(ll_remove_tree(path, NULL));
    ll_app *a = app_new();
    SAY(a, "open work");
    CHECK_HAS(said, "the dataset toy of this session is gone");
    CHECK_HAS(said, "\"steps\":6");
    CHECK_INT(say(a, "eval"), LL_FAILED);
    SAY(a, "undo");
    SAY(a, "redo");
    SAY(a, "save elsewhere");
    ll_app_free(a);
    restore_toy();
    a = app_new();
    SAY(a, "open elsewhere");
    CHECK(!strstr(said, "gone"));
    check_eval(a, then);
    ll_app_free(a);
    free(path);
    free(then);
}

static void other_spaces_are_no_dataset_of_it(void)
{
    ll_app *a = app_new();
    SAY(a, "simulate dataset=toy space=nasbench201 n=20 machines=sim_v100_b1 replace=on");
    SAY(a, "open work");
    CHECK_HAS(said, "the dataset toy of this session is gone");
    CHECK_HAS(said, "nasbench201");
    ll_app_free(a);
    restore_toy();
}

/* --- journal and folder at odds ---------------------------------------------------------------------------
 */

static void undone_imports_open(void)
{
    char *path = ll_path_join(check_tmpdir(), "more.csv");
    ll_str line = {0};
    ll_str_addf(&line, "import csv %s into toy unit=ms", path);
    ll_app *a = app_new();
    do_work(a);
    char *then = eval_of(a);
    SAY(a, line.s);
    SAY(a, "undo");
    SAY(a, "save undone");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open undone");
    CHECK_HAS(said, "6 devices (5 then)");
    CHECK(!strstr(said, "stale"));
    check_eval(a, then);
    SAY(a, "redo");
    CHECK(!strstr(said, "has changed"));
    ll_app_free(a);
    ll_str_free(&line);
    restore_toy();
    free(then);
    free(path);
}

static void die(void *ctx, ll_request *rq)
{
    raise(SIGKILL);
}

/* The hook is called when the dataset's folder is written and the journal's line is not. */
static void kills_between_folder_and_journal_open(void)
{
    char *path = ll_path_join(check_tmpdir(), "more.csv"), *then = eval_then();
    ll_str line = {0};
    int status = 0;
    ll_str_addf(&line, "import csv %s into toy unit=ms", path);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        ll_app *a = app_new();
        if (say(a, "open work")) _exit(1);
        ll_app_on_commit(a, die, NULL);
        say(a, line.s);
        _exit(2);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    ll_app *a = opened();
    CHECK_HAS(said, "6 devices (5 then)");
    check_eval(a, then);
    ll_app_free(a);
    ll_str_free(&line);
    restore_toy();
    free(then);
    free(path);
}

static void make_slower(ll_dataset *d)
{
    for (int i = 0; i < d->n_archs; i++)
        for (int j = 0; j < d->n_devices; j++) ll_latencies(d, j)[i] *= 1 + (i % 7);
}

/* Other numbers for the same commands: was it the program or the data? */
static void replays_say_when_the_data_changed(void)
{
    ll_app *a = app_new();
    CHECK_OK(say(a, "replay work check=on"));
    CHECK_HAS(said, "\"data_changed\":false");
    ll_app_free(a);
    change_toy(0, 0, make_slower);
    a = app_new();
    CHECK_INT(say(a, "replay work check=on"), LL_FAILED);
    CHECK_HAS(said, "the data changed: toy is not the one that the session had");
    CHECK_HAS(said, "gave other numbers than then: the data changed");
    ll_app_free(a);
    restore_toy();
}

static const check_case cases[] = {
    {"make the sessions", make_sessions},
    {"new devices change nothing", new_devices_change_nothing},
    {"importing more after saving", importing_more_after_saving},
    {"new architectures are not predicted", new_architectures_are_not_predicted},
    {"changed sources make stale", changed_sources_make_stale},
    {"changed targets make stale where they were measured",
     changed_targets_make_stale_where_they_were_measured},
    {"rows are found by their architectures", rows_are_found_by_their_architectures},
    {"architectures that are gone are left out", architectures_that_are_gone_are_left_out},
    {"devices that are gone are named", devices_that_are_gone_are_named},
    {"datasets that are gone leave the session", datasets_that_are_gone_leave_the_session},
    {"other spaces are no dataset of it", other_spaces_are_no_dataset_of_it},
    {"undone imports open", undone_imports_open},
    {"kills between folder and journal open", kills_between_folder_and_journal_open},
    {"replays say when the data changed", replays_say_when_the_data_changed},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    int status = check_main("test_sessions_change", cases, argc, argv);
    ll_dataset_unref(toy);
    return status;
}
