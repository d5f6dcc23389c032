/* Lessons without a face: how a script is read, expressions over what commands said, answers, a lesson played, and graded. */
#include <stdlib.h>

#include "sessions/course/commands.h"
#include "sessions/course/course.h"
#include "sessions/course/shelf.h"
#include "sessions/notes.h"
#include "tests/say.h"

/* --- the script -------------------------------------------------------------------------------------------- */

static void test_a_script_is_read(void)
{
    ll_lesson l;
    ll_error e = {0};
    CHECK_OK(ll_lesson_parse(
        &l,
        "# Which devices? (two minutes)\n#\n# Guess.\n#ask q1: More or\n#  less?\n#choice more when "
        "{a} > 1\n#right less\n#hint It is\n#  less.\nload x; corr\ndevices\n#let a = {b.c} * 2\n"
        "#then So it is {a}.\n#check {a} > 1: large\n\n# Then.\n#ask n: How many?\n#answer {rows} +- 10%\n"
        "#ask d: Which?\n#answer device {least lat_ms}\n# The end.\n",
        &e));
    if (CHECK(l.n == 3)) {
        CHECK_STR(l.title, "Which devices? (two minutes)");
        CHECK_STR(l.steps[0].told, "Which devices? (two minutes)\nGuess.");
        CHECK_INT(l.steps[0].commands.n, 3);
        CHECK_INT(l.steps[0].lines[1], 10);
        CHECK_INT(l.steps[0].n_after, 3);
        CHECK_STR(l.questions[0].text, "More or less?");
        CHECK_STR(l.questions[0].hint, "It is less.");
        CHECK_STR(l.questions[0].choices[0].when, "{a} > 1");
        CHECK(l.questions[0].choices[1].right);
        CHECK_INT(l.steps[1].n_questions, 2);
        CHECK_NEAR(l.questions[1].tolerance, .1, 0);
        CHECK_INT(l.questions[2].kind, LL_ANSWER_DEVICE);
        CHECK_STR(l.questions[2].right, "least lat_ms");
        CHECK(!l.steps[2].commands.n);
        CHECK_INT(l.references.n, 4);
    }
    CHECK(l.asks);
    ll_lesson_free(&l);
    CHECK_OK(ll_lesson_parse(&l, "#!/usr/bin/latlab\nload x\n# told\ncorr\n", &e));
    CHECK(!l.asks);
    CHECK_INT(l.n, 2);
    ll_lesson_free(&l);
}

