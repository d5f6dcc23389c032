/* The app: parsing, the worker, the event stream, commits, cancelling. A few commands made for the purpose
 * stand in for the real ones. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/app/parse.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/commands/commands.h"
#include "core/predict/predictor.h"
#include "tests/check.h"

/* --- commands to test with --- */

static ll_status run_tag(ll_request *rq)
{
    ll_strs_add(&rq->state.tags, ll_word(&rq->args, "name"));
    if (ll_bool(&rq->args, "fail")) return LL_FAIL(rq, LL_FAILED, "told to fail after changing the state");
    ll_note(rq, "tagged %s", ll_word(&rq->args, "name"));
    return LL_OK;
}

static ll_status run_count(ll_request *rq)
{
    cJSON *result = ll_result_new("count");
    ll_json_int(result, "tags", rq->state.tags.n);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status run_spin(ll_request *rq)
{
    ll_strs_add(&rq->state.tags, "spun");
    for (int step = 0; !ll_cancelled(rq->observer); step++) {
        ll_progress(rq->observer, ll_progress_new("spin", step, 1000));
        usleep(200);
    }
    rq->commit_on_cancel = ll_bool(&rq->args, "keep");
    return LL_FAIL(rq, LL_CANCELLED, "cancelled");
}

static ll_status run_burst(ll_request *rq)
{
    for (int i = 0; i < 500; i++) ll_progress(rq->observer, ll_progress_new("burst", i, 500));
    for (int i = 0; i < 300; i++) ll_note(rq, "%d", i);
    return LL_OK;
}

/* Reads a pipe through code that is handed no observer. */
static ll_status run_read(ll_request *rq)
{
    char *text;
    ll_progress(rq->observer, ll_progress_new("read", 0, 1));
    return ll_read_file(ll_word(&rq->args, "name"), 0, &text, NULL, &rq->error);
}

static atomic_bool server_dead;

/* Asks nobody, as what waits for a dead server. */
static ll_status run_wait(ll_request *rq)
{
    ll_progress(rq->observer, ll_progress_new("wait", 0, 1));
    while (server_dead) usleep(1000);
    return LL_OK;
}

static const ll_option tag_options[] = {
    LL_OPT_WORD("name", NULL, "a name", LL_REQUIRED),
    LL_OPT_BOOL("fail", NULL, "fail"),
    {0},
};
static const ll_option dataset_options[] = {LL_OPT_WORD("name", NULL, NULL, LL_POSITIONAL, LL_OF(DATASET)),
                                            {0}};
static const ll_option spin_options[] = {LL_OPT_BOOL("keep", NULL, "keep what was done"), {0}};
static const ll_command commands[] = {
    {.name = "tagit",
     .alias = "ti",
     .group = "test",
     .summary = "Tag",
     .options = tag_options,
     .flags = LL_CMD_CHANGES,
     .run = run_tag},
    {.name = "count", .group = "test", .summary = "Count", .flags = LL_CMD_LOOK, .run = run_count},
    {.name = "spin",
     .group = "test",
     .summary = "Spin",
     .options = spin_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_spin},
    {.name = "readit", .group = "test", .summary = "Read", .options = tag_options, .run = run_read},
    {.name = "await", .group = "test", .summary = "Wait", .run = run_wait},
    {.name = "burst", .group = "test", .summary = "Burst", .run = run_burst},
    {0}};

static ll_app *new_app(void)
{
    ll_app *a = ll_app_new(&(ll_app_config){.data_dir = check_tmpdir(), .threads = 2});
    ll_app_register(a, commands);
    ll_app_register(a, ll_help_commands);
    ll_app_register(a, ll_sample_commands);
    ll_app_register(a, ll_predict_commands);
    return a;
}

/* Everything the app says until it is idle, as JSON lines without the seconds. */
static char *drain(ll_app *a)
{
    ll_str out = {0};
    for (cJSON *o; (o = ll_app_wait(a));) {
        cJSON_DeleteItemFromObject(o, "seconds");
        char *line = ll_json_line(o);
        ll_str_addf(&out, "%s\n", line);
        cJSON_free(line);
        cJSON_Delete(o);
    }
    return ll_str_take(&out);
}

static char *say(ll_app *a, const char *line)
{
    ll_app_submit(a, line);
    return drain(a);
}

static int count_of(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, part)); p++) n++;
    return n;
}

/* --- cases --- */

