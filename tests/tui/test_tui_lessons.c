/* Every lesson of `lesson list`, played as a student does: in a terminal of 80x24 and of 120x40, key by key, with right and
 * wrong answers, to its end, within the minutes that it states; then both sessions are graded. What answers are right is what
 * the lesson played by itself says.
 *
 * Four of them, which take seconds (two under a sanitizer); LATLAB_LESSONS=all plays the others, too, which takes minutes, and with
 * `LATLAB_LESSONS=NAME` one is played alone. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/course/course.h"
#include "sessions/course/shelf.h"
#include "tests/check.h"
#include "tests/pty.h"

/* What the program says of a line, as text that is cut into lines by whoever reads it. */
static char *run(const char *line)
{
    ll_str out = {0}, command = {0};
    char block[4096];
    ll_str_addf(&command, "'%s' --json -c '%s' 2>/dev/null", pty_program, line);
    FILE *f = popen(command.s, "r");
    for (size_t n; f && (n = fread(block, 1, sizeof block, f)) > 0;) ll_str_addn(&out, block, n);
    if (f) pclose(f);
    ll_str_free(&command);
    return ll_str_take(&out);
}

/* --- answers ----------------------------------------------------------------------------------------------- */

/* The right answer of each question as it is typed, NULL where none is told: "b" of "b: the phone", ".5" of ".5 +- .1". */
static void right_answers(const char *name, const char *student, ll_strs *names, ll_strs *answers)
{
    ll_str line = {0};
    ll_str_addf(&line, "lesson run %s student=%s", name, student);
    char *said = run(line.s);
    ll_strs events = {0};
    ll_strs_split(&events, said, '\n');
    for (int i = 0; i < events.n; i++) {
        cJSON *event = cJSON_Parse(events.v[i]), *one;
        cJSON_ArrayForEach(one, cJSON_GetObjectItem(event, "told"))
        {
            const char *right = ll_json_get_str(one, "right", "");
            char *typed = ll_strndup(right, strcspn(right, ": "));
            ll_strs_add(names, ll_json_get_str(one, "question", ""));
            ll_strs_take(answers, typed);
        }
        cJSON_Delete(event);
    }
    ll_strs_free(&events);
    free(said);
    ll_str_free(&line);
}

/* A wrong answer is the other letter, or a number far off; of a pick any device will do. */
static void answer_of(const ll_question *q, const ll_strs *names, const ll_strs *answers, bool right,
                      ll_str *out)
{
    const char *known = "";
    for (int i = 0; i < names->n; i++)
        if (!strcmp(names->v[i], q->name)) known = answers->v[i];
    if (*known && right)
        ll_str_add(out, known);
    else if (q->kind == LL_ANSWER_CHOICE)
        ll_str_add(out, *known == 'a' ? "b" : "a");
    else
        ll_str_add(out, q->kind == LL_ANSWER_NUMBER   ? "123456"
                        : q->kind == LL_ANSWER_DEVICE ? "epyc_blas"
                                                      : "0");
}

/* --- playing ----------------------------------------------------------------------------------------------- */

static void wait_for(const char *fmt, const char *name, int step, int of)
{
    ll_str text = {0};
    ll_str_addf(&text, fmt, name, step, of);
    CHECK(until(text.s));
    ll_str_free(&text);
}

static void type_answers(const ll_lesson *l, int step, const ll_strs *names, const ll_strs *answers,
                         bool right)
{
    const ll_lesson_step *s = &l->steps[step];
    for (int i = s->first_question; i < s->first_question + s->n_questions; i++) {
        ll_str answer = {0};
        answer_of(&l->questions[i], names, answers, right || i % 2, &answer);
        CHECK(until("Enter answers"));
        keys("\r");
        CHECK(until(":answer"));
        keys(ll_str_text(&answer));
        keys("\r");
        CHECK(until_gone(":answer"));
        ll_str_clear(&answer);
        CHECK(until("you say")); /* Enter is nobody's while the answer is on its way */
        pty_settle();
        ll_str_free(&answer);
    }
}

static void play_steps(const char *name, const ll_lesson *l, const ll_strs *names, const ll_strs *answers,
                       bool right)
{
    for (int i = 0; i < l->n && !check_failed(); i++) {
        const ll_lesson_step *s = &l->steps[i];
        wait_for("%s, step %d of %d", name, i + 1, l->n);
        type_answers(l, i, names, answers, right);
        if (s->commands.n || !s->n_questions) {
            CHECK(until("Enter goes on"));
            keys("\r");
        }
        if (!ll_lesson_tells_after(s)) continue;
        wait_for("%s, step %d of %d: what came", name, i + 1, l->n);
        CHECK(until("Enter goes on"));
        keys("\r");
    }
    if (!check_failed()) CHECK(until("the lesson is over"));
}

