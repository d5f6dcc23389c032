/* HTML out of texts that come from anywhere. */
#ifndef LL_PLOTS_REPORT_HTML_H
#define LL_PLOTS_REPORT_HTML_H

#include <cjson/cJSON.h>

#include "core/base/str.h"

/* Appends `text` so that it is nothing but text, between tags and inside quoted attributes: & < > " ' are written as
 * entities, what is hidden or no UTF-8 (core/base/utf8.h; the controls of writing direction among it) as U+FFFD. */
void ll_html_text(ll_str *out, const char *text);

/* The same, but what stands in `backquotes` is a command. */
void ll_html_sentence(ll_str *out, const char *text);

/* What a command answered, as any face may show it (core/app/request.h): "title", "rows" as a table that sorts by its heads
 * or the result's own fields, "notes". A table shows at most `most` rows and says how many there are. */
void ll_html_result(ll_str *out, const cJSON *result, int most);
/* Several lines as they are, letter below letter. */
void ll_html_lines(ll_str *out, const char *text);
/* A line that says why something is not there. */
void ll_html_absent(ll_str *out, const char *why);

/* gnuplot's SVG with marks of pens (LL_THEME_MARKED) to stand inside a page: without prolog and titles, its colours
 * var(--pen-N), its identifiers those of figure `number` alone, called `label` for who cannot see it. Nothing is added when
 * it is no such SVG. */
void ll_html_svg(ll_str *out, const char *svg, int number, const char *label);

/* Everything before and behind the contents of the page. */
void ll_html_begin(ll_str *out, const char *title);
void ll_html_end(ll_str *out);

#endif
