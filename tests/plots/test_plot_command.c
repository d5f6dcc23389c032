/* The plot command on a hand-made state. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/commands.h"
#include "data/machines/codesign.h"
#include "plots/commands.h"
#include "tests/plots/figures.h"

/* A dataset of three devices, a task, a pretrained predictor with a history, and its transfer to "fpga". */
static ll_dataset *make_data(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("tiny", space, 40, 3);
    const char *names[] = {NASTY, "fpga", "raspi4"};
    for (int j = 0; j < 3; j++)
        ll_device_set(&d->devices[j], names[j], LL_MEASURED, "test", "ms", NULL, NULL);
    for (int i = 0; i < 40; i++) {
        space->at(space, 391 * i, ll_arch_at(d->archs, i));
        for (int j = 0; j < 3; j++) ll_latencies(d, j)[i] = 1 + (i * (j + 3)) % 41;
    }
    CHECK_INT(ll_dataset_seal(d, NULL), LL_OK);
    return d;
}

static ll_transfer *make_transfer(const ll_dataset *d, const ll_predictor *p)
{
    ll_transfer *t = LL_NEW(ll_transfer);
    int rows[] = {1, 2, 3};
    *t = (ll_transfer){.refs = 1,
                       .predictor = p,
                       .device = ll_strdup("fpga"),
                       .samples = ll_ints_copy(rows, 3),
                       .sampler = ll_strdup("random"),
                       .n = d->n_archs,
                       .map = ll_strdup("native"),
                       .map_error = NAN,
                       .measured = ll_ints_copy(rows, 3),
                       .info = cJSON_CreateObject()};
    t->score = ll_memdup(ll_latencies(d, 1), (size_t)t->n, sizeof(double));
    t->lat_ms = ll_memdup(ll_latencies(d, 1), (size_t)t->n, sizeof(double));
    t->sd_ms = LL_NEW_ARRAY(double, t->n);
    for (int i = 0; i < t->n; i++) {
        t->lat_ms[i] *= i % 2 ? 1.02 : .97;
        t->sd_ms[i] = .1;
    }
    return t;
}

static ll_status run_given(ll_request *rq)
{
    static const ll_predictor silent = {.name = "silent", .summary = "of this test"};
    ll_dataset *d = make_data();
    ll_ints source = {0}, target = {0};
    ll_ints_add(&source, 0);
    ll_ints_add(&target, 1);
    ll_state_set_data(&rq->state, d, false);
    ll_state_set_task(&rq->state, ll_task_new("hand", d, &source, &target));
    ll_model *m = ll_model_new(&silent, d->space, NULL);
    double loss[] = {1, .5, .4}, rho[] = {.2, NAN, .8};
    cJSON *history = ll_json_obj(m->info, "history");
    ll_json_nums(history, "loss", loss, 3);
    ll_json_nums(history, "spearman", rho, 3);
    ll_json_int(history, "best_episode", 2);
    ll_state_add_model(&rq->state, m);
    ll_state_add_transfer(&rq->state, make_transfer(d, &silent));
    ll_ints_free(&source);
    ll_ints_free(&target);
    return LL_OK;
}

/* Two devices in ms and one in mJ. */
static ll_status run_mixed(ll_request *rq)
{
    ll_dataset *d = make_data();
    d->devices[1].of = LL_ENERGY;
    ll_state_set_data(&rq->state, d, false);
    return LL_OK;
}

/* What `compare` kept: two predictors at three sizes, of the task that is asked for; once. */
static int n_kept = 0;
static const char *kept_source = NULL; /* of the tasks they are of */
static ll_status run_results(ll_request *rq)
{
    cJSON *result = ll_result_new("results"), *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < n_kept; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "task", ll_word(&rq->args, "task"));
        ll_json_str(row, "device", "fpga");
        ll_json_str(row, "source", kept_source);
        ll_json_str(row, "predictor", i % 2 ? "gp" : "flops");
        ll_json_int(row, "k", 5 * (1 + i / 2));
        ll_json_num(row, "spearman", .5 + .01 * i);
    }
    ll_emit(rq, result);
    return LL_OK;
}