static void lines_and_words_split(void)
{
    ll_strs lines = {0}, words = {0};
    ll_error e = {0};
    ll_split_lines("load a; corr 'x;y' # no\n# all; of this\n\n plot \"p;q\"", &lines);
    CHECK_INT(lines.n, 4);
    CHECK_STR(lines.v[1], "corr 'x;y' # no");
    CHECK_STR(lines.v[2], "# all; of this");
    CHECK_STR(lines.v[3], "plot \"p;q\"");
    CHECK_INT(ll_split_words("arch \"a b\" '' x=\"1 2\"z # rest", &words, &e), LL_OK);
    CHECK_INT(words.n, 4);
    CHECK_STR(words.v[1], "a b");
    CHECK_STR(words.v[2], "");
    CHECK_STR(words.v[3], "x=1 2z");
    CHECK_INT(ll_split_words("arch \"a", &words, &e), LL_USAGE);
    ll_strs_free(&lines);
    ll_strs_free(&words);
}

static void quoted_words_come_back(void)
{
    static const char *const all[] = {"a",         "",    "a b", "it's",
                                      "say \"x\"", "a;b", "#x",  "|nor_conv_3x3~0|+|none~0|"};
    for (int i = 0; i < 8; i++) {
        ll_str line = {0};
        ll_strs words = {0};
        ll_error e = {0};
        ll_quote_word(&line, all[i]);
        CHECK_INT(ll_split_words(ll_str_text(&line), &words, &e), LL_OK);
        CHECK_INT(words.n, 1);
        if (words.n == 1) CHECK_STR(words.v[0], all[i]);
        ll_str_free(&line);
        ll_strs_free(&words);
    }
}

static void every_request_begins_and_ends_once(void)
{
    ll_app *a = new_app();
    static const char *const lines[] = {"tagit x",         "nonsense", "tagit", "tagit x y",
                                        "tagit x fail=on", "count",    "\"open"};
    for (int i = 0; i < 7; i++) {
        char *text = say(a, lines[i]);
        CHECK_INT(count_of(text, "\"event\":\"begin\""), 1);
        CHECK_INT(count_of(text, "\"event\":\"end\""), 1);
        CHECK(!strncmp(text, "{\"event\":\"begin\"", 16));
        bool good = i == 0 || i == 5;
        CHECK_INT(count_of(text, "\"status\":\"ok\""), good);
        CHECK_INT(count_of(text, "\"event\":\"error\""), !good);
        free(text);
    }
    CHECK_INT(ll_app_submit(a, "   "), 0);
    CHECK_INT(ll_app_submit(a, "# comment"), 0);
    char *text = say(a, "tagitt x");
    CHECK_HAS(text, "did you mean tagit");
    free(text);
    ll_app_free(a);
}

static void a_failing_command_costs_nothing(void)
{
    ll_app *a = new_app();
    free(say(a, "tagit one"));
    free(say(a, "tagit two fail=on"));
    char *text = say(a, "count");
    CHECK_HAS(text, "\"tags\":1");
    free(text);
    ll_app_free(a);
}

static void wait_for_progress(ll_app *a)
{
    for (cJSON *o; (o = ll_app_wait(a));) {
        bool progress = !strcmp(ll_json_get_str(o, "event", ""), "progress");
        cJSON_Delete(o);
        if (progress) return;
    }
}

static void cancelling_discards_or_keeps(void)
{
    for (int keep = 0; keep < 2; keep++) {
        ll_app *a = new_app();
        ll_app_submit(a, keep ? "spin keep=on" : "spin");
        wait_for_progress(a);
        ll_app_cancel(a);
        char *text = drain(a);
        CHECK_HAS(text, "\"status\":\"cancelled\"");
        CHECK_INT(count_of(text, "\"event\":\"error\""), 0);
        free(text);
        text = say(a, "count");
        CHECK_HAS(text, keep ? "\"tags\":1" : "\"tags\":0");
        free(text);
        ll_app_free(a);
    }
}

static void who_has_no_observer_hears_as_well(void)
{
    ll_app *a = new_app();
    ll_str line = {0};
    ll_str_addf(&line, "readit %s/pipe", check_tmpdir());
    CHECK(!mkfifo(strrchr(line.s, ' ') + 1, 0600));
    ll_app_submit(a, line.s);
    wait_for_progress(a);
    ll_app_cancel(a);
    char *text = drain(a);
    CHECK_HAS(text, "\"status\":\"cancelled\"");
    CHECK(!ll_interrupted()); /* the wish was that command's */
    free(text);
    ll_str_free(&line);
    ll_app_free(a);
}

static void who_does_not_hear_is_known(void)
{
    ll_app *a = new_app();
    server_dead = true;
    ll_app_submit(a, "await");
    wait_for_progress(a);
    CHECK(!ll_app_deaf(a));
    ll_app_cancel(a);
    CHECK(ll_app_deaf(a));
    CHECK(!ll_app_stop(a, .01));
    CHECK(ll_app_deaf(a));
    server_dead = false;
    CHECK(ll_app_stop(a, 60)); /* it ends after all */
    ll_app_free(a);

    a = new_app();
    CHECK(ll_app_stop(a, 0)); /* nothing runs */
    ll_app_submit(a, "spin");
    wait_for_progress(a);
    CHECK(ll_app_stop(a, 60));
    ll_app_free(a);
}

