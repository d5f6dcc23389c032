/* Event scripts: each tests/events/NAME.latlab is run by the program itself, and its event stream must be
 * NAME.jsonl.
 *
 * Left out of both: progress events, what only shows a result (title, text, columns), and times. Folders that differ
 * from run to run are called TMP and ROOT. Numbers may differ by one part in a million, because a vector unit adds
 * in another order. LATLAB_EVENTS=write makes the expected files from what the program says: read the difference
 * before committing it. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/app/topics.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/journal.h"
#include "tests/check.h"

static const char *program(void)
{
    const char *set = getenv("LATLAB");
    return set && *set ? set : "./latlab";
}

/* --- running a script --- */

static void in_child(const char *script, const char *home)
{
    char *data = ll_path_join(home, "data"), *out = ll_path_join(home, "out");
    setenv("XDG_DATA_HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    setenv("TMP_DIR", home, 1);
    unsetenv("LATLAB_DATA");
    if (!freopen(out, "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
    execl(program(), program(), "--json", "--keep-going", "--threads=2", "--data", data, script,
          (char *)NULL);
    _exit(127);
}

/* Exit status; what it wrote is in HOME/out. */
static int run_script(const char *script, const char *home)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (!child) in_child(script, home);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- what is compared --- */

static void replace_all(ll_str *text, const char *what, const char *by)
{
    ll_str out = {0};
    const char *at = ll_str_text(text), *hit;
    for (; (hit = strstr(at, what)); at = hit + strlen(what)) {
        ll_str_addn(&out, at, (size_t)(hit - at));
        ll_str_add(&out, by);
    }
    ll_str_add(&out, at);
    ll_str_free(text);
    *text = out;
}

/* Nine digits: the last ones change with the order of an addition. */
static void round_numbers(cJSON *o)
{
    char text[32];
    for (cJSON *child = o->child; child; child = child->next) {
        round_numbers(child);
        if (!cJSON_IsNumber(child)) continue;
        snprintf(text, sizeof text, "%.9g", child->valuedouble);
        cJSON_SetNumberValue(child, strtod(text, NULL));
    }
}

/* A key that stands twice is one of which readers see one. */
static void check_keys(const cJSON *o, const char *line)
{
    for (const cJSON *a = o->child; a; a = a->next) {
        check_keys(a, line);
        for (const cJSON *b = a->next; b && cJSON_IsObject(o); b = b->next)
            check_report(strcmp(a->string, b->string) != 0, __FILE__, __LINE__, "\"%s\" twice in %.200s",
                         a->string, line);
    }
}

/* "hi (90 %)" is looked up as "hi"; a column for a device or a score is called as that is. */
static bool is_explained(const cJSON *column)
{
    const char *title = ll_json_get_str(column, "title", "");
    char *head = ll_strndup(title, strcspn(title, "("));
    ll_topic t;
    for (size_t n = strlen(head); n && head[n - 1] == ' ';) head[--n] = 0;
    bool good = !*head || !strcmp(title, ll_json_get_str(column, "key", "")) || ll_topic_find(title, &t) ||
                ll_topic_find(head, &t);
    free(head);
    return good;
}

/* The contract of the stream: a time is called by its unit, "predicted_ms", "took_s"; a column for a device is called as
 * that is. */
static bool is_named_by_unit(const cJSON *column)
{
    const char *key = ll_json_get_str(column, "key", ""), *unit = ll_json_get_str(column, "unit", "");
    const char *title = ll_json_get_str(column, "title", "");
    bool other = strcmp(unit, "ms") && strcmp(unit, "s");
    if (other || !strcmp(key, unit) || !strcmp(key, title) || !strcmp(key, "seconds")) return true;
    size_t n = strlen(key), m = strlen(unit);
    return n > m && key[n - m - 1] == '_' && !strcmp(key + n - m, unit);
}

static void check_times(const cJSON *event)
{
    const cJSON *column;
    cJSON_ArrayForEach(column, cJSON_GetObjectItem(event, "columns")) if (!is_named_by_unit(column))
    {
        fprintf(stderr, "a time in %s is called \"%s\"\n", ll_json_get_str(column, "unit", ""),
                ll_json_get_str(column, "key", ""));
        CHECK(!"a time is called by its unit");
    }
}

/* What stands over a column of a table, `help` explains. */
static void check_heads(const cJSON *event)
{
    const cJSON *column;
    if (!cJSON_GetObjectItem(event, "rows")) return;
    cJSON_ArrayForEach(column, cJSON_GetObjectItem(event, "columns")) if (!is_explained(column))
    {
        fprintf(stderr, "help does not explain \"%s\"\n", ll_json_get_str(column, "title", ""));
        CHECK(!"a head is explained");
    }
}

static void add_event(ll_str *out, const char *line)
{
    cJSON *event = cJSON_Parse(line);
    if (!CHECK(event != NULL)) return;
    check_keys(event, line);
    check_heads(event);
    check_times(event);
    if (strcmp(ll_json_get_str(event, "event", ""), "progress")) {
        cJSON *masked = ll_mask_times(event);
        ll_drop_drawing(masked);
        round_numbers(masked);
        char *text = ll_json_line(masked);
        ll_str_addf(out, "%s\n", text);
        free(text);
        cJSON_Delete(masked);
    }
    cJSON_Delete(event);
}

/* The stream as it is compared. */
static ll_str stream_of(const char *home, int exit_status)
{
    char *path = ll_path_join(home, "out"), *text = NULL, *root = realpath(".", NULL);
    ll_str out = {0};
    ll_strs lines = {0};
    CHECK(ll_read_file(path, 0, &text, NULL, NULL) == LL_OK);
    ll_strs_split(&lines, text ? text : "", '\n');
    for (int i = 0; i < lines.n; i++) add_event(&out, lines.v[i]);
    ll_str_addf(&out, "{\"exit\":%d}\n", exit_status);
    replace_all(&out, home, "TMP");
    replace_all(&out, root, "ROOT");
    ll_strs_free(&lines);
    free(root);
    free(text);
    free(path);
    return out;
}

static bool close_enough(const cJSON *a, const cJSON *b, ll_str *where);

static bool close_members(const cJSON *a, const cJSON *b, ll_str *where)
{
    const cJSON *x = a->child, *y = b->child;
    for (int i = 0; x && y; i++, x = x->next, y = y->next) {
        size_t len = where->len;
        if (x->string)
            ll_str_addf(where, ".%s", x->string);
        else
            ll_str_addf(where, "[%d]", i);
        if ((x->string && y->string && strcmp(x->string, y->string)) || !close_enough(x, y, where))
            return false;
        where->s[where->len = len] = 0;
    }
    return !x && !y;
}

static bool close_enough(const cJSON *a, const cJSON *b, ll_str *where)
{
    if ((a->type & 0xff) != (b->type & 0xff)) return false;
    if (cJSON_IsNumber(a))
        return fabs(a->valuedouble - b->valuedouble) <= 1e-6 * fmax(1e-3, fabs(b->valuedouble));
    if (cJSON_IsString(a)) return !strcmp(a->valuestring, b->valuestring);
    return close_members(a, b, where);
}

static void compare_line(const char *name, int number, const char *have, const char *want)
{
    cJSON *a = cJSON_Parse(have), *b = cJSON_Parse(want);
    ll_str where = {0};
    bool same = a && b && close_enough(a, b, &where);
    check_report(same, name, number, "differs at %s\n    now      %.600s\n    expected %.600s",
                 ll_str_text(&where), have, want);
    ll_str_free(&where);
    cJSON_Delete(a);
    cJSON_Delete(b);
}

static void compare(const char *name, const char *have, const char *want)
{
    ll_strs now = {0}, then = {0};
    ll_strs_split(&now, have, '\n');
    ll_strs_split(&then, want, '\n');
    for (int i = 0; i < now.n && i < then.n; i++) compare_line(name, i + 1, now.v[i], then.v[i]);
    check_report(now.n == then.n, name, now.n, "%d events, expected %d", now.n, then.n);
    ll_strs_free(&now);
    ll_strs_free(&then);
}

/* --- cases: one per script --- */

static void check_script(const char *name)
{
    char *script = ll_path_join("tests/events", name), *home = ll_path_join(check_tmpdir(), name),
         *want = NULL;
    ll_str expected = {0};
    ll_str_addn(&expected, script, strlen(script) - strlen(".latlab"));
    ll_str_add(&expected, ".jsonl");
    CHECK(ll_make_dirs(home, NULL) == LL_OK);
    ll_str have = stream_of(home, run_script(script, home));
    const char *mode = getenv("LATLAB_EVENTS");
    if (mode && !strcmp(mode, "write"))
        CHECK(ll_write_file(expected.s, have.s, have.len, NULL) == LL_OK);
    else if (CHECK(ll_read_file(expected.s, 0, &want, NULL, NULL) == LL_OK))
        compare(expected.s, have.s, want);
    ll_str_free(&have);
    ll_str_free(&expected);
    free(want);
    free(script);
    free(home);
}

static ll_strs scripts;
#define SCRIPT(i)                                                                                            \
    static void script_##i(void)                                                                             \
    {                                                                                                        \
        check_script(scripts.v[i]);                                                                          \
    }
SCRIPT(0)
SCRIPT(1)
SCRIPT(2)
SCRIPT(3)
SCRIPT(4)
SCRIPT(5)
SCRIPT(6)
SCRIPT(7)
SCRIPT(8)
SCRIPT(9)
SCRIPT(10)
SCRIPT(11)
SCRIPT(12)
SCRIPT(13)
SCRIPT(14)
SCRIPT(15)
SCRIPT(16)
SCRIPT(17)
SCRIPT(18)
SCRIPT(19)
SCRIPT(20)
SCRIPT(21)
SCRIPT(22)
SCRIPT(23)
SCRIPT(24)
SCRIPT(25)
SCRIPT(26)
SCRIPT(27)
SCRIPT(28)
SCRIPT(29)
static void (*const script_cases[])(void) = {
    script_0,  script_1,  script_2,  script_3,  script_4,  script_5,  script_6,  script_7,
    script_8,  script_9,  script_10, script_11, script_12, script_13, script_14, script_15,
    script_16, script_17, script_18, script_19, script_20, script_21, script_22, script_23,
    script_24, script_25, script_26, script_27, script_28, script_29};
enum { MOST = sizeof script_cases / sizeof *script_cases };

int main(int argc, char **argv)
{
    check_case cases[MOST + 1] = {{0}};
    ll_error e = {0};
    if (ll_list_dir("tests/events", ".latlab", &scripts, &e) || scripts.n > MOST) {
        printf("tests/events: %s\ntest_events: 0 passed, 1 failed, 0 skipped\n",
               e.status ? e.message : "more scripts than cases");
        return 1;
    }
    for (int i = 0; i < scripts.n; i++) cases[i] = (check_case){scripts.v[i], script_cases[i]};
    int status = check_main("test_events", cases, argc, argv);
    ll_strs_free(&scripts);
    return status;
}
