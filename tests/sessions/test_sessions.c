/* Sessions: journal, save, open, undo, redo, replay. */
#include <math.h>
#include <unistd.h>

#include "core/app/stale.h"
#include "core/base/rng.h"
#include "core/base/text/quote.h"

#include "tests/say.h"

/* --- cases ------------------------------------------------------------------------------------------------
 */

static void open_gives_the_same_numbers(void)
{
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "eval sim_eyeriss");
    char *then = ll_strdup(said), *state = state_text(a);
    SAY(a, "save first");
    CHECK_HAS(said, "\"session\":\"first\"");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open first");
    check_same_state(a, state);
    SAY(a, "eval sim_eyeriss");
    CHECK_STR(said, then);
    SAY(a, "transfer sim_eyeriss k=6 seed=3"); /* with the model that was read back */
    SAY(a, "eval sim_eyeriss");
    CHECK_STR(said, then);
    SAY(a, "sessions");
    CHECK_HAS(said, "\"open\":\"here\"");
    ll_app_free(a);
    free(then);
    free(state);
}

/* What a search found is there again, to the digit, and undone like anything else. */
static void searches_are_kept(void)
{
    ll_app *a = app_new();
    CHECK_OK(say(a, "load nb201_host"));
    CHECK_OK(say(a, "partition source=xeon_* target=epyc_blas"));
    CHECK_OK(say(a, "pretrain gp n=100"));
    CHECK_OK(say(a, "transfer epyc_blas k=8"));
    CHECK_OK(say(a, "search epyc_blas max=4 score=cifar10"));
    cJSON *before = said_result("search");
    CHECK_OK(say(a, "search epyc_blas max=3 score=cifar100"));
    CHECK_OK(say(a, "undo"));
    CHECK_OK(say(a, "save searched"));
    ll_app_free(a);
    a = app_new();
    CHECK_OK(say(a, "open searched"));
    ll_state state;
    ll_app_snapshot(a, &state);
    CHECK_INT(state.n_searches, 1);
    if (state.n_searches == 1) {
        char *where = NULL;
        cJSON *kept = cJSON_Duplicate(state.searches[0]->result, true);
        const char *const by_the_event[] = {"event", "id"};
        for (int i = 0; i < 2; i++) cJSON_DeleteItemFromObject(before, by_the_event[i]);
        for (int i = 0; i < 2; i++) cJSON_DeleteItemFromObject(kept, by_the_event[i]);
        check_report(ll_same_results(before, kept, &where), __FILE__, __LINE__, "differs at %s",
                     where ? where : "");
        free(where);
        cJSON_Delete(kept);
    }
    cJSON_Delete(before);
    ll_state_free(&state);
    CHECK_OK(say(a, "redo"));
    ll_app_snapshot(a, &state);
    CHECK_INT(state.n_searches, 2);
    ll_state_free(&state);
    ll_app_free(a);
}

/* Does the state's one search say what searching now would? "": it does. */
static char *why_outdated(ll_app *a)
{
    ll_state state;
    ll_str why = {0};
    ll_app_snapshot(a, &state);
    CHECK_INT(state.n_searches, 1);
    if (state.n_searches == 1) ll_stale_search(&state, state.searches[0], &why);
    ll_state_free(&state);
    return ll_str_take(&why);
}

/* A search that was current when it was saved is until something is learnt; one that was not, is not. */
static void what_a_search_went_by_is_kept(void)
{
    if (check_under("tsan")) return; /* threads meet as in the searches above */
    static const char *const steps[] = {"transfer epyc_blas k=9 seed=2", "save after"};
    char *why;
    ll_app *a = app_new();
    SAY(a, "load nb201_host");
    SAY(a, "partition source=xeon_* target=epyc_blas");
    SAY(a, "pretrain gp n=100");
    SAY(a, "transfer epyc_blas k=8");
    SAY(a, "search epyc_blas max=4 score=cifar10");
    SAY(a, "save before");
    ll_app_free(a);
    for (int i = 0; i < 2; i++) {
        a = app_new();
        SAY(a, i ? "open after" : "open before");
        why = why_outdated(a);
        CHECK_STR(why ? why : "", i ? "outdated: transferred to epyc_blas since" : "");
        free(why);
        for (int k = 0; !i && k < 2; k++) CHECK_OK(say(a, steps[k]));
        why = why_outdated(a);
        CHECK_STR(why ? why : "", "outdated: transferred to epyc_blas since");
        free(why);
        ll_app_free(a);
    }
}