/* Line and what was expected. */
static void test_what_is_wrong_is_named(void)
{
    static const struct {
        const char *text, *why;
    } cases[] = {{"# a\n#hnit b\n", "line 2: #hnit is no part of a lesson; did you mean hint?"},
                 {"#load x\n", "what is told has a blank behind its #"},
                 {"#ask what?\n", "expected a name"},
                 {"#ask a: b\n# c\n", "line 1: question a has no answer"},
                 {"#ask a: b\n#right c\n", "one choice alone"},
                 {"#ask a: b\n#answer {x\n", "a brace is never closed"},
                 {"#ask a: b\n#answer {x} +- much\n", "expected a tolerance"},
                 {"#ask a: b\n#answer device here\n", "expected {NAME}"},
                 {"#ask a: b\n#answer 1\n#ask a: c\n#answer 1\n", "line 3: question a is asked twice"},
                 {"#ask a: b\n#answer 1\n#right 1\n", "a question that has an #answer"},
                 {"#choice a\n", "#choice stands behind no #ask"},
                 {"load x\n#check {a} >\n", "line 2: \"{a} >\": expected a number"},
                 {"load x\n#let a b\n", "'='"},
                 {"load x\n#then\n", "nothing stands behind #then"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_lesson l;
        ll_error e = {0};
        CHECK_INT(ll_lesson_parse(&l, cases[i].text, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, cases[i].why);
        ll_lesson_free(&l);
    }
}

/* --- expressions ------------------------------------------------------------------------------------------- */

static const char results[] =
    "[{\"kind\":\"load\",\"archs\":20,\"dataset\":\"toy\"},"
    "{\"kind\":\"score\",\"rows\":[{\"predictor\":\"gp\",\"k\":5,\"spearman\":0.5},"
    "{\"predictor\":\"gp\",\"k\":20,\"spearman\":0.9},{\"predictor\":\"flops\",\"k\":5,\"spearman\":0.25}]},"
    "{\"kind\":\"corr\",\"devices\":[\"a\",\"b\"],\"matrix\":[[1,0.75],[0.75,1]]},"
    "{\"kind\":\"eval\",\"rows\":[{\"device\":\"a\",\"kendall\":0.125}]}]";

static void test_facts_are_read(void)
{
    static const struct {
        const char *reference;
        double x;
        const char *text;
    } cases[] = {{"archs", 20, NULL},
                 {"dataset", 0, "toy"},
                 {"gp,20.spearman", .9, NULL},
                 {"flops.spearman", .25, NULL},
                 {"mine.spearman", .25, NULL},
                 {"a.b", .75, NULL},
                 {"kendall", .125, NULL},
                 {"min spearman", .25, NULL},
                 {"max spearman", .9, NULL},
                 {"mean spearman", .55, NULL},
                 {"least spearman", 0, "flops"},
                 {"most spearman", 0, "gp"},
                 {"rows", 1, NULL}};
    ll_facts f = {0};
    cJSON *said_all = cJSON_Parse(results), *read = cJSON_CreateObject();
    ll_strs references = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) ll_strs_add(&references, cases[i].reference);
    ll_strs_add(&references, "nothing");
    ll_strs_add(&references, "gp,7.spearman");
    ll_facts_keep(&f, "mine", "flops", 0);
    ll_facts_read(&f, &references, said_all, read);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ll_fact *fact = ll_facts_find(&f, cases[i].reference);
        if (!CHECK(fact)) continue;
        if (cases[i].text)
            CHECK_STR(fact->text, cases[i].text);
        else
            CHECK_NEAR(fact->x, cases[i].x, 1e-12);
    }
    CHECK(!ll_facts_find(&f, "nothing"));
    CHECK(!ll_facts_find(&f, "gp,7.spearman"));
    CHECK_INT(cJSON_GetArraySize(read), sizeof cases / sizeof *cases);
    ll_strs_free(&references);
    cJSON_Delete(said_all);
    cJSON_Delete(read);
    ll_facts_free(&f);
}

/* "seed" is the student's, though every transfer says one of its own. */
static void test_own_names(void)
{
    ll_facts f = {0};
    ll_strs references = {0};
    cJSON *events = cJSON_Parse("[{\"kind\":\"transfer\",\"seed\":0,\"k\":5}]");
    ll_strs_add(&references, "seed");
    ll_strs_add(&references, "k");
    ll_facts_keep(&f, "seed", NULL, 4711);
    ll_facts_set(&f, "k", NULL, 3);
    ll_facts_read(&f, &references, events, NULL);
    CHECK_NEAR(ll_facts_find(&f, "seed")->x, 4711, 0);
    CHECK_NEAR(ll_facts_find(&f, "k")->x, 5, 0);
    cJSON_Delete(events);
    ll_strs_free(&references);
    ll_facts_free(&f);
}

