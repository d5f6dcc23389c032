/* Steps of a lesson that are gone back to: their texts tell what was known there, whatever later steps have said. */
#include <stdlib.h>
#include <string.h>

#include "data/datasets/folder.h"
#include "sessions/course/commands.h"
#include "tests/say.h"

static const char script[] = "# One: {archs}?\n"
                             "load nb201_sim\n"
                             "#then It has {archs}.\n"
                             "#check {archs} > 10000: many: {archs}\n"
                             "# Two, after {archs}.\n"
                             "load fbnet_host\n"
                             "#then Now {archs}.\n"
                             "# Three.\n"
                             "#ask many: How many are {archs}?\n"
                             "#answer {archs}\n"
                             "# End: {archs}.\n";

static ll_app *student(void)
{
    ll_app *a = app_new();
    ll_app_set_loader(a, ll_data_find);
    ll_app_register(a, ll_course_commands);
    return a;
}

static ll_app *at_the_end(void)
{
    char *path = ll_path_join(check_tmpdir(), "toy.latlab");
    ll_str line = {0};
    ll_app *a = student();
    CHECK_OK(ll_write_file(path, script, strlen(script), NULL));
    ll_str_addf(&line, "lesson %s", path);
    SAY(a, line.s);
    CHECK_HAS(said, "One: (unknown)?");
    SAY(a, "lesson next");
    CHECK_HAS(said, "It has 15625.");
    SAY(a, "lesson next");
    CHECK_HAS(said, "Two, after 15625.");
    SAY(a, "lesson next");
    CHECK_HAS(said, "Now 5000.");
    SAY(a, "lesson next");
    SAY(a, "answer 5000");
    CHECK_HAS(said, "many: right. 5000");
    SAY(a, "lesson next");
    CHECK_HAS(said, "End: 5000.");
    ll_str_free(&line);
    free(path);
    return a;
}

/* From the end to the beginning and, without running anything again, to the end. */
static void check_way_back(ll_app *a)
{
    SAY(a, "lesson back");
    CHECK_HAS(said, "many: right. 5000");
    SAY(a, "lesson back");
    CHECK_HAS(said, "Two, after 15625.");
    SAY(a, "lesson back");
    CHECK_HAS(said, "One: (unknown)?");
    SAY(a, "lesson skip");
    CHECK_HAS(said, "Two, after 15625.");
    SAY(a, "lesson skip");
    SAY(a, "lesson skip");
    CHECK_HAS(said, "End: 5000.");
}

static void earlier_steps_tell_what_was_known(void)
{
    ll_app *a = at_the_end();
    check_way_back(a);
    ll_app_free(a);
}

static void a_step_runs_again_where_it_stood(void)
{
    ll_app *a = at_the_end();
    for (int i = 0; i < 3; i++) SAY(a, "lesson back");
    SAY(a, "lesson next");
    CHECK_HAS(said, "It has 15625.");
    CHECK_HAS(said, "holds: many: 15625");
    SAY(a, "lesson next");
    CHECK_HAS(said, "Two, after 15625.");
    SAY(a, "lesson next");
    CHECK_HAS(said, "Now 5000.");
    SAY(a, "lesson repeat");
    CHECK_HAS(said, "Now 5000.");
    SAY(a, "lesson back");
    CHECK_HAS(said, "Two, after 15625.");
    ll_app_free(a);
}

static void a_session_that_is_opened_knows_it_too(void)
{
    ll_app *a = at_the_end();
    SAY(a, "save left");
    ll_app_free(a);
    a = student();
    SAY(a, "open left");
    SAY(a, "lesson");
    CHECK_HAS(said, "End: 5000.");
    check_way_back(a);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"earlier steps tell what was known", earlier_steps_tell_what_was_known},
    {"a step runs again where it stood", a_step_runs_again_where_it_stood},
    {"a session that is opened knows it too", a_session_that_is_opened_knows_it_too},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_lesson_back", cases, argc, argv);
}