/* Without any data, too. */
static void a_co_design_is_kept(void)
{
    ll_app *a = app_new();
    ll_state state;
    SAY(a, "codesign space=nasbench201 networks=1462 evaluations=20");
    SAY(a, "save designed");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open designed");
    ll_app_snapshot(a, &state);
    CHECK(state.codesign && ll_json_get_num(state.codesign->result, "edp", 0) > 0);
    ll_state_free(&state);
    SAY(a, "undo");
    ll_app_snapshot(a, &state);
    CHECK(!state.codesign);
    ll_state_free(&state);
    ll_app_free(a);
}

/* What an import (or a measurement of verify by=host) left on the disk is not made again, and the predictors stay. */
static void replay_goes_on_behind_an_import(void)
{
    char *path = ll_path_join(check_tmpdir(), "scores.json");
    ll_str text = {0};
    for (int i = 0; i < 150; i++) ll_str_addf(&text, "%s%d", i ? "," : "[", 50 + i * 7 % 41);
    ll_str_add(&text, "]");
    CHECK_OK(ll_write_file(path, text.s, text.len, NULL));
    ll_app *a = app_new();
    SAY(a, "simulate dataset=scored space=fbnet n=150 seed=5 machines=sim_v100_b*,sim_eyeriss");
    SAY(a, "load scored");
    SAY(a, "partition source=sim_v100_b1,sim_v100_b32 target=sim_eyeriss");
    SAY(a, "pretrain gp n=60 seed=1");
    SAY(a, "transfer sim_eyeriss k=6 seed=3");
    ll_str_clear(&text);
    ll_quote_addf(&text, "import accuracy %s into scored metric=acc", path);
    SAY(a, text.s);
    SAY(a, "search sim_eyeriss max=1000 score=acc");
    SAY(a, "save imported");
    ll_app_free(a);
    a = app_new();
    SAY(a, "replay imported check=on");
    CHECK_HAS(said, "\"n_different\":0");
    ll_app_free(a);
    ll_str_free(&text);
    free(path);
}

/* A replayed step goes over the file that it made; what a person has made of it since is left alone. */
static void replay_knows_its_own_files(void)
{
    if (check_under("tsan")) return; /* as in any replay */
    char *list = ll_path_join(check_tmpdir(), "to do.csv"), *vectors = ll_path_join(check_tmpdir(), "v.csv");
    ll_str line = {0};
    ll_app *a = app_new();
    SAY(a, "load nb201_host");
    SAY(a, "partition source=xeon_* target=epyc_blas");
    SAY(a, "pretrain gp n=100");
    SAY(a, "transfer epyc_blas k=5");
    ll_quote_addf(&line, "search epyc_blas max=3 score=cifar10 verify=4 by=csv file=%s", list);
    SAY(a, ll_str_text(&line));
    CHECK(ll_is_file(list));
    CHECK_HAS(said, "without verify= the choice is "); /* a lower score is not chosen in silence */
    SAY(a, "search epyc_blas max=3 score=cifar10 verify=20");
    CHECK(!strstr(said, "without verify="));
    ll_str_clear(&line);
    ll_quote_addf(&line, "encode onehot out=%s", vectors);
    SAY(a, ll_str_text(&line));
    SAY(a, "save wrote");
    ll_app_free(a);
    a = app_new();
    SAY(a, "replay wrote check=on");
    CHECK_HAS(said, "\"n_different\":0");
    size_t len;
    char *text = read_text(list, &len), *empty = strstr(text, ",,");
    if (CHECK(empty != NULL)) {
        ll_str filled = {0};
        ll_str_addf(&filled, "%.*s,2.5%s", (int)(empty - text), text, empty + 1);
        CHECK_OK(ll_write_file(list, filled.s, filled.len, NULL));
        SAY(a, "replay wrote check=on");
        CHECK_HAS(said, "with 1 of ");
        char *now = read_text(list, &len);
        CHECK_STR(now, filled.s);
        free(now);
        ll_str_free(&filled);
    }
    CHECK_OK(ll_write_file(vectors, "mine", 4, NULL));
    CHECK_INT(say(a, "replay wrote"), LL_FAILED);
    CHECK_HAS(said, "v.csv is there already");
    ll_app_free(a);
    ll_str_free(&line);
    free(text);
    free(list);
    free(vectors);
}