static void test_formulas(void)
{
    static const struct {
        const char *text;
        double x;
    } cases[] = {{"1 + 2 * 3", 7},
                 {"(1 + 2) * -3", -9},
                 {"10 - 4 - 3", 3},
                 {"{x} > .4 && {x} < .6", 1},
                 {"{x} >= 1 || !0", 1},
                 {"{x} > 1 ? 5 : abs(-2)", 2},
                 {"max(1, min({x}, 9)) / 4", .25},
                 {"{name} == {name}", 1},
                 {"{name} != {other}", 1},
                 {"{name} == 3", 0}};
    ll_facts f = {0};
    ll_error e = {0};
    double x;
    ll_facts_set(&f, "x", NULL, .5);
    ll_facts_set(&f, "name", "a b", 0);
    ll_facts_set(&f, "other", "c", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(ll_formula(cases[i].text, &f, &x, &e));
        CHECK_NEAR(x, cases[i].x, 1e-12);
    }
    CHECK_INT(ll_formula("{y} + 1", &f, &x, &e), LL_FAILED);
    CHECK_INT(ll_formula("{name} + 1", &f, &x, &e), LL_FAILED);
    CHECK_INT(ll_formula_check("1 +", &e), LL_BAD_DATA);
    CHECK_INT(ll_formula_check("((((((((((((((((((((((((((1", &e), LL_BAD_DATA);
    CHECK_INT(ll_formula_check("system(1)", &e), LL_BAD_DATA);
    ll_str out = {0};
    ll_facts_tell(&f, "x {x}, {name}, {y}", &out);
    CHECK_STR(out.s, "x 0.5, a b, (unknown)");
    ll_str_clear(&out);
    CHECK_OK(ll_facts_command(&f, "load {name} k={x}", &out, &e));
    CHECK_STR(out.s, "load \"a b\" k=0.5");
    CHECK_INT(ll_facts_command(&f, "load {y}", &out, &e), LL_FAILED);
    ll_str_free(&out);
    ll_facts_free(&f);
}

/* --- played ------------------------------------------------------------------------------------------------ */

static const char script[] = "# A toy (one minute): guess.\n"
                             "#ask most: Are two TPUs alike?\n"
                             "#choice yes when {alike} > .5\n"
                             "#choice no when {alike} <= .5\n"
                             "#hint Look.\n"
                             "load nb201_sim\n"
                             "corr sim_v100_b1,sim_v100_b256,sim_raspi4\n"
                             "#let alike = {sim_v100_b1.sim_v100_b256}\n"
                             "#then They have {alike}.\n"
                             "# Choose a source.\n"
                             "#ask source: Which one?\n"
                             "#answer device when {spearman} > .2\n"
                             "partition source={source} target=sim_raspi4\n"
                             "pretrain flops\n"
                             "transfer sim_raspi4 k=10 seed={seed}\n"
                             "eval sim_raspi4\n"
                             "#check {spearman} > .2: better than chance: {spearman}\n"
                             "# How good was it?\n"
                             "#ask rho: Its Spearman\n"
                             "#answer {spearman} +- .01\n"
                             "# The end.\n";

static char *lesson_path;
static ll_app *student(void)
{
    lesson_path = ll_path_join(check_tmpdir(), "toy.latlab");
    CHECK_OK(ll_write_file(lesson_path, script, strlen(script), NULL));
    ll_app *a = app_new();
    ll_app_set_loader(a, ll_data_find);
    ll_app_register(a, ll_course_commands);
    return a;
}

static void done(ll_app *a)
{
    ll_app_free(a);
    free(lesson_path);
}

static ll_status sayf(ll_app *a, const char *fmt, const char *word)
{
    ll_str line = {0};
    ll_str_addf(&line, fmt, word);
    ll_status s = say(a, ll_str_text(&line));
    ll_str_free(&line);
    return s;
}