static void play(const ll_lesson_entry *entry, const ll_lesson *l, int rows, int cols, bool right)
{
    ll_strs names = {0}, answers = {0};
    ll_str line = {0};
    const char *student = right ? "ann" : "bob";
    right_answers(entry->name, student, &names, &answers);
    ll_str_addf(&line, ":lesson %s student=%s\r", entry->name, student);
    double begun_s = ll_now_s();
    if (START(rows, cols, "--color=never", "--tui")) {
        CHECK(until("latlab: hardware-aware"));
        keys(line.s);
        play_steps(entry->name, l, &names, &answers, right);
        CHECK(ll_now_s() - begun_s < 60 * entry->minutes);
        ll_str_clear(&line);
        ll_str_addf(&line, "\r:save %s/handed-%s/%s\r", check_tmpdir(), entry->name, student);
        keys(line.s);
        CHECK(until_gone(":save"));
        CHECK(until(" ok ")); /* while a command runs Q asks once more */
        wait_for("session %s", student, 0, 0);
        pty_settle();
        keys("Q");
        CHECK(pty_wait_end());
        pty_finish();
    }
    ll_strs_free(&names);
    ll_strs_free(&answers);
    ll_str_free(&line);
}

/* --- graded ------------------------------------------------------------------------------------------------ */

static int n_counted(const ll_lesson *l)
{
    int n = 0;
    for (int i = 0; i < l->n_questions; i++) n += ll_question_counts(&l->questions[i]);
    for (int i = 0; i < l->n; i++)
        for (int j = 0; j < l->steps[i].n_after; j++) n += l->steps[i].after[j].kind == LL_AFTER_CHECK;
    return n;
}

/* Who answered rightly has all points, the other one fewer; nothing is remarked of either, but where a lesson measures. */
static void grade(const ll_lesson_entry *entry, const ll_lesson *l)
{
    ll_str line = {0};
    ll_str_addf(&line, "lesson grade %s/handed-%s", check_tmpdir(), entry->name);
    char *said = run(line.s);
    ll_strs events = {0};
    ll_strs_split(&events, said, '\n');
    int totals = 0, points[2] = {0};
    for (int i = 0; i < events.n; i++) {
        cJSON *event = cJSON_Parse(events.v[i]), *row;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(event, "rows"))
        {
            if (strcmp(ll_json_get_str(row, "question", ""), "total")) continue;
            points[!strcmp(ll_json_get_str(row, "student", ""), "bob")] = ll_json_get_int(row, "points", -1);
            CHECK_INT(ll_json_get_int(row, "of", 0), n_counted(l));
            if (!l->measures) CHECK_STR(ll_json_get_str(row, "remarks", ""), "");
            totals++;
        }
        cJSON_Delete(event);
    }
    CHECK_INT(totals, 2);
    if (!l->measures) CHECK_INT(points[0], n_counted(l));
    CHECK(points[1] < (l->measures ? n_counted(l) : points[0])); /* no machine measures the same twice */
    ll_strs_free(&events);
    free(said);
    ll_str_free(&line);
}

/* --- all of them ------------------------------------------------------------------------------------------- */

static void play_and_grade(const ll_lesson_entry *entry)
{
    char *path, *text;
    size_t len;
    ll_lesson l = {0};
    ll_error e = {0};
    if (!CHECK_OK(ll_lesson_find(entry->name, &path, &e))) return;
    if (CHECK_OK(ll_read_file(path, 0, &text, &len, &e))) {
        if (!CHECK_OK(ll_lesson_parse(&l, text, &e))) fprintf(stderr, "%s: %s\n", path, e.message);
        free(text);
    }
    CHECK(l.n_questions >= (l.asks ? 2 : 0));
    if (l.asks) {
        play(entry, &l, 24, 80, true);
        play(entry, &l, 40, 120, false);
        if (!check_failed()) grade(entry, &l);
    }
    ll_lesson_free(&l);
    free(path);
}

/* A sanitizer makes the first two take as long as all of these. */
static bool is_quick(const char *name)
{
    static const char *const quick[] = {"tour", "flops", "roofline", "shots"};
    int n = check_under(NULL) ? 2 : 4, i = 0;
    while (i < n && strcmp(quick[i], name)) i++;
    return i < n;
}

static void test_every_lesson(void)
{
    if (!*pty_program) {
        check_skip("no program to play them in");
        return;
    }
    const char *which = getenv("LATLAB_LESSONS");
    int patience = which ? 180 : 40; /* others measure this machine for a while */
    pty_patience = pty_patience > patience ? pty_patience : patience;
    for (const ll_lesson_entry *l = ll_lessons; l->name; l++) {
        bool wanted = which ? !strcmp(which, "all") || !strcmp(which, l->name) : is_quick(l->name);
        double begun_s = ll_now_s();
        if (wanted) play_and_grade(l);
        if (wanted) fprintf(stderr, "      %-10s %5.1f s\n", l->name, ll_now_s() - begun_s);
        if (check_failed()) return;
    }
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"every lesson is played and graded", test_every_lesson}, {0}};
    return check_main("test_tui_lessons", cases, argc, argv);
}