/* A comma or a blank in quotes separates nothing, in a list and behind max: alike. */
static void searches_name_any_device(void)
{
    ll_app *a = app_new();
    const char *csv = "arch,\"a, b\",c\n0,1,1\n1,2,2\n2,3,3\n";
    char *path = ll_path_join(check_tmpdir(), "names.csv");
    ll_str line = {0};
    CHECK_OK(ll_write_file(path, csv, strlen(csv), NULL));
    ll_quote_addf(&line, "import csv %s as names space=nasbench201 unit=ms", path);
    CHECK_OK(say(a, line.s));
    SAY(a, "load names");
    SAY(a, "search \"a, b\",c predictor=table score=macs \"max:a, b=2ms\" max:c=3 objectives=score,\"a, b\"");
    cJSON *o = said_result("search");
    cJSON *limits = cJSON_GetObjectItemCaseSensitive(o, "limits");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(o, "objectives")), 2);
    CHECK_STR(ll_json_get_str(cJSON_GetArrayItem(limits, 0), "device", ""), "a, b");
    CHECK_NEAR(ll_json_get_num(cJSON_GetArrayItem(limits, 0), "max_ms", NAN), 2, 0);
    cJSON_Delete(o);
    CHECK_INT(say(a, "search c predictor=table score=macs \"max:a, b=2\""), LL_USAGE);
    CHECK_HAS(said, "max:a, b limits a device that is not searched for");
    CHECK_INT(say(a, "search c predictor=table score=macs max=1e308s"), LL_USAGE);
    CHECK_HAS(said, "a latency was expected");
    CHECK_INT(say(a, "search c predictor=table score=macs seconds_per_measurement=-1"), LL_USAGE);
    ll_str_free(&line);
    free(path);
    ll_app_free(a);
}

static void save_keeps_what_was_there(void)
{
    ll_app *a = app_new();
    CHECK_INT(say(a, "save nothing"), LL_FAILED);
    CHECK_HAS(said, "nothing to save");
    SAY(a, "load toy");
    SAY(a, "tag sim_raspi4");
    CHECK_INT(say(a, "save ../x y"), LL_USAGE);
    CHECK_INT(say(a, "save .hidden"), LL_USAGE);
    CHECK_INT(say(a, "open first former=on"), LL_FAILED);
    CHECK_HAS(said, "no `save` has replaced it");
    SAY(a, "save first");
    CHECK_HAS(said, "former=on");
    char *state = state_text(a);
    SAY(a, "tag sim_eyeriss"); /* goes to an unsaved copy as it happens */
    CHECK_HAS(said, "stays as it was saved");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open first");
    check_same_state(a, state);
    SAY(a, "open first former=on");
    CHECK_HAS(said, "(unnamed)");
    SAY(a, "eval sim_eyeriss");
    CHECK_INT(say(a, "open frist"), LL_FAILED);
    CHECK_HAS(said, "did you mean first");
    SAY(a, "eval sim_eyeriss"); /* a failed open changes nothing */
    SAY(a, "save other");
    SAY(a, "save other"); /* onto itself */
    CHECK(!strstr(said, "former=on"));
    ll_app_free(a);
    free(state);
}

/* What is tried on a saved session leaves it as it is, until `save` says otherwise: both are there after any end. */
static void what_is_tried_does_not_change_what_is_saved(void)
{
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, "tag sim_raspi4");
    SAY(a, "save kept");
    char *saved = state_text(a);
    ll_app_free(a);
    a = app_new();
    SAY(a, "open kept");
    CHECK_HAS(said, "\"session\":\"kept\"");
    SAY(a, "undo");
    CHECK_HAS(said, "session kept stays as it was saved");
    CHECK_HAS(said, "\"session\":\"kept (not saved)\"");
    SAY(a, "tag sim_eyeriss");
    CHECK(!strstr(said, "stays as it was saved")); /* it is said once */
    char *tried = state_text(a);
    SAY(a, "sessions");
    CHECK_HAS(said, "\"of\":\"kept\"");
    SAY(a, "open kept"); /* nothing is lost by that */
    CHECK_HAS(said, "not saved and stays");
    check_same_state(a, saved);
    ll_app_free(a);
    a = app_new();
    SAY(a, "open"); /* the latest: what was tried, which knows where it comes from */
    check_same_state(a, tried);
    SAY(a, "save");
    CHECK_HAS(said, "\"session\":\"kept\"");
    CHECK_HAS(said, "open kept former=on");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open kept");
    check_same_state(a, tried);
    SAY(a, "open kept former=on");
    check_same_state(a, saved);
    ll_app_free(a);
    free(saved);
    free(tried);
}