static const ll_option results_options[] = {
    LL_OPT_WORD("task", NULL, "of this task"), LL_OPT_INT("most", "5", 1, 1e9, "rows"), {0}};
static const ll_command given_commands[] = {
    {.name = "results", .group = "test", .summary = "Kept", .options = results_options, .run = run_results},
    {.name = "mixed", .group = "test", .summary = "Set the data", .flags = LL_CMD_CHANGES, .run = run_mixed},
    {.name = "given", .group = "test", .summary = "Set the state", .flags = LL_CMD_CHANGES, .run = run_given},
    {0}};

static ll_app *new_app(bool with_state)
{
    ll_app *a = ll_app_new(&(ll_app_config){.data_dir = check_tmpdir(), .threads = 1});
    ll_app_register(a, ll_plot_commands);
    ll_app_register(a, ll_search_commands);
    ll_app_register(a, ll_partition_commands);
    ll_app_register(a, ll_predict_commands);
    ll_app_register(a, ll_codesign_commands);
    ll_app_register(a, given_commands);
    if (with_state) ll_app_submit(a, "given");
    return a;
}

/* The last result of a command line, with the error's message and the end's status in it; the caller
 * deletes. */
static cJSON *say(ll_app *a, const char *fmt, ...)
{
    char line[2000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    int id = ll_app_submit(a, line);
    cJSON *found = cJSON_CreateObject(), *o;
    while ((o = ll_app_wait(a))) {
        const char *event = ll_json_get_str(o, "event", "");
        bool mine = ll_json_get_int(o, "id", 0) == id;
        if (mine && !strcmp(event, "error")) ll_json_str(found, "error", ll_json_get_str(o, "message", ""));
        if (mine && !strcmp(event, "end")) ll_json_str(found, "end", ll_json_get_str(o, "status", ""));
        if (mine && !strcmp(event, "result")) {
            cJSON_Delete(found);
            found = cJSON_Duplicate(o, true);
        }
        cJSON_Delete(o);
    }
    return found;
}

static void check_plot(ll_app *a, const char *kind, const char *rest)
{
    char file[64];
    snprintf(file, sizeof file, "%s%d.svg", kind, rand());
    cJSON *o = say(a, "plot %s %s out=%s", kind, rest, in_tmp(file));
    check_report(!strcmp(ll_json_get_str(o, "end", ""), "ok"), __FILE__, __LINE__, "plot %s %s: %s", kind,
                 rest, ll_json_get_str(o, "error", ""));
    CHECK_STR(ll_json_get_str(o, "kind", ""), "plot");
    CHECK_STR(ll_json_get_str(o, "plot", ""), kind);
    CHECK_STR(ll_json_get_str(o, "out", ""), in_tmp(file));
    CHECK(ll_json_get_int(o, "points", 0) > 0);
    CHECK(ll_is_file(in_tmp(file)));
    cJSON_Delete(o);
    o = say(a, "plot %s %s", kind, rest);
    check_report(!strcmp(ll_json_get_str(o, "end", ""), "ok"), __FILE__, __LINE__, "plot %s %s: %s", kind,
                 rest, ll_json_get_str(o, "error", ""));
    CHECK(strlen(ll_json_get_str(o, "text", "")) > 40);
    cJSON_Delete(o);
}

static void check_dots(ll_app *a, const char *how, int width, int height)
{
    char *png;
    size_t n;
    cJSON *o = say(a, "plot scatter out=%s force=on %s", in_tmp("dots.png"), how);
    CHECK_STR(ll_json_get_str(o, "error", ""), "");
    cJSON_Delete(o);
    CHECK_INT(ll_read_file(in_tmp("dots.png"), 0, &png, &n, NULL), LL_OK);
    const unsigned char *at = (const unsigned char *)png + 16;
    CHECK_NEAR(at[2] << 8 | at[3], width, 3);
    CHECK_NEAR(at[6] << 8 | at[7], height, 3);
    free(png);
}

static void the_command_draws(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_app *a = new_app(true);
    static const char *const lines[][2] = {{"heatmap", ""},
                                           {"heatmap", "fpga order=name metric=kendall"},
                                           {"scatter", "fpga"},
                                           {"scatter", "fpga worst=3 log=on theme=dark level=.5"},
                                           {"curve", ""},
                                           {"residual", ""},
                                           {"residual", "fpga by=operation"},
                                           {"hist", ""},
                                           {"hist", "fpga raspi4 log=on"},
                                           {"bars", "raspi4 metric=pearson"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) check_plot(a, lines[i][0], lines[i][1]);
    cJSON *o = say(a, "plot scatter out=%s size=333x222", in_tmp("s.png"));
    CHECK_NEAR(ll_json_get_num(o, "spearman", 0), 1, .01);
    CHECK_INT(ll_json_get_int(o, "k", 0), 3);
    CHECK_INT(ll_json_get_int(o, "n", 0), 37);
    CHECK_INT(ll_json_get_int(o, "width", 0), 333);
    cJSON_Delete(o);
    check_dots(a, "size=8x6cm", 945, 709); /* at 300 dots an inch */
    check_dots(a, "size=3.3X2.5IN font=9", 991, 750);
    check_dots(a, "style=paper size=84x60mm", 991, 709);
    ll_plot_caps caps = {.columns = 50, .rows = 20};
    ll_plots_set_caps(a, &caps);
    o = say(a, "plot residual");
    CHECK(strcspn(strchr(ll_json_get_str(o, "text", "\n\n"), '\n') + 1, "\n") <= 50);
    cJSON_Delete(o);
    ll_app_free(a);
}

static void check_refused(ll_app *a, const char *line, const char *part)
{
    cJSON *o = say(a, "%s", line);
    CHECK_STR(ll_json_get_str(o, "end", ""), "failed");
    CHECK_HAS(ll_json_get_str(o, "error", ""), part);
    cJSON_Delete(o);
}

static void the_command_says_what_is_missing(void)
{
    ll_app *a = new_app(false);
    check_refused(a, "plot heatmap", "no dataset is loaded");
    check_refused(a, "plot curve", "no predictor is pretrained");
    check_refused(a, "plot pie", "pie");
    check_refused(a, "plot shots", "no result with spearman is kept: `compare` keeps them");
    n_kept = 6;
    cJSON *shown = say(a, "plot shots");
    CHECK_STR(ll_json_get_str(shown, "end", ""), "ok");
    CHECK_INT(ll_json_get_int(shown, "points", 0), 6); /* of the line and its band, a score is one */
    cJSON_Delete(shown);
    ll_app_free(a);
    a = new_app(true);
    kept_source = "another," NASTY;
    check_refused(a, "plot shots", "is kept of task hand"); /* of its name, of other sources */
    kept_source = "auto most=9 own=on beside " NASTY;
    shown = say(a, "plot shots");
    CHECK_STR(ll_json_get_str(shown, "end", ""), "ok");
    cJSON_Delete(shown);
    kept_source = NULL;
    n_kept = 0;
    check_refused(a, "plot scatter raspi4", "transfer raspi4");
    check_refused(a, "plot scatter nosuch", "nosuch");
    check_refused(a, "plot scatter raspi4 nosuch", "nosuch");
    check_refused(a, "plot scatter raspi4 fpga worst=3", "of one device");
    cJSON *two = say(a, "plot scatter raspi4 fpga out=%s", in_tmp("two.gp")); /* nothing need be predicted */
    CHECK_STR(ll_json_get_str(two, "against", ""), "fpga");
    CHECK(ll_json_get_int(two, "n", 0) > 0);
    cJSON_Delete(two);
    check_refused(a, "plot curve fpga", "the transfer of silent keeps no training history");
    check_refused(a, "plot scatter out=x.gif", ".png, .svg, .pdf or .gp");
    check_refused(a, "plot scatter out=x.png size=9x", "900x700");
    check_refused(a, "plot scatter out=x.png size=9x9", "from 200x100");
    check_refused(a, "plot scatter out=x.png size=8x6ft", "8x6cm");
    check_refused(a, "plot scatter out=x.png size=8x", "8x6cm");
    check_refused(a, "plot scatter out=x.png size=800x600cm", "to 212x212cm");
    check_refused(a, "plot scatter out=x.png size=nanxnan", "WIDTHxHEIGHT was expected");
    check_refused(a, "plot scatter size=8x6cm", "characters without out=");
    check_refused(a, "plot scatter font=9", "are of files");
    char nowhere[PATH_MAX];
    snprintf(nowhere, sizeof nowhere, "plot scatter out=%s/x.png", check_missing());
    check_refused(a, nowhere, check_missing());
    setenv("LATLAB_GNUPLOT", check_missing(), 1);
    snprintf(nowhere, sizeof nowhere, "cannot start %s", check_missing());
    check_refused(a, "plot scatter", nowhere);
    check_refused(a, "plot scatter out=x.png", "apt-get install");
    cJSON *o = say(a, "plot scatter out=%s force=on", in_tmp("without.gp")); /* the script needs no gnuplot */
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    cJSON_Delete(o);
    unsetenv("LATLAB_GNUPLOT");
    ll_app_free(a);
}

static void scores_come_from_a_log(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    static const char log[] =
        "{\"event\":\"begin\",\"id\":1}\n\n"
        "{\"event\":\"result\",\"kind\":\"score\",\"by_device\":[{\"device\":\"fpga\",\"predictor\":\"gp\","
        "\"k\":5,"
        "\"spearman\":0.9},{\"device\":\"fpga\",\"predictor\":\"gp\",\"k\":5,\"spearman\":0.92},"
        "{\"device\":\"fpga\",\"predictor\":\"gp\",\"k\":20,\"spearman\":0.95}],"
        "\"rows\":[{\"task\":\"ND\",\"predictor\":\"gp\",\"k\":5,\"spearman\":0.91}]}\n"
        "{\"event\":\"result\",\"kind\":\"score\",\"rows\":[{\"task\":\"ND\",\"predictor\":\"help\","
        "\"sampler\":\"maxmin\","
        "\"k\":20,\"spearman\":0.8,\"std\":0.1,\"trials\":3}]}\n"
        "{\"event\":\"result\",\"kind\":\"diagnose\",\"device\":\"fpga\",\"ceiling\":0.99,\"rows\":[]}\n";
    ll_write_file(in_tmp("scores.jsonl"), log, sizeof log - 1, NULL);
    ll_app *a = new_app(false);
    char *svg;
    size_t n;
    cJSON *o = say(a, "plot shots from=%s out=%s force=on", in_tmp("scores.jsonl"), in_tmp("shots.svg"));
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    CHECK_INT(ll_json_get_int(o, "scores", 0), 2);
    cJSON_Delete(o);
    CHECK_INT(ll_read_file(in_tmp("shots.svg"), 0, &svg, &n, NULL), LL_OK);
    CHECK_HAS(svg, "help, maxmin");
    CHECK(!strstr(svg, "best to expect"));
    free(svg);
    o = say(a, "plot shots fp* from=%s out=%s force=on", in_tmp("scores.jsonl"), in_tmp("shots.svg"));
    CHECK_INT(ll_json_get_int(o, "scores", 0), 2);
    cJSON_Delete(o);
    CHECK_INT(ll_read_file(in_tmp("shots.svg"), 0, &svg, &n, NULL), LL_OK);
    CHECK_HAS(svg, "best to expect: 0.9900");
    free(svg);
    o = say(a, "plot compare from=%s out=%s force=on", in_tmp("scores.jsonl"), in_tmp("compare.svg"));
    CHECK_INT(ll_json_get_int(o, "k", 0), 20);
    CHECK_INT(ll_json_get_int(o, "scores", 0), 2);
    cJSON_Delete(o);
    static const char kept[] = "[{\"device\":\"fpga\",\"predictor\":\"gp\",\"k\":5,\"spearman\":0.9},\n"
                               " {\"device\":\"fpga\",\"predictor\":\"gp\",\"k\":5,\"spearman\":0.8},\n"
                               " {\"device\":\"raspi4\",\"predictor\":\"gp\",\"k\":5,\"spearman\":0.7}]\n";
    ll_write_file(in_tmp("kept.json"), kept, sizeof kept - 1, NULL);
    o = say(a, "plot compare from=%s out=%s force=on", in_tmp("kept.json"), in_tmp("compare.svg"));
    CHECK_INT(ll_json_get_int(o, "scores", 0), 2);
    cJSON_Delete(o);
    ll_write_file(in_tmp("kept.json"), kept, sizeof kept - 9, NULL);
    ll_write_file(in_tmp("bad.jsonl"), "{}\n{oops\n", 9, NULL);
    char line[600];
    snprintf(line, sizeof line, "plot compare from=%s", in_tmp("kept.json"));
    check_refused(a, line, "not a JSON array to its end");
    snprintf(line, sizeof line, "plot compare from=%s", in_tmp("bad.jsonl"));
    check_refused(a, line, "line 2: not a JSON object");
    snprintf(line, sizeof line, "plot compare from=%s metric=kendall", in_tmp("scores.jsonl"));
    check_refused(a, line, "kendall");
    ll_app_free(a);
}

static void search_for(ll_app *a, const char *rest)
{
    cJSON *o = say(a, "search %s", rest);
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    cJSON_Delete(o);
}

/* Numbers of `plot KIND REST` that count searches. */
static void check_count(ll_app *a, const char *line, int searches, int left_out)
{
    cJSON *o = say(a, "%s out=%s force=on", line, in_tmp("count.gp"));
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    CHECK_INT(ll_json_get_int(o, "searches", -1), searches);
    CHECK_INT(ll_json_get_int(o, "left_out", -1), left_out);
    cJSON_Delete(o);
}

static void maps_are_drawn(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_app *a = new_app(true);
    check_plot(a, "map", "");
    check_plot(a, "map", "fpga encoding=graf theme=dark");
    check_refused(a, "plot map fpga raspi4", "coloured by one device");
    check_refused(a, "plot map encoding=arch2vec", "not fitted yet");
    check_refused(a, "plot map encoding=nothing", "is no encoding");
    ll_app_free(a);
}

static void searches_are_drawn(void)
{
    static const char *const kinds[] = {"front", "search", "regret"};
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_app *a = new_app(true);
    for (int i = 0; i < 3; i++) {
        char line[64];
        snprintf(line, sizeof line, "plot %s", kinds[i]);
        check_refused(a, line, "nothing was searched yet");
    }
    check_refused(a, "plot alpha", "no search by the gradient is kept");
    search_for(a, "fpga predictor=table score=macs max=20");
    for (int i = 0; i < 3; i++) check_plot(a, kinds[i], "");
    check_refused(a, "plot alpha", "no search by the gradient is kept");
    search_for(a, "fpga predictor=table score=macs max=20 method=random budget=500 seed=7");
    search_for(a, "fpga predictor=table score=macs");
    search_for(a, "raspi4 predictor=table score=macs max=10 max_params=1e9");
    search_for(a, "fpga,raspi4 predictor=table score=params max=30");
    ll_str line = {0};
    ll_quote_addf(&line, "search device=%s predictor=table score=macs max=20 where=macs>1e3", NASTY);
    cJSON *o = say(a, "%s", line.s);
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    cJSON_Delete(o);
    ll_str_free(&line);
    for (int i = 0; i < 3; i++) {
        check_plot(a, kinds[i], "");
        check_plot(a, kinds[i], "fpga theme=dark");
        check_plot(a, kinds[i], "raspi4 log=on score_range=all");
    }
    check_count(a, "plot search", 1, 5);
    check_count(a, "plot regret", 4,
                2); /* random found no row, and without a limit what is no row can be chosen */
    check_count(a, "plot search raspi4", 1, 1);
    check_refused(a, "plot front pixel*", "no search of pixel* is kept");
    search_for(a, "fpga predictor=table score=params max_macs=5e7 method=gradient steps=30");
    check_plot(a, "alpha", "");
    check_plot(a, "alpha", "theme=dark");
    o = say(a, "plot front raspi4");
    CHECK_HAS(ll_json_get_str(o, "title", ""), "params on fpga and 1 more within 30 ms");
    cJSON_Delete(o);
    o = say(a, "plot front a*");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(o, "devices")), 1);
    CHECK_HAS(ll_json_get_str(o, "text", ""), "measured latency (ms)");
    cJSON_Delete(o);
    ll_app_free(a);
}

