/* Parts of the full screen without a terminal: keys and events in, a drawing out. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tests/check.h"
#include "tui/screen/screen_in.h"
#include "tui/screen/views/views.h"

static ll_look look = {.width = 60, .theme = NULL};

static char *text_of(const ll_canvas *c)
{
    ll_str out = {0};
    ll_canvas_text(c, 0, c->height, &out);
    return ll_str_take(&out);
}

/* --- the line --- */

static void type(ll_line *l, const char *const *keys)
{
    for (; *keys; keys++) CHECK_INT(ll_line_key(l, *keys), LL_LINE_OPEN);
}
#define TYPE(l, ...) type(l, (const char *const[]){__VA_ARGS__, NULL})

static void history_is_searched(void)
{
    ll_history h = {0};
    ll_line l = {0};
    static const char *const lines[] = {"load nb201", "corr fpga", "transfer fpga k=5", "devices"};
    for (int i = 0; i < 4; i++) ll_strs_add(&h.lines, lines[i]);
    ll_line_begin(&l, NULL, &h, "typed");
    TYPE(&l, "C-r", "f", "p", "g");
    CHECK_STR(ll_str_text(&l.text), "transfer fpga k=5");
    ll_canvas c;
    ll_canvas_init(&c, &look, 1, 60);
    ll_line_draw(&l, &c, 0, 0, 60, ":");
    char *text = text_of(&c);
    CHECK_STR(text, "(search) fpg: transfer fpga k=5\n");
    free(text);
    ll_canvas_free(&c);
    TYPE(&l, "C-r");
    CHECK_STR(ll_str_text(&l.text), "corr fpga");
    TYPE(&l, "C-r"); /* there is no older one: it stays */
    CHECK_STR(ll_str_text(&l.text), "corr fpga");
    CHECK(l.missed);
    TYPE(&l, "Backspace", "Backspace", "Backspace", "d", "e", "v");
    CHECK_STR(ll_str_text(&l.text), "devices");
    TYPE(&l, "C-g"); /* as it was */
    CHECK_STR(ll_str_text(&l.text), "typed");
    TYPE(&l, "C-r", "l", "o", "a", "d", "End", "x"); /* another key goes on with what was found */
    CHECK_STR(ll_str_text(&l.text), "load nb201x");
    TYPE(&l, "C-r", "k", "=");
    CHECK_INT(ll_line_key(&l, "Enter"), LL_LINE_ENTERED);
    CHECK_STR(ll_str_text(&l.text), "transfer fpga k=5");
    ll_line_free(&l);
    ll_strs_free(&h.lines);
}

/* --- the log --- */

static void what_is_said_is_broken_at_words(void)
{
    ll_log log = {0};
    ll_canvas c;
    ll_log_say(&log, LL_S_ERROR, "device.csv:3: latency \"abc\" is no number of milliseconds");
    ll_log_say(&log, LL_S_TEXT, "short");
    CHECK_INT(ll_log_entry_rows(&log.v[0], 30), 2);
    CHECK_INT(ll_log_rows(&log, log.n, 30, 10), 3);
    CHECK_INT(ll_log_rows(&log, log.n, 30, 2), 2);
    CHECK_INT(ll_log_rows(&log, log.n, 80, 10), 2);
    ll_log_say(&log, LL_S_FAINT, "copied: |skip_connect~0|+|none~0|nor_conv_3x3~1|");
    CHECK_INT(ll_log_entry_rows(&log.v[2], 30), 1); /* a remark is cut */
    ll_canvas_init(&c, &look, 0, 30);
    CHECK_INT(ll_log_draw_entry(&log.v[0], &c, 0, 0, 30), 2);
    char *text = text_of(&c);
    CHECK_STR(text, "  device.csv:3: latency \"abc\"\n  is no number of milliseconds\n");
    free(text);
    ll_canvas_free(&c);
    ll_log_free(&log);
}

/* --- views --- */

typedef struct bench {
    ll_faces faces;
    ll_screen screen;
} bench;

static ll_view *begin(bench *b, const char *view)
{
    *b = (bench){.faces.app = ll_app_new(&(ll_app_config){.threads = 1})};
    b->screen.f = &b->faces;
    return ll_screen_find(&b->screen, view);
}

static void end(bench *b)
{
    ll_screen_free_views(&b->screen);
    ll_app_free(b->faces.app);
}

static char *drawing(ll_view *v, int h, int w)
{
    ll_canvas c;
    ll_canvas_init(&c, &look, h, w);
    v->type->draw(v, &c, (ll_rect){0, 0, h, w});
    char *text = text_of(&c);
    ll_canvas_free(&c);
    return text;
}

