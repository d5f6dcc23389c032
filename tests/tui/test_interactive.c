/* What the interactive faces keep without a terminal: the edited line, history, settings, keys, log, grid. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tests/check.h"
#include "tests/results.h"
#include "tui/draw/chart.h"
#include "tui/draw/read.h"
#include "tui/faces/config.h"
#include "tui/screen/grid.h"
#include "tui/screen/keyfile.h"
#include "tui/screen/line.h"
#include "tui/screen/log.h"

static char *canvas_text(const ll_canvas *c)
{
    ll_str out = {0};
    ll_canvas_text(c, 0, c->height, &out);
    return ll_str_take(&out);
}

/* --- the edited line, history, completion --- */

static void type(ll_line *l, const char *keys)
{
    char *copy = ll_strdup(keys), *save;
    for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) ll_line_key(l, k);
    free(copy);
}

static void test_line(void)
{
    ll_line l = {0};
    ll_history h = {0};
    ll_strs_add(&h.lines, "corr metric=kendall");
    ll_strs_add(&h.lines, "devices");
    ll_line_begin(&l, NULL, &h, "");
    type(&l, "l o d Left Left X End Y");
    CHECK_STR(ll_str_text(&l.text), "lXodY");
    type(&l, "C-a Delete C-e Backspace");
    CHECK_STR(ll_str_text(&l.text), "Xod");
    type(&l, "Space \xc3\xa4 Left Backspace");
    CHECK_STR(ll_str_text(&l.text), "Xod\xc3\xa4");
    type(&l, "End Backspace");
    CHECK_STR(ll_str_text(&l.text), "Xod");
    type(&l, "Up");
    CHECK_STR(ll_str_text(&l.text), "devices");
    type(&l, "Up Up");
    CHECK_STR(ll_str_text(&l.text), "corr metric=kendall");
    type(&l, "C-w");
    CHECK_STR(ll_str_text(&l.text), "corr ");
    CHECK_STR(ll_line_ghost(&l), "metric=kendall");
    type(&l, "Right");
    CHECK_STR(ll_str_text(&l.text), "corr metric=kendall");
    type(&l, "Down Down Down");
    CHECK_STR(ll_str_text(&l.text), "Xod");
    type(&l, "C-u");
    CHECK_INT(ll_line_key(&l, "Backspace"), LL_LINE_LEFT);
    CHECK_INT(ll_line_key(&l, "Enter"), LL_LINE_ENTERED);
    CHECK_INT(ll_line_key(&l, "Esc"), LL_LINE_LEFT);
    ll_line_free(&l);
    ll_strs_free(&h.lines);
}

static void test_line_drawing(void)
{
    ll_look look = ll_look_plain(0);
    ll_line l = {0};
    ll_canvas c;
    ll_line_begin(&l, NULL, NULL, "0123456789abcdef");
    ll_canvas_init(&c, &look, 1, 10);
    CHECK_INT(ll_line_draw(&l, &c, 0, 0, 10, ":"), 9); /* scrolled: the end is in sight */
    char *text = canvas_text(&c);
    CHECK_STR(text, ":89abcdef\n");
    free(text);
    ll_canvas_free(&c);
    ll_line_free(&l);
}

static void test_command_start(void)
{
    CHECK_INT(ll_prompt_command_start("corr"), 0);
    CHECK_INT(ll_prompt_command_start("load a; corr"), 8);
    CHECK_INT(ll_prompt_command_start("load \"a;b\" x"), 0);
    CHECK_INT(ll_prompt_command_start("a;b;"), 4);
}

static void test_history_file(void)
{
    char *file = NULL;
    size_t len = 0;
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    ll_history h;
    ll_history_load(&h);
    CHECK_INT(h.lines.n, 0);
    ll_history_add(&h, "corr");
    ll_history_add(&h, "corr"); /* a repeat is not kept */
    ll_history_add(&h, "devices");
    ll_history_free(&h);
    ll_history_load(&h);
    CHECK_INT(h.lines.n, 2);
    CHECK_STR(h.lines.v[1], "devices");
    ll_error e;
    if (CHECK(!ll_read_file(h.path, 0, &file, &len, &e))) CHECK_STR(file, "corr\ndevices\n");
    free(file);
    ll_history_free(&h);
}