/* A figure is sent on without the session that knows better. */
static void an_outdated_search_says_so(void)
{
    static const char *const before[] = {"partition source=raspi4 target=fpga", "pretrain flops",
                                         "transfer fpga k=8 seed=1", "search fpga score=macs max=20"};
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_app *a = new_app(true);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        cJSON *o = say(a, "%s", before[i]);
        if (!CHECK(!strcmp(ll_json_get_str(o, "end", ""), "ok")))
            puts(ll_json_get_str(o, "message", before[i]));
        cJSON_Delete(o);
    }
    cJSON *o = say(a, "plot front");
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    CHECK(!ll_json_get_str(o, "outdated", NULL));
    cJSON_Delete(o);
    cJSON_Delete(say(a, "transfer fpga k=9 seed=2"));
    o = say(a, "plot front");
    CHECK_HAS(ll_json_get_str(o, "outdated", ""), "transferred to fpga since");
    CHECK_HAS(ll_json_get_str(o, "text", ""),
              "outdated: transferred to fpga since"); /* in the figure itself */
    cJSON_Delete(o);
    cJSON_Delete(say(a, "search fpga score=macs max=20 method=random budget=8"));
    o = say(a, "plot search");
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    CHECK_HAS(ll_json_get_str(o, "outdated", ""), "transferred to fpga since");
    cJSON_Delete(o);
    cJSON_Delete(say(a, "plot search out=%s", in_tmp("outdated.gp")));
    char *script = NULL;
    CHECK_OK(ll_read_file(in_tmp("outdated.gp"), 0, &script, NULL, NULL));
    CHECK_HAS(script ? script : "", "1 of 2 searches outdated: transferred to fpga since");
    free(script);
    ll_app_free(a);
}