/* From question to answer, back and forth. */
static void test_a_lesson_is_played(void)
{
    ll_app *a = student();
    CHECK_INT(say(a, "lesson next"), LL_FAILED);
    CHECK_OK(sayf(a, "lesson %s student=s1", lesson_path));
    CHECK_HAS(said, "\"question\":\"most\"");
    CHECK_INT(say(a, "lesson next"), LL_FAILED);
    CHECK_HAS(said, "question most waits");
    CHECK_INT(say(a, "answer maybe"), LL_USAGE);
    CHECK_HAS(said, "expected a letter from a to b");
    CHECK_OK(say(a, "lesson hint"));
    CHECK_HAS(said, "hint: Look.");
    CHECK_OK(say(a, "answer no"));
    CHECK_OK(say(a, "answer yes")); /* until it is told one may think again */
    CHECK_OK(say(a, "lesson next"));
    CHECK_HAS(said, "most: right. a: yes");
    CHECK_HAS(said, "They have 0.");
    CHECK_INT(say(a, "answer b"), LL_FAILED);
    CHECK_HAS(said, "no other is taken");
    CHECK_OK(say(a, "lesson back"));
    CHECK_HAS(said, "\"phase\":\"before\"");
    CHECK_OK(say(a, "lesson repeat"));
    CHECK_OK(say(a, "lesson next"));
    CHECK_INT(say(a, "answer nothing_like_it"), LL_USAGE);
    CHECK_OK(say(a, "answer sim_v100_b1"));
    CHECK_HAS(said, "partition source=sim_v100_b1");
    CHECK_OK(say(a, "lesson next"));
    CHECK_HAS(said, "holds: better than chance");
    CHECK_OK(say(a, "undo 2")); /* of the commands, not of the lesson */
    CHECK_OK(say(a, "lesson next"));
    CHECK_OK(say(a, "lesson skip"));
    CHECK_HAS(said, "rho: right is ");
    CHECK_OK(say(a, "lesson next"));
    CHECK_OK(say(a, "lesson next"));
    CHECK_HAS(said, "2 of 3 answers right, 1 of 1 check holds");
    CHECK_INT(say(a, "lesson next"), LL_FAILED);
    CHECK_OK(say(a, "lesson list"));
    done(a);
}

/* A step that fails stays, with the place in the file; so does one that is cancelled. */
static void test_a_failing_step_stays(void)
{
    static const char failing[] = "# One.\nload nb201_sim\n# Two.\neval\n";
    ll_app *a = student();
    CHECK_OK(ll_write_file(lesson_path, failing, strlen(failing), NULL));
    CHECK_OK(sayf(a, "lesson %s", lesson_path));
    CHECK_OK(say(a, "lesson next"));
    CHECK_HAS(said, "step 2 of 2");
    CHECK_INT(say(a, "lesson next"), LL_FAILED);
    CHECK_HAS(said, "toy.latlab:4: ");
    CHECK_OK(say(a, "lesson"));
    CHECK_HAS(said, "step 2 of 2");
    CHECK_INT(sayf(a, "lesson run %s", lesson_path), LL_FAILED);
    CHECK_OK(say(a, "lesson stop"));
    CHECK_INT(sayf(a, "lesson %s/none.latlab", check_tmpdir()), LL_FAILED);
    CHECK_INT(say(a, "lesson shotz"), LL_FAILED);
    CHECK_HAS(said, "did you mean shots");
    CHECK_INT(say(a, "lesson shots student=\"a b\""), LL_USAGE);
    done(a);
}

/* At the end a check counts as it was when its step ran, whatever later steps have said under the same name. What a lesson writes
 * is in the folder of the lessons. */
static void test_what_a_step_found_stays(void)
{
    static const char later[] =
        "# One.\nload nb201_sim\n#check {archs} > 10000: many: {archs}\n"
        "# Two.\nload fbnet_host\nexport csv \"{folder}/alike.csv\" force=on\n# End: {archs}.\n";
    char *state = ll_xdg_dir(LL_XDG_STATE), *file = ll_path_join(state, "lessons/alike.csv");
    ll_app *a = student();
    CHECK_OK(ll_write_file(lesson_path, later, strlen(later), NULL));
    CHECK_OK(sayf(a, "lesson run %s", lesson_path));
    CHECK_HAS(said, "End: 5000.");
    CHECK_HAS(said, "1 of 1 check holds");
    CHECK(ll_is_file(file));
    free(file);
    free(state);
    done(a);
}