/* --- settings, key files, log, grid --- */

static void test_config(void)
{
    ll_config c;
    ll_strs complaints = {0};
    ll_config_init(&c);
    ll_config_text(
        &c,
        "# mine\nset theme dark\n  set log-lines 9\nset mouse maybe\nbind all F6 corr metric=kendall\n"
        "bind corr\nfrobnicate\nset nothing 1\nset theme neon\nbind corr F6 @order\n",
        "config", &complaints);
    CHECK_STR(c.theme->name, "dark");
    /* the file latlab writes is as good with its comments taken away */
    char *file = ll_strdup(ll_config_default), *at = strstr(file, "# set");
    for (; at; at = strstr(at, "# set")) memcpy(at, "  ", 2);
    ll_strs none = {0};
    ll_config defaults;
    ll_config_init(&defaults);
    ll_config_text(&defaults, file, "file", &none);
    CHECK_INT(none.n, 0);
    CHECK_INT(defaults.log_lines, 6);
    ll_config_free(&defaults);
    ll_strs_free(&none);
    free(file);
    CHECK_INT(c.log_lines, 9);
    CHECK(c.mouse); /* "maybe" was refused */
    CHECK_STR(ll_config_binding(&c, "devices", "F6"), "corr metric=kendall");
    CHECK_STR(ll_config_binding(&c, "corr", "F6"), "@order"); /* the later line */
    CHECK(!ll_config_binding(&c, "corr", "F7"));
    if (CHECK(complaints.n == 5)) {
        CHECK_HAS(complaints.v[0], "config:4: mouse is on or off");
        CHECK_HAS(complaints.v[1], "config:6: expected: bind");
        CHECK_HAS(complaints.v[2], "config:7: 'frobnicate'");
        CHECK_HAS(complaints.v[3], "config:8: no setting 'nothing'");
        CHECK_HAS(complaints.v[4], "config:9: no theme 'neon'");
    }
    ll_strs_free(&complaints);
    ll_config_free(&c);
}

static void test_keyfile(void)
{
    ll_keyfile k = {0};
    ll_keyfile_parse(&k, "# comment\n2 Down\n:a b\n");
    static const char *const want[] = {"2", "Down", ":", "a", "Space", "b", "Enter"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) CHECK_STR(ll_keyfile_next(&k), want[i]);
    CHECK(!ll_keyfile_next(&k));
    ll_keyfile_free(&k);
}

static void feed(ll_log *l, const char *json)
{
    cJSON *e = cJSON_Parse(json);
    ll_log_event(l, e);
    cJSON_Delete(e);
}

static void test_log(void)
{
    ll_log l = {0};
    ll_look look = ll_look_plain(0);
    ll_canvas c;
    feed(&l, "{\"event\":\"begin\",\"id\":1,\"command\":\"eval fpga\"}");
    feed(&l, "{\"event\":\"progress\",\"id\":1,\"phase\":\"x\"}");
    feed(&l, "{\"event\":\"result\",\"id\":1,\"kind\":\"eval\",\"columns\":[{\"key\":\"rho\",\"title\":"
             "\"Spearman\",\"digits\":2}],\"rho\":0.973}");
    feed(&l, "{\"event\":\"end\",\"id\":1,\"status\":\"ok\",\"seconds\":0.25}");
    if (CHECK(l.n == 2)) {
        CHECK_STR(l.v[1].text, "Spearman 0.97");
        ll_canvas_init(&c, &look, 1, 40);
        ll_log_draw_entry(&l.v[0], &c, 0, 0, 40);
        char *text = canvas_text(&c);
        CHECK_STR(text, "> eval fpga                    ok 0.2 s\n");
        free(text);
        ll_canvas_free(&c);
    }
    for (int i = 0; i < 5000; i++) ll_log_say(&l, LL_S_TEXT, "x"); /* forgets, does not grow for ever */
    CHECK(l.n <= 2000);
    ll_log_free(&l);
}