/* A random walk of changes, undo and redo beside a plain list of the states it should give; the session is
 * closed and opened again on the way. */
static void undo_is_a_walk(void)
{
    enum { STEPS = 120 };
    char *expected[STEPS + 2];
    int n = 1, at = 0;
    ll_rng r = ll_rng_new(7, 1);
    ll_app *a = app_new();
    expected[0] = state_text(a);
    CHECK_INT(say(a, "undo"), LL_FAILED);
    CHECK_INT(say(a, "redo"), LL_FAILED);
    SAY(a, "load toy");
    expected[n++] = state_text(a);
    at = 1;
    SAY(a, "save walk");
    for (int i = 0; i < STEPS; i++) {
        char line[128];
        int what = ll_rng_below(&r, 10), by = 1 + ll_rng_below(&r, 3);
        if (what < 3 && at > 0) {
            snprintf(line, sizeof line, "undo %d", by);
            at = at > by ? at - by : 0;
        } else if (what < 5 && at < n - 1) {
            snprintf(line, sizeof line, "redo %d", by);
            at = at + by < n ? at + by : n - 1;
        } else if (at > 0) {
            snprintf(line, sizeof line, "sample k=4 seed=%d", i);
            while (n > at + 1) free(expected[--n]);
            n++;
            at++;
            SAY(a, line);
            expected[at] = state_text(a);
            continue;
        } else {
            continue;
        }
        SAY(a, line);
        check_same_state(a, expected[at]);
        if (what == 0) {
            ll_app_free(a);
            a = app_new();
            SAY(a, "open"); /* what goes on from `walk` is the latest */
            check_same_state(a, expected[at]);
        }
    }
    SAY(a, "undo 1000");
    check_same_state(a, expected[0]);
    SAY(a, "redo 1000");
    check_same_state(a, expected[n - 1]);
    ll_app_free(a);
    while (n) free(expected[--n]);
}

/* More parts than the store remembers and more steps than stay in memory. */
static void long_sessions_are_kept(void)
{
    ll_app *a = app_new();
    char line[128], *early = NULL;
    do_work(a);
    for (int i = 0; i < 150; i++) {
        snprintf(line, sizeof line, "transfer sim_eyeriss k=5 seed=%d", i);
        SAY(a, line);
        if (i == 20) early = state_text(a);
    }
    CHECK(ll_session_of(a)->store.n_parts <= 256);
    char *late = state_text(a);
    SAY(a, "undo 129");
    check_same_state(a, early);
    SAY(a, "redo 129");
    check_same_state(a, late);
    ll_app_free(a);
    free(early);
    free(late);
}

static void commands_that_change_nothing_are_no_steps(void)
{
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, "simulate list");
    SAY(a, "devices");
    SAY(a, "journal");
    CHECK_HAS(said, "\"at\":1");
    ll_app_free(a);
}

/* --- replay -----------------------------------------------------------------------------------------------
 */

static void replay_gives_the_same_numbers(void)
{
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "undo");
    SAY(a, "redo");
    SAY(a, "eval sim_eyeriss");
    char *then = ll_strdup(said), *state = state_text(a);
    SAY(a, "save again");
    ll_app_free(a);
    a = app_new();
    SAY(a, "replay again check=on");
    CHECK_HAS(said, "\"n_different\":0");
    CHECK_HAS(said, "\"ran\":8");
    SAY(a, "eval sim_eyeriss");
    CHECK_STR(said, then);
    ll_app_free(a);
    char *path = saved_path("again", "journal.jsonl");
    size_t len;
    char *text = read_text(path, &len), *number = strstr(text, "\"spearman\":0.");
    if (CHECK(number != NULL)) {
        number += strlen("\"spearman\":0.");
        *number = *number == '5' ? '6' : '5';
        CHECK_OK(ll_write_file(path, text, len, NULL));
        a = app_new();
        CHECK_INT(say(a, "replay again check=on"), LL_FAILED);
        CHECK_HAS(said, "spearman");
        CHECK_HAS(said, "1 of");
        ll_app_free(a);
    }
    free(text);
    free(path);
    free(then);
    free(state);
}