/* Left in the middle, it goes on in the session that is opened; not when its text has changed. */
static void test_a_lesson_goes_on(void)
{
    ll_app *a = student();
    char *dir = ll_path_join(check_tmpdir(), "left");
    CHECK_OK(sayf(a, "lesson %s student=s1", lesson_path));
    CHECK_OK(say(a, "answer yes"));
    CHECK_OK(say(a, "lesson next"));
    CHECK_OK(say(a, "lesson next"));
    CHECK_OK(say(a, "answer sim_v100_b1"));
    CHECK_OK(sayf(a, "save %s", dir));
    ll_app_free(a);
    a = app_new();
    ll_app_set_loader(a, ll_data_find);
    ll_app_register(a, ll_course_commands);
    CHECK_OK(sayf(a, "open %s", dir));
    CHECK_HAS(said, "lesson toy is under way in it");
    CHECK_OK(say(a, "lesson"));
    CHECK_HAS(said, "step 2 of 4");
    CHECK_HAS(said, "you say sim_v100_b1");
    CHECK_OK(say(a, "lesson next"));
    CHECK_HAS(said, "holds: better than chance");
    CHECK_OK(say(a, "lesson stop"));
    CHECK_OK(ll_write_file(lesson_path, script, strlen(script) - 3, NULL));
    CHECK_OK(say(a, "lesson")); /* the list: there is none to go on with */
    CHECK_HAS(said, "\"kind\":\"lessons\"");
    CHECK_INT(say(a, "lesson next"), LL_FAILED);
    CHECK_HAS(said, "has changed since the lesson was begun");
    free(dir);
    done(a);
}

/* --- graded ------------------------------------------------------------------------------------------------ */

/* A student's session, saved to DIR/student. */
static void play(const char *id, const char *dir, const char *const *answers)
{
    ll_app *a = student();
    ll_str line = {0};
    ll_str_addf(&line, "lesson %s student=%s", lesson_path, id);
    CHECK_OK(say(a, ll_str_text(&line)));
    for (; *answers; answers++) {
        CHECK_OK(**answers == '-' ? say(a, "lesson skip") : sayf(a, "answer %s", *answers));
        say(a, "lesson next");
        say(a, "lesson next");
    }
    ll_str_clear(&line);
    ll_str_addf(&line, "save %s/%s", dir, id);
    CHECK_OK(say(a, ll_str_text(&line)));
    ll_str_free(&line);
    done(a);
}

/* In the journal of a student: text for text, of which there must be one. */
static void tamper(const char *dir, const char *id, const char *from, const char *to)
{
    ll_str path = {0}, out = {0};
    char *text;
    size_t len;
    ll_str_addf(&path, "%s/%s/journal.jsonl", dir, id);
    if (!CHECK_OK(ll_read_file(path.s, 0, &text, &len, NULL))) return;
    char *at = strstr(text, from);
    if (CHECK(at != NULL)) {
        ll_str_addn(&out, text, (size_t)(at - text));
        ll_str_addf(&out, "%s%s", to, at + strlen(from));
        CHECK_OK(ll_write_file(path.s, out.s, out.len, NULL));
    }
    free(text);
    ll_str_free(&path);
    ll_str_free(&out);
}

/* The row of a student's question in what was said. */
static cJSON *graded_row(const char *id, const char *question)
{
    cJSON *found = NULL;
    for (const char *line = said; *line && !found; line = strchr(line, '\n') + 1) {
        cJSON *o = cJSON_ParseWithLengthOpts(line, strcspn(line, "\n") + 1, NULL, false), *row;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(o, "rows"))
        {
            bool this = !strcmp(ll_json_get_str(row, "student", ""), id) &&
                        !strcmp(ll_json_get_str(row, "question", ""), question);
            if (this && !found) found = cJSON_Duplicate(row, true);
        }
        cJSON_Delete(o);
    }
    return found;
}

