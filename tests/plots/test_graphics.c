/* Pictures in the terminal: the terminal's answers, and how a face passes a picture on. */
#include <stdlib.h>

#include "core/base/text/json.h"
#include "plots/commands.h"
#include "tests/check.h"
#include "tui/draw/graphics.h"
#include "tui/draw/render.h"

static void check_answer(const char *answer, bool kitty_expected, bool sixel_expected)
{
    bool kitty = !kitty_expected, sixel = !sixel_expected;
    ll_graphics_read(answer, &kitty, &sixel);
    check_report(kitty == kitty_expected && sixel == sixel_expected, __FILE__, __LINE__,
                 "answer %s gives %d %d", answer, kitty, sixel);
}

/* Answers as xterm, foot, kitty, WezTerm and the Linux console give them. */
static void terminals_are_understood(void)
{
    check_answer("", false, false);
    check_answer("\033[?6c", false, false);
    check_answer("\033[?63;1;2;4;6;9;15;22c", false, true);
    check_answer("\033[?62;4;22c", false, true);
    check_answer("\033_Gi=31;OK\033\\\033[?62;c", true, false);
    check_answer("\033_Gi=31;OK\033\\\033[?65;4;6;18;22c", true, true);
    check_answer("\033_Gi=31;ENOENT:no\033\\\033[?64;14;40;44c", false, false);
    check_answer("\033[?62;4", false, false); /* cut short: no */
    check_answer("\033[?x4c", false, false);
}

static void pictures_go_out_as_they_are(void)
{
    cJSON *result = cJSON_Parse("{\"kind\":\"plot\",\"title\":\"a title\",\"notes\":[\"a note\"]}");
    ll_json_str(result, "raw", "\033Pq#0;2;0;0;0~\033\\");
    ll_look look = ll_look_plain(60);
    ll_str out = {0};
    ll_render_result(result, &look, &out);
    CHECK_STR(out.s, "a title\n\033Pq#0;2;0;0;0~\033\\\na note\n");
    ll_str_free(&out);
    ll_canvas c;
    ll_render_canvas(result, &look, &c);
    ll_canvas_text(&c, 0, c.height, &out);
    CHECK(!strchr(out.s, '\033'));
    CHECK_HAS(out.s, "shown at the prompt");
    ll_canvas_free(&c);
    ll_str_free(&out);
    cJSON_Delete(result);
}

static void a_face_can_speak_before_any_command(void)
{
    ll_app *a = ll_app_new(&(ll_app_config){.data_dir = check_tmpdir(), .threads = 1});
    ll_app_register(a, ll_plot_commands);
    ll_look look = ll_look_plain(0);
    ll_graphics_tell(a, &look, 0);
    ll_graphics_tell(a, &look, 18);
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"terminals are understood", terminals_are_understood},
        {"pictures go out as they are", pictures_go_out_as_they_are},
        {"a face can speak before any command", a_face_can_speak_before_any_command},
        {0}};
    return check_main("graphics", cases, argc, argv);
}