static void co_designs_are_drawn(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_app *a = new_app(true);
    check_refused(a, "plot codesign", "no co-design was searched yet");
    cJSON *o = say(a, "codesign space=nasbench201 evaluations=20 networks=1462");
    CHECK_STR(ll_json_get_str(o, "end", ""), "ok");
    cJSON_Delete(o);
    check_plot(a, "codesign", "");
    o = say(a, "plot codesign");
    CHECK_HAS(ll_json_get_str(o, "title", ""), "168 PEs");
    cJSON_Delete(o);
    ll_app_free(a);
}

static void the_command_can_be_cancelled(void)
{
    fake_gnuplot("sleepy", "sleep 30");
    ll_app *a = new_app(true);
    double start = ll_now_s();
    int id = ll_app_submit(a, "plot scatter");
    for (bool cancelled_it = false; !cancelled_it;) {
        cJSON *o = ll_app_wait(a);
        cancelled_it = ll_json_get_int(o, "id", 0) == id;
        cJSON_Delete(o);
    }
    ll_app_cancel(a);
    const char *status = "";
    for (cJSON *o; (o = ll_app_wait(a)); cJSON_Delete(o))
        if (!strcmp(ll_json_get_str(o, "event", ""), "end"))
            status = !strcmp(ll_json_get_str(o, "status", ""), "cancelled") ? "cancelled" : "other";
    CHECK_STR(status, "cancelled");
    CHECK(ll_now_s() - start < 10);
    ll_app_free(a);
    unsetenv("LATLAB_GNUPLOT");
}