/* What trains nothing has no loss: how much of it is done, over time; and nothing is left of what is done. */
static void progress_has_axes_of_its_own(void)
{
    bench b;
    ll_view *v = begin(&b, "training");
    for (int done = 50; done <= 100; done += 50) {
        cJSON *event = cJSON_CreateObject();
        ll_json_str(event, "event", "progress");
        ll_json_int(event, "id", 7);
        ll_json_str(event, "phase", "measure");
        ll_json_int(event, "done", done);
        ll_json_int(event, "total", 100);
        ll_json_num(event, "left_s", 13);
        v->type->event(v, event);
        cJSON_Delete(event);
        char *text = drawing(v, 20, 100);
        CHECK_HAS(text, "measure: done of 100");
        CHECK_HAS(text, "time (s)");
        CHECK(!strstr(text, "loss"));
        CHECK_INT(strstr(text, "time left") != NULL, done < 100);
        free(text);
    }
    end(&b);
}

/* Distributions come one after the other, then all of them: the likeliest choices are named, brighter to the right. */
static void probabilities_are_drawn_while_they_come(void)
{
    static const char *const events[] = {
        "{\"event\":\"progress\",\"id\":7,\"done\":10,\"total\":0,\"phase\":\"gradient\",\"expected\":3.5,"
        "\"alpha\":["
        "{\"position\":\"0>1\",\"choices\":[\"none\",\"skip\",\"conv\"],\"p\":[0.34,0.33,0.33]},"
        "{\"position\":\"0>2\",\"choices\":[\"none\",\"conv\"],\"p\":[0.5,0.5]}]}",
        "{\"event\":\"progress\",\"id\":7,\"done\":20,\"total\":0,\"phase\":\"gradient\",\"expected\":2.5,"
        "\"alpha\":["
        "{\"position\":\"0>1\",\"choices\":[\"none\",\"skip\",\"conv\"],\"p\":[0.01,0.02,0.97]},"
        "{\"position\":\"0>2\",\"choices\":[\"none\",\"conv\"],\"p\":[0.75,0.25]}]}",
        "{\"event\":\"result\",\"id\":7,\"kind\":\"search\",\"score\":93.5,\"alpha\":{\"step\":[0,1,2],"
        "\"positions\":["
        "{\"position\":\"0>1\",\"choices\":[\"none\",\"skip\",\"conv\"],\"p\":[[0.3,0,0],[0.3,1,1],[0.4,0,0]]"
        "},"
        "{\"position\":\"0>2\",\"choices\":[\"none\",\"conv\"],\"p\":[[0.5,0,0],[0.5,1,1]]}]}}"};
    static const char *const rows[][3] = {
        {"0>1   none", "-", "0.34"}, {"conv", "-@", "0.97"}, {"skip", ":@@", "1.00"}};
    static const char *const unlikely[] = {"conv", "skip", "none"};
    bench b;
    ll_view *v = begin(&b, "training");
    for (int i = 0; i < 3; i++) {
        cJSON *event = cJSON_Parse(events[i]);
        v->type->event(v, event);
        cJSON_Delete(event);
        char *text = drawing(v, 20, 100);
        const char *row = strstr(text, rows[i][0]);
        if (CHECK(row)) {
            char *line = ll_strndup(row, strcspn(row, "\n"));
            for (int part = 1; part < 3; part++) CHECK_HAS(line, rows[i][part]);
            free(line);
        }
        CHECK_HAS(text, i < 2 ? "expected" : "score");
        free(text);
        text = drawing(v, 4, 100); /* a row for each position */
        CHECK_HAS(text, "0>2");
        CHECK(!strstr(text, unlikely[i]));
        free(text);
    }
    end(&b);
}

/* n and N go from one line that has the text to the next one, and round the end. */
static void a_page_is_searched(void)
{
    ll_pager p = {.r = {0, 0, 3, 40}};
    ll_str copied = {0};
    cJSON *answer =
        cJSON_Parse("{\"kind\":\"x\",\"text\":\"one fish\\ntwo\\nred fish\\nfour\\nblue fish\\n\"}");
    ll_look wide = look;
    wide.width = 40;
    ll_pager_set(&p, (const cJSON *const[]){answer}, 1, &wide);
    CHECK(!ll_pager_action(&p, "find", "+")); /* nothing is wanted yet */
    CHECK(ll_pager_action(&p, "filter-by", "fish"));
    static const struct {
        const char *where, *line;
    } steps[] = {
        {"+", "red fish"}, {"+", "blue fish"}, {"+", "one fish"}, {"-", "blue fish"}, {"-", "red fish"}};
    for (int i = 0; i < 5; i++) {
        CHECK(ll_pager_action(&p, "find", steps[i].where));
        ll_str_clear(&copied);
        ll_pager_copy(&p, &copied);
        CHECK_STR(ll_str_text(&copied), steps[i].line);
        CHECK(p.found >= p.top && p.found < p.top + p.r.h);
    }
    ll_str_free(&copied);
    ll_pager_free(&p);
    cJSON_Delete(answer);
}

int main(int argc, char **argv)
{
    look.theme = ll_theme_find("mono");
    static const check_case cases[] = {
        {"history is searched", history_is_searched},
        {"what is said is broken at words", what_is_said_is_broken_at_words},
        {"progress has axes of its own", progress_has_axes_of_its_own},
        {"probabilities are drawn while they come", probabilities_are_drawn_while_they_come},
        {"a page is searched", a_page_is_searched},
        {0}};
    return check_main("test_tui_parts", cases, argc, argv);
}