static void scripts_are_replayed(void)
{
    char *path = ll_path_join(check_tmpdir(), "s.latlab"), line[512];
    const char *script = "# a comment\nload toy\n\nsample k=3 seed=2; tag sim_eyeriss\n";
    CHECK_OK(ll_write_file(path, script, strlen(script), NULL));
    ll_app *a = app_new();
    snprintf(line, sizeof line, "replay %s", path);
    SAY(a, line);
    CHECK_HAS(said, "\"ran\":3");
    SAY(a, "journal");
    CHECK_HAS(said, "\"at\":3"); /* each line is a step of its own */
    SAY(a, "undo");
    snprintf(line, sizeof line, "replay %s check=on", path);
    CHECK_INT(say(a, line), LL_USAGE);
    CHECK_INT(say(a, "replay no_such_thing"), LL_FAILED);
    snprintf(line, sizeof line, "load toy\nnonsense\ntag sim_eyeriss\n");
    CHECK_OK(ll_write_file(path, line, strlen(line), NULL));
    snprintf(line, sizeof line, "replay %s", path);
    CHECK_INT(say(a, line), LL_USAGE);
    CHECK_HAS(said, "nonsense: no command");
    char *self = ll_strdup(line);
    CHECK_OK(ll_write_file(path, self, strlen(self), NULL));
    CHECK_INT(say(a, self), LL_USAGE);
    CHECK_HAS(said, "too deeply");
    free(self);
    ll_app_free(a);
    free(path);
}

static void results_are_compared(void)
{
    static const struct {
        const char *a, *b, *where;
    } pairs[] = {{"{\"x\":1,\"t_s\":2,\"seconds\":3}", "{\"x\":1,\"t_s\":5}", NULL},
                 {"{\"x\":1}", "{\"x\":1.0000000000000002}", "x"},
                 {"{\"rows\":[{\"a\":1},{\"a\":2}]}", "{\"rows\":[{\"a\":1},{\"a\":3}]}", "rows[1].a"},
                 {"{\"rows\":[1,2]}", "{\"rows\":[1]}", "rows[1]"},
                 {"{\"x\":\"1\"}", "{\"x\":1}", "x"},
                 {"{\"x\":1}", "{\"y\":1}", "x"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cJSON *a = cJSON_Parse(pairs[i].a), *b = cJSON_Parse(pairs[i].b);
        char *where = NULL;
        CHECK(ll_same_results(a, b, &where) == !pairs[i].where);
        if (pairs[i].where) CHECK_STR(where, pairs[i].where);
        free(where);
        cJSON_Delete(a);
        cJSON_Delete(b);
    }
}

static void only_a_few_unnamed_sessions_are_kept(void)
{
    for (int i = 0; i < 36; i++) {
        ll_app *a = app_new();
        SAY(a, "load toy");
        ll_app_free(a);
    }
    char *live = ll_sessions_live_dir();
    ll_strs names = {0};
    CHECK_OK(ll_list_dir(live, NULL, &names, NULL));
    CHECK_INT(names.n, 33); /* 32, and the one that was made last */
    ll_strs_free(&names);
    free(live);
}

static void undo_says_what_it_undid(void)
{
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, "tag sim_raspi4");
    SAY(a, "tag sim_eyeriss");
    SAY(a, "undo 2");
    CHECK_HAS(said, "\"title\":\"undone: tag sim_raspi4; tag sim_eyeriss\"");
    SAY(a, "redo");
    CHECK_HAS(said, "\"title\":\"done again: tag sim_raspi4\"");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"searches are kept", searches_are_kept},
    {"what a search went by is kept", what_a_search_went_by_is_kept},
    {"a co-design is kept", a_co_design_is_kept},
    {"searches name any device", searches_name_any_device},
    {"replay goes on behind an import", replay_goes_on_behind_an_import},
    {"make the toy dataset", make_toy},
    {"open gives the same numbers", open_gives_the_same_numbers},
    {"save keeps what was there", save_keeps_what_was_there},
    {"what is tried does not change what is saved", what_is_tried_does_not_change_what_is_saved},
    {"undo is a walk", undo_is_a_walk},
    {"long sessions are kept", long_sessions_are_kept},
    {"commands that change nothing are no steps", commands_that_change_nothing_are_no_steps},
    {"replay gives the same numbers", replay_gives_the_same_numbers},
    {"replay knows its own files", replay_knows_its_own_files},
    {"scripts are replayed", scripts_are_replayed},
    {"results are compared", results_are_compared},
    {"only a few unnamed sessions are kept", only_a_few_unnamed_sessions_are_kept},
    {"undo says what it undid", undo_says_what_it_undid},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    return check_main("test_sessions", cases, argc, argv);
}