static void check_row(const char *id, const char *question, const char *key, const char *expected)
{
    cJSON *row = graded_row(id, question);
    const cJSON *cell = cJSON_GetObjectItem(row, key);
    if (cJSON_IsNumber(cell))
        CHECK_INT(cell->valueint, atoi(expected));
    else if (!strcmp(key, "remarks") && *expected)
        CHECK_HAS(cJSON_IsString(cell) ? cell->valuestring : "(none)", expected);
    else
        CHECK_STR(cJSON_IsString(cell) ? cell->valuestring : "(none)", expected);
    cJSON_Delete(row);
}

static ll_status grade(const char *dir)
{
    ll_app *a = student();
    ll_str line = {0};
    ll_str_addf(&line, "lesson grade %s of=%s out=%s/grades.csv force=on", dir, lesson_path, check_tmpdir());
    ll_status s = say(a, ll_str_text(&line));
    ll_str_free(&line);
    ll_state state;
    ll_app_snapshot(a, &state);
    CHECK(!state.data); /* what the grader has open is as it was */
    ll_state_free(&state);
    done(a);
    return s;
}

static char *class_of(const char *name)
{
    char *dir = ll_path_join(check_tmpdir(), name);
    CHECK_OK(ll_make_dirs(dir, NULL));
    return dir;
}

static void test_a_class_is_graded(void)
{
    char *dir = class_of("class");
    play("ann", dir, (const char *const[]){"a", "sim_v100_b1", "0.1", NULL});
    play("bob", dir, (const char *const[]){"b", "sim_raspi4", "-", NULL});
    CHECK_OK(grade(dir));
    check_row("ann", "most", "verdict", "right");
    check_row("ann", "source", "verdict", "right");
    check_row("ann", "rho", "verdict", "wrong");
    check_row("ann", "total", "points", "3");
    check_row("ann", "total", "of", "4");
    check_row("bob", "most", "verdict", "wrong");
    check_row("bob", "most", "right", "a: yes");
    check_row("bob", "rho", "verdict", "none");
    cJSON *a = graded_row("ann", "rho"), *b = graded_row("bob", "rho");
    CHECK(strcmp(ll_json_get_str(a, "right", ""), ll_json_get_str(b, "right", "")) !=
          0); /* each has numbers of their own */
    cJSON_Delete(a);
    cJSON_Delete(b);
    char *text, *path = ll_path_join(check_tmpdir(), "grades.csv");
    size_t len;
    if (CHECK_OK(ll_read_file(path, 0, &text, &len, NULL))) {
        CHECK_HAS(text, "student,lesson,question,answer,right,verdict,points,of,remarks\r\n");
        CHECK_HAS(text, "ann,toy,total,");
        free(text);
    }
    free(path);
    free(dir);
}

static void test_what_was_tampered_with_shows(void)
{
    static const char *const honest[] = {"b", "sim_v100_b1", ".5", NULL};
    char *dir = class_of("cheats");
    play("answer", dir, honest);
    tamper(dir, "answer", "\"answer\":\"b\"", "\"answer\":\"a\"");
    play("seed", dir, honest);
    tamper(dir, "seed", "\"seed\":", "\"seed\":9");
    play("values", dir, honest);
    tamper(dir, "values", "\"values\":{\"spearman\":0.", "\"values\":{\"spearman\":0.1");
    play("damaged", dir, honest);
    tamper(dir, "damaged", "{\"n\":2", "{{\"n\":2");
    play("missing", dir, honest);
    tamper(dir, "missing", "\"did\":\"ran\",\"step\":2", "\"did\":\"was\",\"step\":2");
    play("honest", dir, honest);
    CHECK_OK(grade(dir));
    check_row("answer", "total", "remarks", "tampered: line 2 does not fit what stands before it");
    check_row("seed", "total", "remarks", "is not seed's");
    check_row("values", "total", "remarks", "other numbers: step 2 has spearman");
    check_row("damaged", "total", "remarks", "line 2 is damaged");
    check_row("missing", "total", "remarks", "step 2 neither ran nor was passed over");
    check_row("honest", "total", "remarks", "");
    free(dir);
}