static const char *row_name(const ll_grid *g, int i)
{
    return i < g->order.n ? ll_json_get_str(g->rows[g->order.v[i]], "name", "") : "";
}

static void test_grid(void)
{
    ll_grid g = {0};
    cJSON *result = cJSON_Parse(table_json);
    ll_grid_set(&g, result);
    CHECK_STR(row_name(&g, 0), "a");
    ll_grid_move(&g, LL_LAST);  /* on "b" */
    ll_grid_move(&g, LL_RIGHT); /* by name */
    CHECK_STR(row_name(&g, 1), "b");
    CHECK_STR(ll_json_get_str(ll_grid_row(&g), "name", ""), "b"); /* the cursor went with its row */
    ll_grid_move(&g, LL_RIGHT); /* by latency: missing ones last, either way */
    CHECK_STR(row_name(&g, 2), "long_name");
    ll_grid_action(&g, "reverse", "");
    CHECK_STR(row_name(&g, 0), "b");
    CHECK_STR(row_name(&g, 2), "long_name");
    ll_grid_action(&g, "filter-by", "LONG");
    CHECK_INT(g.order.n, 1);
    ll_grid_action(&g, "filter-by", "nothing");
    CHECK_INT(g.order.n, 0);
    CHECK(!ll_grid_row(&g));
    ll_grid_move(&g, LL_DOWN);
    ll_grid_action(&g, "filter-by", "");
    CHECK_INT(g.order.n, 3);
    ll_grid_free(&g);
    cJSON_Delete(result);
}

/* The column that is sorted by is shown even where there is no room for all; a click on its head turns it round. */
static void test_grid_columns(void)
{
    ll_grid g = {0};
    ll_look look = ll_look_plain(0);
    ll_canvas c;
    cJSON *result =
        cJSON_Parse("{\"columns\":[{\"key\":\"a\",\"title\":\"first\"},{\"key\":\"b\",\"title\":"
                    "\"second\"},{\"key\":\"c\",\"title\":\"third\"}],\"rows\":[{\"a\":1,\"b\":2,\"c\":9},"
                    "{\"a\":2,\"b\":1,\"c\":8}]}");
    ll_grid_set(&g, result);
    ll_canvas_init(&c, &look, 3, 18);
    for (int i = 0; i < 3; i++) ll_grid_move(&g, LL_RIGHT);
    ll_grid_draw(&g, &c, (ll_rect){0, 0, 3, 18}, true, NULL, NULL);
    char *text = canvas_text(&c);
    CHECK_STR(text, "   first  third^ >\n       2      8\n       1      9\n");
    free(text);
    CHECK(ll_grid_mouse(&g, &(ll_mouse){.y = 0, .x = 12, .what = LL_MOUSE_CLICK}));
    CHECK_INT(ll_json_get_int(g.rows[g.order.v[0]], "c", 0), 9);
    CHECK(ll_grid_mouse(&g, &(ll_mouse){.y = 1, .x = 3, .what = LL_MOUSE_CLICK}));
    CHECK_INT(ll_json_get_int(ll_grid_row(&g), "c", 0), 9);
    CHECK(!ll_grid_mouse(&g, &(ll_mouse){.y = 5, .x = 3, .what = LL_MOUSE_CLICK}));
    ll_str copied = {0};
    ll_grid_copy(&g, &copied);
    CHECK_STR(ll_str_text(&copied), "1\t2\t9");
    ll_str_free(&copied);
    ll_canvas_free(&c);
    ll_grid_free(&g);
    cJSON_Delete(result);
}

static void check_drawn(ll_grid *g, int w, const char *want)
{
    ll_look look = ll_look_plain(0);
    ll_canvas c;
    ll_canvas_init(&c, &look, 2, w);
    ll_grid_draw(g, &c, (ll_rect){0, 0, 2, w}, true, NULL, NULL);
    char *text = canvas_text(&c);
    CHECK_STR(text, want);
    free(text);
    ll_canvas_free(&c);
}