static int shots(ll_app *a, const char *rest, char **svg)
{
    size_t n;
    cJSON *o =
        say(a, "plot shots %s from=%s out=%s force=on", rest, in_tmp("seeds.json"), in_tmp("mean.svg"));
    CHECK_STR(ll_json_get_str(o, "error", ""), "");
    int scores = ll_json_get_int(o, "scores", 0);
    cJSON_Delete(o);
    *svg = NULL;
    CHECK_INT(ll_read_file(in_tmp("mean.svg"), 0, svg, &n, NULL), LL_OK);
    if (!*svg) *svg = ll_strdup("");
    return scores;
}

/* Unnamed devices of another unit are left out with a sentence; named ones are refused. */
static void histograms_are_of_one_unit(void)
{
    ll_app *a = new_app(false);
    cJSON_Delete(say(a, "mixed"));
    int id = ll_app_submit(a, "plot hist out=/dev/null/x.gp"), warned = 0;
    for (cJSON *o; (o = ll_app_wait(a)); cJSON_Delete(o))
        if (ll_json_get_int(o, "id", 0) == id && !strcmp(ll_json_get_str(o, "event", ""), "warning"))
            warned += strstr(ll_json_get_str(o, "message", ""), "left out: fpga (mJ)") != NULL;
    CHECK_INT(warned, 1);
    cJSON *o = say(a, "plot hist out=%s", in_tmp("one.gp"));
    CHECK_STR(ll_json_get_str(o, "error", ""), "");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(o, "devices")), 2);
    cJSON_Delete(o);
    check_refused(a, "plot hist fpga raspi4", "name devices of one quantity");
    ll_app_free(a);
}

