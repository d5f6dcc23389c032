/* Before anything was searched for: what a search takes, and what there is of it. */
#include "tui/screen/views/search_view.h"

static int draw_need(ll_canvas *c, int y, int w, bool there, const char *what, const char *text)
{
    int x = 4 + ll_put(c, y, 4, there ? LL_S_GOOD : LL_S_WARN, there ? "[x] " : "[ ] ");
    x += ll_put(c, y, x, LL_S_TITLE, what) + 1;
    ll_put_cut(c, y, x, w - x - 2, there ? LL_S_FAINT : LL_S_TEXT, text);
    return y + 1;
}

static void name_scores(const ll_state *s, ll_str *out)
{
    int n = s->data ? s->data->n_scores : 0;
    for (int i = 0; i < n; i++) ll_str_addf(out, "%s%s", i ? ", " : "", s->data->scores[i].name);
}

static void name_devices(const ll_state *s, ll_str *out)
{
    for (int i = 0; i < s->n_adapted; i++)
        ll_str_addf(out, "%s%s by %s", i ? ", " : "", s->adapted[i]->device,
                    s->adapted[i]->model->predictor->name);
}

void ll_search_draw_empty(const ll_state *s, ll_canvas *c, ll_rect r)
{
    ll_str scores = {0}, devices = {0};
    int y = r.y + 2;
    name_scores(s, &scores);
    name_devices(s, &devices);
    ll_put(c, y, 4, LL_S_TITLE, "Nothing has been searched for yet.");
    ll_put_cut(c, y + 1, 4, r.w - 5, LL_S_TEXT,
               "The best architecture within a latency limit takes, one after the other:");
    y += 3;
    y = draw_need(c, y, r.w, s->data,
                  "a dataset:", s->data ? s->data->name : ":load nb201_host, or another of :datasets");
    y = draw_need(c, y, r.w, scores.len,
                  "a score:", scores.len ? scores.s : "`import accuracy FILE into NAME`, or score=params");
    y = draw_need(c, y, r.w, s->task, "devices to learn from:",
                  s->task
                      ? s->task->name
                      : ":partition source=A,B target=C; this machine: :measure device=C archs=random:15");
    y = draw_need(c, y, r.w, s->n_adapted, "a predictor of the device:",
                  s->n_adapted ? devices.s : ":pretrain gp, then :transfer C k=10");
    y = draw_need(c, y, r.w, false, "the search:", "f begins it; `max=` is the limit in ms");
    ll_put_cut(c, y + 1, 4, r.w - 5, LL_S_FAINT,
               ":lesson real_loop does all of it with this machine; :help search says the rest.");
    ll_str_free(&scores);
    ll_str_free(&devices);
}