/* What a journal says is data: neither its lines nor the answers nor the file it names are carried out. */
static void test_a_hostile_journal_does_nothing(void)
{
    char *dir = class_of("hostile");
    ll_str line = {0};
    play("eve", dir, (const char *const[]){"a", "sim_v100_b1", ".5", NULL});
    ll_str_addf(&line, "\"answer\":\"sim_v100_b1; save %s/owned\"", dir);
    tamper(dir, "eve", "\"answer\":\"sim_v100_b1\"", line.s);
    ll_str_clear(&line);
    ll_str_addf(&line, "\"file\":\"%s/evil.latlab\",\"x\":\"", dir);
    tamper(dir, "eve", "\"file\":\"", line.s);
    ll_str_clear(&line);
    ll_str_addf(&line, "\"line\":\"save %s/owned\",\"y\":\"", dir);
    tamper(dir, "eve", "\"line\":\"", line.s);
    char *evil = ll_path_join(dir, "evil.latlab"), *owned = ll_path_join(dir, "owned");
    ll_str_clear(&line);
    ll_str_addf(&line, "load nb201_sim\nsave %s\n", owned);
    CHECK_OK(ll_write_file(evil, line.s, line.len, NULL));
    CHECK_OK(grade(dir));
    check_row("eve", "source", "verdict", "none");
    check_row("eve", "total", "remarks", "tampered: ");
    CHECK(ll_is_missing(owned));
    char *junk = ll_path_join(dir, "junk.jsonl");
    static const char odd[] =
        "\xff{}\n[]\n{\"lesson\":{\"did\":\"begin\",\"name\":\"../toy\"}}\n{\"lesson\":3}\n";
    CHECK_OK(ll_write_file(junk, odd, sizeof odd - 1, NULL));
    CHECK_OK(grade(junk));
    CHECK_HAS(said, "no lesson ../toy is here");
    CHECK_INT(grade(check_missing()), LL_FAILED);
    free(junk);
    free(evil);
    free(owned);
    ll_str_free(&line);
    free(dir);
}

/* One journal under two names is one student's. */
static void test_a_copy_shows(void)
{
    char *dir = class_of("copies"), *text;
    size_t len;
    play("ann", dir, (const char *const[]){"a", "sim_v100_b1", NULL});
    ll_str from = {0}, to = {0};
    ll_str_addf(&from, "%s/ann/journal.jsonl", dir);
    ll_str_addf(&to, "%s/copy.jsonl", dir);
    if (CHECK_OK(ll_read_file(from.s, 0, &text, &len, NULL))) {
        CHECK_OK(ll_write_file(to.s, text, len, NULL));
        free(text);
    }
    CHECK_OK(grade(dir));
    check_row("ann", "total", "remarks", "the same journal as ");
    ll_str_free(&from);
    ll_str_free(&to);
    free(dir);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"a script is read", test_a_script_is_read},
        {"what is wrong is named", test_what_is_wrong_is_named},
        {"facts are read", test_facts_are_read},
        {"own names stay", test_own_names},
        {"formulas", test_formulas},
        {"a lesson is played", test_a_lesson_is_played},
        {"a failing step stays", test_a_failing_step_stays},
        {"what a step found stays", test_what_a_step_found_stays},
        {"a lesson goes on", test_a_lesson_goes_on},
        {"a class is graded", test_a_class_is_graded},
        {"what was tampered with shows", test_what_was_tampered_with_shows},
        {"a hostile journal does nothing", test_a_hostile_journal_does_nothing},
        {"a copy shows", test_a_copy_shows},
        {0}};
    return check_main("test_lesson", cases, argc, argv);
}
