/* What a view asks for: answers may come in another order than the questions, and only the last one's counts. */
#include "core/base/text/json.h"
#include "tests/check.h"
#include "tui/screen/screen_in.h"

typedef struct probe {
    ll_view base;
    int results, failures, clicks;
    char last[16];
} probe;

static void take_result(ll_view *base, const char *tag, const cJSON *event)
{
    probe *p = (probe *)base;
    p->results++;
    snprintf(p->last, sizeof p->last, "%s", ll_json_get_str(event, "about", ""));
}

static void take_failure(ll_view *base, const char *tag, const char *message)
{
    ((probe *)base)->failures++;
}

static bool take_click(ll_view *base, const ll_mouse *m)
{
    ((probe *)base)->clicks++;
    return false;
}

static const ll_view_type probe_type = {.name = "probe",
                                        .size = sizeof(probe),
                                        .result = take_result,
                                        .failed = take_failure,
                                        .mouse = take_click};

typedef struct bench {
    ll_faces faces;
    ll_screen screen;
    probe view;
} bench;

static void begin(bench *b)
{
    *b = (bench){.faces.app = ll_app_new(&(ll_app_config){.threads = 1})};
    b->screen.f = &b->faces;
    b->view.base = (ll_view){.type = &probe_type, .screen = &b->screen};
}

static void answer(bench *b, int id, const char *kind, const char *about)
{
    cJSON *event = cJSON_CreateObject();
    ll_json_int(event, "id", id);
    ll_json_str(event, "about", about);
    CHECK(ll_screen_take_answer(&b->screen, kind, event));
    cJSON_Delete(event);
}

static void a_late_answer_is_dropped(void)
{
    bench b;
    begin(&b);
    ll_screen_ask(&b.view.base, "corr", "corr");
    ll_screen_ask(&b.view.base, "corr", "corr a b");
    CHECK_INT(b.screen.n_asks, 2);
    int first = b.screen.asks[0].id, second = b.screen.asks[1].id;
    answer(&b, second, "result", "a b");
    answer(&b, second, "end", "");
    answer(&b, first, "result", "all");
    answer(&b, first, "error", "all");
    answer(&b, first, "end", "");
    CHECK_INT(b.view.results, 1);
    CHECK_INT(b.view.failures, 0);
    CHECK_STR(b.view.last, "a b");
    CHECK_INT(b.screen.n_asks, 0);
    ll_app_free(b.faces.app);
}

static void other_questions_go_on(void)
{
    bench b;
    begin(&b);
    ll_screen_ask(&b.view.base, "corr", "corr a");
    ll_screen_ask(&b.view.base, "audit", "audit a");
    int first = b.screen.asks[0].id, second = b.screen.asks[1].id;
    answer(&b, first, "result", "corr");
    answer(&b, second, "error", "audit");
    CHECK_INT(b.view.results, 1);
    CHECK_INT(b.view.failures, 1);
    ll_app_free(b.faces.app);
}

/* A heatmap of nine devices was clicked on its ninth line when the answer had come that there are eight. */
static void a_click_on_an_old_picture_is_dropped(void)
{
    bench b;
    begin(&b);
    b.screen.stack[0] = &b.view.base;
    b.screen.depth = 1;
    ll_mouse click = {.what = LL_MOUSE_CLICK, .y = 3, .x = 3};
    ll_screen_mouse(&b.screen, &click);
    CHECK_INT(b.view.clicks, 1);
    ll_screen_ask(&b.view.base, "corr", "corr");
    answer(&b, b.screen.asks[0].id, "result", "all");
    ll_screen_mouse(&b.screen, &click);
    CHECK_INT(b.view.clicks, 1);
    b.view.base.undrawn = false; /* as drawing leaves it */
    ll_screen_mouse(&b.screen, &click);
    CHECK_INT(b.view.clicks, 2);
    ll_app_free(b.faces.app);
}

/* The command is of a room that does not know the views. A card is opened on something, so not by name. */
static void view_names_the_views_there_are(void)
{
    const ll_option *view = ll_option_find(ll_face_commands[0].options, "view");
    ll_strs offered = {0}, there = {0};
    ll_option_choices(view, &offered);
    for (int i = 0; ll_view_types[i]; i++)
        if (strcmp(ll_view_types[i]->name, "card")) ll_strs_add(&there, ll_view_types[i]->name);
    CHECK_INT(offered.n, there.n);
    for (int i = 0; i < offered.n && i < there.n; i++) CHECK_STR(offered.v[i], there.v[i]);
    ll_strs_free(&offered);
    ll_strs_free(&there);
}

static const check_case cases[] = {
    {"view names the views there are", view_names_the_views_there_are},
    {"a late answer is dropped", a_late_answer_is_dropped},
    {"other questions go on", other_questions_go_on},
    {"a click on an old picture is dropped", a_click_on_an_old_picture_is_dropped},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("tui_asks", cases, argc, argv);
}