/* A wide table scrolls sideways below its first column; marks at the edges say that there is more. */
static void test_grid_scrolls_sideways(void)
{
    ll_grid g = {0};
    cJSON *result =
        cJSON_Parse("{\"columns\":[{\"key\":\"a\",\"title\":\"first\"},{\"key\":\"b\",\"title\":\"second\"},"
                    "{\"key\":\"none\",\"title\":\"none\"},{\"key\":\"c\",\"title\":\"third\"},"
                    "{\"key\":\"d\",\"title\":\"fourth\"}],\"rows\":[{\"a\":1,\"b\":2,\"c\":9,\"d\":7}]}");
    ll_grid_set(&g, result);
    check_drawn(&g, 23, "   first  second  +2>\n       1       2\n");
    CHECK(ll_grid_action(&g, "columns", "+"));
    check_drawn(&g, 16, " < first  third>\n       1      9\n"); /* no room for how many */
    check_drawn(&g, 23, " < first  third  +1>\n       1      9\n");
    ll_grid_action(&g, "columns", "+"); /* over the column without values */
    check_drawn(&g, 23, " < first  fourth\n       1       7\n");
    ll_grid_action(&g, "columns", "+"); /* the end */
    ll_grid_action(&g, "columns", "-");
    check_drawn(&g, 23, " < first  third  +1>\n       1      9\n");
    ll_grid_action(&g, "columns", "-");
    ll_grid_action(&g, "columns", "-");
    check_drawn(&g, 40, "   first  second  third  fourth\n       1       2      9       7\n");
    ll_grid_free(&g);
    cJSON_Delete(result);
}

static void test_walk(void)
{
    ll_walk w = {0};
    ll_walk_show(&w, 10, 4);
    CHECK(ll_walk_move(&w, 10, LL_PAGE_DOWN));
    CHECK_INT(w.cursor, 3);
    ll_walk_move(&w, 10, LL_LAST);
    ll_walk_show(&w, 10, 4);
    CHECK_INT(w.top, 6);
    ll_walk_scroll(&w, 10, -3); /* the cursor comes along as far as it must */
    CHECK_INT(w.top, 3);
    CHECK_INT(w.cursor, 6);
    ll_walk_show(&w, 2, 4); /* fewer lines than before */
    CHECK_INT(w.top, 0);
    CHECK_INT(w.cursor, 1);
    ll_walk_show(&w, 0, 4);
    CHECK_INT(w.cursor, 0);
    CHECK(!ll_walk_move(&w, 10, LL_LEFT));
}

static void test_read_matrix(void)
{
    ll_matrix m;
    cJSON *good = cJSON_Parse(corr_json),
          *bad = cJSON_Parse("{\"devices\":[\"a\",\"b\"],\"matrix\":[[1,2],[1]]}");
    if (CHECK(ll_read_matrix(good, "devices", "matrix", &m))) {
        CHECK_INT(m.n, 3);
        CHECK(isnan(m.v[2]));
        ll_matrix_free(&m);
    }
    CHECK(!ll_read_matrix(bad, "devices", "matrix", &m));
    CHECK(!ll_read_matrix(bad, "nothing", "matrix", &m));
    cJSON_Delete(good);
    cJSON_Delete(bad);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    static const check_case cases[] = {{"line: editing, history, suggestion", test_line},
                                       {"line: drawing", test_line_drawing},
                                       {"line: where a command starts", test_command_start},
                                       {"history file", test_history_file},
                                       {"settings", test_config},
                                       {"key file", test_keyfile},
                                       {"log", test_log},
                                       {"grid: sort, filter, cursor", test_grid},
                                       {"grid: columns, mouse, copy", test_grid_columns},
                                       {"a wide table scrolls sideways", test_grid_scrolls_sideways},
                                       {"walking and scrolling", test_walk},
                                       {"matrix out of a result", test_read_matrix},
                                       {0}};
    return check_main("test_interactive", cases, argc, argv);
}