/* A line a predictor, over the devices that all have seen; a line each for those that are named. */
static void shots_are_means_over_devices(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    ll_str rows = {0};
    static const char *const devices[] = {"fpga", "raspi4", "alone"};
    for (int device = 0; device < 3; device++)
        for (int k = 5; k <= 20; k *= 2)
            for (int seed = 1; seed <= 3; seed++)
                for (int help = 0; help < 2 - (device == 2); help++)
                    ll_str_addf(&rows,
                                "%s{\"task\":\"T\",\"device\":\"%s\",\"predictor\":\"%s\",\"k\":%d,"
                                "\"seed\":%d,\"spearman\":%g}",
                                rows.len ? "," : "[", devices[device], help ? "help" : "gp", k, seed,
                                .8 + .01 * seed * (device ? -1 : 1));
    ll_str_addc(&rows, ']');
    ll_write_file(in_tmp("seeds.json"), rows.s, rows.len, NULL);
    ll_str_free(&rows);
    ll_app *a = new_app(false);
    char *svg = NULL;
    CHECK_INT(shots(a, "", &svg), 2 * 3);
    CHECK_HAS(svg, "mean over 2 devices");
    CHECK_HAS(svg, "<text> help</text>");
    CHECK(!strstr(svg, "fpga"));
    free(svg);
    cJSON *o = say(a, "plot shots from=%s out=%s force=on", in_tmp("seeds.json"), in_tmp("mean.gp"));
    CHECK_HAS(cJSON_GetArrayItem(cJSON_GetObjectItem(o, "notes"), 1)->valuestring,
              "1 of 3 devices have not seen");
    cJSON_Delete(o);
    char *gp;
    size_t n;
    CHECK_INT(ll_read_file(in_tmp("mean.gp"), 0, &gp, &n, NULL), LL_OK);
    /* what one device gains by a seed the other loses: the means of the trials are all .8 */
    CHECK_HAS(gp, "$p0_0 << EOD\n5 0.8 0.8\n10 0.8 0.8\n20 0.8 0.8\nEOD");
    free(gp);
    CHECK_INT(shots(a, "fp* raspi4", &svg), 4 * 3);
    CHECK_HAS(svg, "help on raspi4");
    CHECK(!strstr(svg, "mean over"));
    free(svg);
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {{"the command draws", the_command_draws},
                                       {"the command says what is missing", the_command_says_what_is_missing},
                                       {"scores come from a log", scores_come_from_a_log},
                                       {"histograms are of one unit", histograms_are_of_one_unit},
                                       {"shots are means over devices", shots_are_means_over_devices},
                                       {"searches are drawn", searches_are_drawn},
                                       {"an outdated search says so", an_outdated_search_says_so},
                                       {"co-designs are drawn", co_designs_are_drawn},
                                       {"maps are drawn", maps_are_drawn},
                                       {"the command can be cancelled", the_command_can_be_cancelled},
                                       {0}};
    return check_main("plot_command", cases, argc, argv);
}