static int progress_within(ll_app *a, int ms)
{
    int n = 0;
    usleep((useconds_t)ms * 1000);
    for (cJSON *o; (o = ll_app_next(a)); cJSON_Delete(o))
        n += !strcmp(ll_json_get_str(o, "event", ""), "progress");
    return n;
}

/* Progress ends: the step it was at may take its time on a busy machine. */
static bool comes_to_rest(ll_app *a)
{
    for (int tries = 0; tries < 100; tries++)
        if (!progress_within(a, 100)) return true;
    return false;
}

/* Waits for the END of this command. */
static bool answered(ll_app *a, int id)
{
    bool ended = false;
    for (cJSON *o; !ended && (o = ll_app_wait(a)); cJSON_Delete(o))
        ended = ll_json_get_int(o, "id", 0) == id && !strcmp(ll_json_get_str(o, "event", ""), "end");
    return ended;
}

static void a_paused_command_waits(void)
{
    ll_app *a = new_app();
    ll_app_pause(a, true); /* nothing runs: nothing to pause */
    CHECK(!ll_app_paused(a));
    ll_app_submit(a, "spin");
    wait_for_progress(a);
    ll_app_pause(a, true);
    CHECK(comes_to_rest(a));
    int id = ll_app_submit(a, "count"); /* a question is answered meanwhile, and does not wait */
    CHECK(answered(a, id));
    CHECK(ll_app_paused(a));
    ll_app_pause(a, false);
    wait_for_progress(a);
    ll_app_pause(a, true);
    ll_app_cancel(a);
    char *text = drain(a);
    CHECK_HAS(text, "\"status\":\"cancelled\"");
    CHECK(!ll_app_paused(a));
    free(text);
    ll_app_free(a);
}

static void looks_run_beside_a_long_command(void)
{
    ll_app *a = new_app();
    free(say(a, "tagit one"));
    ll_app_submit(a, "spin");
    wait_for_progress(a);
    CHECK(answered(a, ll_app_submit(a, "count"))); /* it ends although spin never does */
    CHECK(ll_app_busy(a));
    ll_app_cancel(a);
    free(drain(a));
    CHECK(!ll_app_busy(a));
    ll_app_free(a);
}

static void cancel_all_ends_the_queue(void)
{
    ll_app *a = new_app();
    ll_app_submit(a, "spin");
    wait_for_progress(a);
    ll_app_submit(a, "tagit x");
    ll_app_submit(a, "tagit y");
    ll_app_cancel_all(a);
    char *text = drain(a);
    CHECK_INT(count_of(text, "\"status\":\"cancelled\""), 3);
    free(text);
    text = say(a, "tagit z"); /* later commands are not affected */
    CHECK_HAS(text, "\"status\":\"ok\"");
    free(text);
    ll_app_free(a);
}

static void only_progress_is_merged(void)
{
    ll_app *a = new_app();
    ll_app_submit(a, "burst");
    while (ll_app_busy(a)) usleep(1000); /* nobody reads meanwhile */
    struct pollfd p = {ll_app_fd(a), POLLIN, 0};
    CHECK_INT(poll(&p, 1, 0), 1);
    char *text = drain(a);
    CHECK_INT(count_of(text, "\"event\":\"note\""), 300);
    CHECK_INT(count_of(text, "\"event\":\"progress\""), 1);
    CHECK_HAS(text, "\"done\":499");
    CHECK_INT(poll(&p, 1, 0), 0);
    free(text);
    ll_app_free(a);
}

static void freeing_a_busy_app_stops_it(void)
{
    ll_app *a = new_app();
    ll_app_submit(a, "spin");
    ll_app_submit(a, "spin");
    wait_for_progress(a);
    ll_app_free(a);
    CHECK(true);
}

static void commands_say_what_is_missing(void)
{
    static const char *const lines[][2] = {
        {"sample k=5", "no dataset is loaded"},    {"pretrain nosuch", "no such predictor"},
        {"transfer fpga", "no dataset is loaded"}, {"transfer fpga k=0", "between 1 and"},
        {"eval", "no dataset is loaded"},          {"predict x", "no dataset is loaded"}};
    ll_app *a = new_app();
    for (int i = 0; i < 6; i++) {
        char *text = say(a, lines[i][0]);
        CHECK_HAS(text, lines[i][1]);
        free(text);
    }
    ll_app_free(a);
}

