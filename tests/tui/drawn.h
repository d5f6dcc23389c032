/* What is drawn, as text, for tests that look at it. */
#ifndef LL_TESTS_DRAWN_H
#define LL_TESTS_DRAWN_H

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw/render.h"
#include "tui/draw/table.h"

static inline char *canvas_text(const ll_canvas *c)
{
    ll_str out = {0};
    ll_canvas_text(c, 0, c->height, &out);
    return ll_str_take(&out);
}

static inline char *render(const char *json, const ll_look *look)
{
    ll_str out = {0};
    cJSON *result = cJSON_Parse(json);
    ll_render_result(result, look, &out);
    cJSON_Delete(result);
    return ll_str_take(&out);
}

static inline ll_look look_of(int width, ll_depth depth, bool utf8)
{
    ll_look look = ll_look_plain(width);
    look.depth = depth;
    look.utf8 = utf8;
    look.attributes = depth > LL_DEPTH_MONO;
    look.theme = ll_theme_at(0);
    return look;
}

static inline int longest_line(const char *text)
{
    int longest = 0;
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = ll_memdup(text, n + 1, 1);
        line[n] = 0;
        int w = ll_text_width(line);
        if (w > longest) longest = w;
        free(line);
        text += n + (text[n] == '\n');
    }
    return longest;
}

#endif
