#include "plots/report/html.h"

#include <string.h>

#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"

void ll_html_text(ll_str *out, const char *text)
{
    ll_str shown = {0};
    ll_utf8_visible(&shown, text ? text : "");
    for (const char *c = ll_str_text(&shown); *c; c++) {
        const char *entity = *c == '&'    ? "&amp;"
                             : *c == '<'  ? "&lt;"
                             : *c == '>'  ? "&gt;"
                             : *c == '"'  ? "&quot;"
                             : *c == '\'' ? "&#39;"
                                          : NULL;
        if (entity)
            ll_str_add(out, entity);
        else
            ll_str_addc(out, *c);
    }
    ll_str_free(&shown);
}

void ll_html_lines(ll_str *out, const char *text)
{
    ll_str_add(out, "<pre>");
    while (*text) {
        size_t n = strcspn(text, "\n");
        ll_str line = {0};
        ll_str_addn(&line, text, n);
        ll_html_text(out, ll_str_text(&line));
        ll_str_addc(out, '\n');
        ll_str_free(&line);
        text += n + (text[n] == '\n');
    }
    ll_str_add(out, "</pre>\n");
}

void ll_html_sentence(ll_str *out, const char *text)
{
    for (const char *open; (open = strchr(text, '`'));) {
        const char *close = strchr(open + 1, '`');
        if (!close) break;
        ll_str before = {0}, code = {0};
        ll_str_addn(&before, text, (size_t)(open - text));
        ll_str_addn(&code, open + 1, (size_t)(close - open - 1));
        ll_html_text(out, ll_str_text(&before));
        ll_str_add(out, "<code>");
        ll_html_text(out, ll_str_text(&code));
        ll_str_add(out, "</code>");
        ll_str_free(&before);
        ll_str_free(&code);
        text = close + 1;
    }
    ll_html_text(out, text);
}

void ll_html_absent(ll_str *out, const char *why)
{
    ll_str_add(out, "<p class=\"absent\">");
    ll_html_sentence(out, why);
    ll_str_add(out, "</p>\n");
}

/* --- values ------------------------------------------------------------------------------------------------- */

enum { MOST_ITEMS = 12 }; /* of a list inside a cell */

static void add_value(ll_str *out, const cJSON *v, int digits)
{
    const cJSON *item;
    int n = 0;
    if (!v || cJSON_IsNull(v))
        ll_str_add(out, "\342\200\223");
    else if (cJSON_IsBool(v))
        ll_str_add(out, cJSON_IsTrue(v) ? "yes" : "no");
    else if (cJSON_IsNumber(v))
        ll_add_number(out, v->valuedouble, digits);
    else if (cJSON_IsString(v)) {
        ll_str_add(out, "<bdi>"); /* right-to-left names do not turn what stands beside them */
        ll_html_text(out, v->valuestring);
        ll_str_add(out, "</bdi>");
    } else if (cJSON_IsArray(v))
        cJSON_ArrayForEach(item, v)
        {
            if (n++) ll_str_add(out, n > MOST_ITEMS ? ", \342\200\246" : ", ");
            if (n > MOST_ITEMS) break;
            add_value(out, item, digits);
        }
}

static void add_head(ll_str *out, const cJSON *column)
{
    const char *unit = ll_json_get_str(column, "unit", NULL), *title = ll_json_get_str(column, "title", "");
    ll_html_text(out, title);
    if (!unit || !*unit) return;
    ll_str_add(out, *title ? " <small>" : "<small>");
    ll_html_text(out, unit);
    ll_str_add(out, "</small>");
}

static const cJSON *member(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const cJSON *value_of(const cJSON *row, const cJSON *column)
{
    return member(row, ll_json_get_str(column, "key", ""));
}

static bool is_empty(const cJSON *v)
{
    return !v || cJSON_IsNull(v) || (cJSON_IsString(v) && !*v->valuestring);
}

/* --- tables ------------------------------------------------------------------------------------------------- */

/* A column in which nothing stands is not worth its width; numbers stand below each other. */
typedef enum column_kind { EMPTY, TEXTS, NUMBERS } column_kind;

static column_kind kind_of(const cJSON *rows, const cJSON *column)
{
    column_kind kind = EMPTY;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *v = value_of(row, column);
        if (is_empty(v)) continue;
        if (!cJSON_IsNumber(v)) return TEXTS;
        kind = NUMBERS;
    }
    return kind;
}