static void help_and_completion_come_from_the_table(void)
{
    ll_app *a = new_app();
    char *text = say(a, "transfer?");
    CHECK_HAS(text, "transfer [DEVICE] [k=20]");
    free(text);
    text = say(a, "help nosuch");
    CHECK_HAS(text, "no topic 'nosuch'");
    free(text);
    ll_strs out = {0};
    ll_app_complete(a, "pre", &out);
    CHECK(ll_strs_has(&out, "pretrain") && ll_strs_has(&out, "predict") && !ll_strs_has(&out, "help"));
    ll_strs_free(&out);
    ll_app_complete(a, "eval protocol=h", &out);
    CHECK_INT(out.n, 1);
    CHECK_STR(out.v[0], "protocol=help");
    ll_strs_free(&out);
    ll_app_complete(a, "transfer x ", &out);
    CHECK(ll_strs_has(&out, "sampler="));
    ll_strs_free(&out);
    ll_app_complete(a, "transfer x sampler=kmeans:one", &out); /* what stands behind a colon, too */
    CHECK_INT(out.n, 1);
    CHECK_STR(out.v[0], "sampler=kmeans:onehot");
    ll_strs_free(&out);
    ll_app_complete(a, "transfer x sampler=random:", &out); /* which takes none */
    CHECK_INT(out.n, 0);
    ll_strs_free(&out);
    ll_app_register(a, ll_search_commands);
    ll_app_complete(a, "search x score=gp:nw", &out);
    CHECK(ll_strs_has(&out, "score=gp:nwot"));
    ll_strs_free(&out);
    ll_app_free(a);
}

typedef struct completion {
    ll_app *app;
    const char *line;
    pthread_barrier_t *together;
    ll_strs out;
} completion;

static void *complete(void *arg)
{
    completion *c = arg;
    pthread_barrier_wait(c->together);
    ll_app_complete(c->app, c->line, &c->out);
    return NULL;
}

static void complete_at_once(ll_app *a, const char *line, completion two[2])
{
    pthread_barrier_t together;
    pthread_t threads[2];
    pthread_barrier_init(&together, NULL, 2);
    for (int i = 0; i < 2; i++) {
        two[i] = (completion){.app = a, .line = line, .together = &together};
        CHECK(!pthread_create(&threads[i], NULL, complete, &two[i]));
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
}

static bool offers_every_transfer_option(const ll_strs *offered)
{
    bool all = true;
    for (int p = 0; ll_predictors[p]; p++)
        for (const ll_option *o = ll_predictors[p]->transfer_options; o && o->name; o++) {
            ll_str key = {0};
            ll_str_addf(&key, "%s=", o->name);
            all = all && ll_strs_has(offered, ll_str_text(&key));
            ll_str_free(&key);
        }
    return all;
}

/* The first case: what is made when it is first asked for is asked for by two at once. */
static void two_threads_may_complete_at_once(void)
{
    ll_app *a = ll_app_new(&(ll_app_config){.threads = 2}); /* its folder is nobody's word */
    ll_app_register(a, ll_predict_commands);
    completion two[2];
    complete_at_once(a, "transfer x ", two);
    for (int i = 0; i < 2; i++) {
        CHECK(offers_every_transfer_option(&two[i].out));
        ll_strs_free(&two[i].out);
    }
    ll_app_register(a, (ll_command[]){{.name = "use", .options = dataset_options}, {0}});
    complete_at_once(a, "use nosuch", two);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(two[i].out.n, 0);
        ll_strs_free(&two[i].out);
    }
    ll_app_free(a);
}

static void results_keep_their_event_fields_first(void)
{
    ll_app *a = new_app();
    ll_app_submit(a, "count");
    char *text = drain(a);
    CHECK_HAS(text, "{\"event\":\"result\",\"id\":1,\"kind\":\"count\"");
    free(text);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"two threads may complete at once", two_threads_may_complete_at_once},
    {"lines and words split", lines_and_words_split},
    {"quoted words come back", quoted_words_come_back},
    {"every request begins and ends once", every_request_begins_and_ends_once},
    {"a failing command costs nothing", a_failing_command_costs_nothing},
    {"cancelling discards or keeps", cancelling_discards_or_keeps},
    {"who has no observer hears as well", who_has_no_observer_hears_as_well},
    {"who does not hear is known", who_does_not_hear_is_known},
    {"a paused command waits", a_paused_command_waits},
    {"looks run beside a long command", looks_run_beside_a_long_command},
    {"cancel all ends the queue", cancel_all_ends_the_queue},
    {"only progress is merged", only_progress_is_merged},
    {"freeing a busy app stops it", freeing_a_busy_app_stops_it},
    {"commands say what is missing", commands_say_what_is_missing},
    {"help and completion come from the table", help_and_completion_come_from_the_table},
    {"results keep their event fields first", results_keep_their_event_fields_first},
    {0}};

int main(int argc, char **argv)
{
    return check_main("test_app", cases, argc, argv);
}