/* A sentence in a narrow column would be a tower of words. */
static bool is_long(const cJSON *v)
{
    return cJSON_IsString(v) && strlen(v->valuestring) > 24;
}

static void add_cell(ll_str *out, const cJSON *v, const cJSON *column, column_kind kind)
{
    if (kind == NUMBERS && cJSON_IsNumber(v))
        ll_str_addf(out, "<td class=\"number\" data-v=\"%.9g\">", v->valuedouble);
    else if (kind == NUMBERS)
        ll_str_add(out, "<td class=\"number\">");
    else
        ll_str_add(out, is_long(v) ? "<td class=\"long\">" : "<td>");
    if (!is_empty(v)) add_value(out, v, ll_json_get_int(column, "digits", -1));
    ll_str_add(out, "</td>");
}

static void add_row(ll_str *out, const cJSON *columns, const column_kind *kinds, const cJSON *row)
{
    const cJSON *column;
    int i = 0;
    ll_str_add(out, "<tr>");
    cJSON_ArrayForEach(column, columns)
    {
        column_kind kind = kinds[i++];
        if (kind != EMPTY) add_cell(out, value_of(row, column), column, kind);
    }
    ll_str_add(out, "</tr>\n");
}

enum { MOST_COLUMNS = 64 };

static void add_table(ll_str *out, const cJSON *columns, const cJSON *rows, int most)
{
    column_kind kinds[MOST_COLUMNS];
    const cJSON *column, *row;
    int i = 0, shown = 0;
    if (cJSON_GetArraySize(columns) > MOST_COLUMNS) return;
    ll_str_add(out, "<div class=\"wide\"><table><thead><tr>");
    cJSON_ArrayForEach(column, columns)
    {
        kinds[i] = kind_of(rows, column);
        if (kinds[i] != EMPTY) {
            ll_str_add(out,
                       kinds[i] == NUMBERS ? "<th class=\"number\" scope=\"col\">" : "<th scope=\"col\">");
            add_head(out, column);
            ll_str_add(out, "</th>");
        }
        i++;
    }
    ll_str_add(out, "</tr></thead><tbody>\n");
    cJSON_ArrayForEach(row, rows) if (shown++ < most) add_row(out, columns, kinds, row);
    ll_str_add(out, "</tbody></table></div>\n");
    if (shown > most) ll_str_addf(out, "<p class=\"note\">%d of %d rows are shown.</p>\n", most, shown);
}

static void add_fields(ll_str *out, const cJSON *columns, const cJSON *result)
{
    const cJSON *column;
    ll_str_add(out, "<dl>\n");
    cJSON_ArrayForEach(column, columns)
    {
        const cJSON *v = value_of(result, column);
        const char *unit = ll_json_get_str(column, "unit", "");
        if (is_empty(v)) continue;
        ll_str_add(out, is_long(v) ? "<div class=\"whole\"><dt>" : "<div><dt>");
        ll_html_text(out, ll_json_get_str(column, "title", ""));
        ll_str_add(out, cJSON_IsNumber(v) ? "</dt><dd class=\"number\">" : "</dt><dd>");
        add_value(out, v, ll_json_get_int(column, "digits", -1));
        if (*unit) ll_str_addc(out, ' ');
        ll_html_text(out, unit);
        ll_str_add(out, "</dd></div>\n");
    }
    ll_str_add(out, "</dl>\n");
}

static void add_sentences(ll_str *out, const cJSON *list)
{
    const cJSON *line;
    if (!cJSON_GetArraySize(list)) return;
    ll_str_add(out, "<ul class=\"notes\">\n");
    cJSON_ArrayForEach(line, list)
    {
        ll_str_add(out, "<li>");
        if (cJSON_IsString(line)) ll_html_sentence(out, line->valuestring);
        ll_str_add(out, "</li>\n");
    }
    ll_str_add(out, "</ul>\n");
}

void ll_html_result(ll_str *out, const cJSON *result, int most)
{
    const cJSON *columns = member(result, "columns"), *rows = member(result, "rows");
    const char *title = ll_json_get_str(result, "title", NULL), *text = ll_json_get_str(result, "text", NULL);
    if (title) {
        ll_str_add(out, "<h3>");
        ll_html_text(out, title);
        ll_str_add(out, "</h3>\n");
    }
    if (text) ll_html_lines(out, text);
    if (cJSON_GetArraySize(rows))
        add_table(out, columns, rows, most);
    else if (!rows)
        add_fields(out, columns, result);
    add_sentences(out, member(result, "warnings"));
    add_sentences(out, member(result, "notes"));
}
