#include "data/importers/json_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/index.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/importers/csv.h"

enum { DEEP_MOST = 4, TITLE_MOST = 200 }; /* objects within a record, and bytes of the names that they give */

/* --- a table of texts --- */

typedef struct table {
    const ll_space *space;
    ll_strs titles; /* of the columns, in the order they are met */
    ll_names columns;
    ll_str *cells; /* (cap) of the current record */
    int cap;
    ll_str rows; /* as CSV, without what later records add to the columns */
    int n_rows;
    ll_budget budget;  /* of what is written: members of a head are written again with every record */
    const cJSON *head; /* the object whose other members go with every record; NULL: none */
    const cJSON *body; /* which member of it is the table */
} table;

static ll_str *cell_of(table *t, const char *title)
{
    int i = ll_names_find(&t->columns, title);
    if (i >= 0) return &t->cells[i];
    ll_strs_add(&t->titles, title);
    i = ll_names_add(&t->columns, t->titles.v[t->titles.n - 1]);
    if (i >= t->cap) {
        int before = t->cap;
        t->cap = t->cap ? 2 * t->cap : 16;
        t->cells = ll_realloc(t->cells, (size_t)t->cap, sizeof *t->cells);
        memset(t->cells + before, 0, (size_t)(t->cap - before) * sizeof *t->cells);
    }
    return &t->cells[i];
}

static void add_text(ll_str *out, const cJSON *v)
{
    char number[32];
    if (cJSON_IsString(v)) {
        ll_str_add(out, v->valuestring);
    } else if (cJSON_IsNumber(v)) {
        ll_decimal_write(v->valuedouble, number);
        ll_str_add(out, number);
    } else if (!cJSON_IsNull(v)) {
        char *text = ll_json_line(v);
        ll_str_add(out, text);
        free(text);
    }
}

static void put(table *t, const char *title, const cJSON *v)
{
    ll_str *cell = cell_of(t, title);
    if (!cell->len) add_text(cell, v);
}

/* An object in a record is columns; deeper than anybody means it, a text. */
static void put_member(table *t, const char *title, const cJSON *v, int depth)
{
    if (!cJSON_IsObject(v) || depth == DEEP_MOST || strlen(title) > TITLE_MOST) {
        put(t, title, v);
        return;
    }
    const cJSON *m;
    cJSON_ArrayForEach(m, v)
    {
        ll_str joined = {0};
        ll_str_addf(&joined, "%s%s%s", title, *title ? "_" : "", m->string);
        put_member(t, ll_str_text(&joined), m, depth + 1);
        ll_str_free(&joined);
    }
}

static bool is_plain(const cJSON *v)
{
    return !cJSON_IsObject(v) && !cJSON_IsArray(v);
}

/* Cells never have line ends, so that a record is a line. */
static void write_cell(ll_str *out, const char *text)
{
    if (!*text) return;
    ll_str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"') ll_str_addc(out, '"');
        ll_str_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
    ll_str_addc(out, '"');
}

static ll_status end_record(table *t, ll_error *e)
{
    const cJSON *m;
    size_t before = t->rows.len;
    cJSON_ArrayForEach(m, t->head) if (m != t->body && is_plain(m)) put(t, m->string, m);
    for (int i = 0; i < t->titles.n; i++) {
        if (i) ll_str_addc(&t->rows, ',');
        write_cell(&t->rows, ll_str_text(&t->cells[i]));
        ll_str_clear(&t->cells[i]);
    }
    ll_str_addc(&t->rows, '\n');
    t->n_rows++;
    return ll_interrupted() ? ll_interrupt_fail(e) : ll_budget_take(&t->budget, t->rows.len - before, 1, e);
}

/* --- forms --- */

typedef ll_status (*form)(table *t, const cJSON *v, ll_error *e);

static bool is_arch(const table *t, const char *text)
{
    return t->space && text && ll_table_says_arch(t->space, text);
}

static ll_status records(table *t, const cJSON *v, ll_error *e)
{
    ll_status s = LL_OK;
    const cJSON *r;
    cJSON_ArrayForEach(r, v)
    {
        put_member(t, "", r, 0);
        if ((s = end_record(t, e))) break;
    }
    return s;
}

/* [["|...|", 1.2], ...] */
static ll_status pairs(table *t, const cJSON *v, ll_error *e)
{
    ll_status s = LL_OK;
    const cJSON *r;
    cJSON_ArrayForEach(r, v)
    {
        put(t, "arch", r->child);
        put(t, "latency", r->child->next);
        if ((s = end_record(t, e))) break;
    }
    return s;
}

/* Arrays, or objects of the same labels: a column each. Members are walked side by side, because looking up the n-th walks
 * all before it. */
static ll_status columns(table *t, const cJSON *v, ll_error *e)
{
    const cJSON *m;
    int n = cJSON_GetArraySize(v), i = 0;
    const cJSON **at = LL_NEW_ARRAY(const cJSON *, n);
    cJSON_ArrayForEach(m, v) at[i++] = m->child;
    ll_status s = LL_OK;
    while (!s && at[0]) {
        for (i = 0, m = v->child; i < n; i++, m = m->next) {
            put_member(t, m->string, at[i], 1);
            at[i] = at[i]->next;
        }
        s = end_record(t, e);
    }
    free(at);
    return s;
}

static ll_status by_arch(table *t, const cJSON *v, ll_error *e)
{
    ll_status s = LL_OK;
    const cJSON *m;
    cJSON_ArrayForEach(m, v)
    {
        ll_str_add(cell_of(t, "arch"), m->string);
        put_member(t, cJSON_IsObject(m) ? "" : "latency", m, 0);
        if ((s = end_record(t, e))) break;
    }
    return s;
}

static ll_status by_device(table *t, const cJSON *v, ll_error *e)
{
    ll_status s = LL_OK;
    const cJSON *d, *m;
    cJSON_ArrayForEach(d, v) cJSON_ArrayForEach(m, d)
    {
        ll_str_add(cell_of(t, "arch"), m->string);
        ll_str_add(cell_of(t, "device"), d->string);
        put_member(t, cJSON_IsObject(m) ? "" : "latency", m, 0);
        if ((s = end_record(t, e))) return s;
    }
    return s;
}

static bool all(const cJSON *v, cJSON_bool (*is)(const cJSON *))
{
    const cJSON *m;
    cJSON_ArrayForEach(m, v) if (!is(m)) return false;
    return v->child;
}

static bool are_pairs(const cJSON *v)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, v) if (cJSON_GetArraySize(m) != 2 || !cJSON_IsString(m->child)) return false;
    return true;
}

/* Of one length, and labelled alike where they are labelled. */
static bool side_by_side(const cJSON *v)
{
    const cJSON *m, *a, *b;
    cJSON_ArrayForEach(m, v)
    {
        for (a = v->child->child, b = m->child; a && b; a = a->next, b = b->next)
            if (a->string && strcmp(a->string, b->string)) return false;
        if (a || b) return false;
    }
    return v->child->child;
}

static form form_of(const table *t, const cJSON *v)
{
    if (cJSON_IsArray(v)) {
        if (all(v, cJSON_IsObject)) return records;
        return all(v, cJSON_IsArray) && are_pairs(v) ? pairs : NULL;
    }
    if (!v->child) return NULL;
    if (is_arch(t, v->child->string)) return by_arch;
    bool objects = all(v, cJSON_IsObject);
    if (objects && v->child->child && is_arch(t, v->child->child->string)) return by_device;
    return (objects || all(v, cJSON_IsArray)) && side_by_side(v) ? columns : NULL;
}

static ll_status fill(table *t, const cJSON *v, const char *what, ll_error *e)
{
    form f = form_of(t, v);
    const cJSON *m;
    if (!f && cJSON_IsObject(v)) /* is one of its members a table? */
        cJSON_ArrayForEach(m, v) if (!is_plain(m) && (f = form_of(t, m)))
        {
            t->head = v;
            t->body = m;
            break;
        }
    if (f) return f(t, t->body ? t->body : v, e);
    return ll_fail(
        e, LL_BAD_DATA,
        "%s: JSON, but no table: [{\"arch\": ..., \"latency_ms\": ...}, ...] was expected, or such "
        "an object a line, {\"arch\": [...], \"latency_ms\": [...]}, or {architecture: latency}",
        what);
}

/* --- files --- */

/* The rows under their titles, which are line 0. Rows that were written before a column was met are short. */
static ll_status as_text(table *t, char **text, size_t *n, ll_error *e)
{
    ll_status s = ll_budget_take(&t->budget, (size_t)t->n_rows, (size_t)t->titles.n, e);
    if (s) return s;
    ll_str out = {0};
    const char *row = ll_str_text(&t->rows), *end;
    for (int i = 0; i < t->titles.n; i++) {
        if (i) ll_str_addc(&out, ',');
        write_cell(&out, t->titles.v[i]);
    }
    ll_str_addc(&out, '\n');
    for (; *row; row = end + 1) {
        int cells = 1;
        bool quoted = false;
        for (end = row; *end != '\n'; end++) {
            quoted ^= *end == '"';
            cells += *end == ',' && !quoted;
        }
        ll_str_addn(&out, row, (size_t)(end - row));
        ll_str_repeat(&out, ",", t->titles.n - cells);
        ll_str_addc(&out, '\n');
    }
    *n = out.len;
    *text = ll_str_take(&out);
    return LL_OK;
}

static void free_table(table *t)
{
    for (int i = 0; i < t->cap; i++) ll_str_free(&t->cells[i]);
    free(t->cells);
    ll_names_free(&t->columns);
    ll_strs_free(&t->titles);
    ll_str_free(&t->rows);
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* An object in the first line, and more below it. */
static bool are_lines(const char *text)
{
    size_t n = strcspn(text, "\n");
    cJSON *first = NULL;
    if (*text != '{' || !*skip_blanks(text + n) || ll_json_parse(text, n, &first, NULL)) return false;
    cJSON_Delete(first);
    return true;
}

static ll_status read_lines(table *t, const char *what, const char *text, size_t size, ll_error *e)
{
    ll_status s = LL_OK;
    ll_budget budget = ll_budget_for(LL_READER_JSON, size);
    for (int line = 1; !s && *text; line++) {
        size_t n = strcspn(text, "\n");
        ll_budget one = budget;
        cJSON *v = NULL;
        if (strspn(text, " \t\r") >= n) {
            ll_str_addc(&t->rows, '\n'); /* so that lines are counted */
        } else if (ll_json_parse_within(&one, text, n, &v, NULL)) {
            s = ll_fail(e, LL_BAD_DATA, "not valid JSON, an object was expected as in the lines before");
        } else if (!cJSON_IsObject(v)) {
            s = ll_fail(e, LL_BAD_DATA, "no object, one was expected as in the lines before");
        } else {
            put_member(t, "", v, 0);
            s = end_record(t, e);
        }
        if (s) ll_fail_in(e, "%s: line %d: ", what, line);
        cJSON_Delete(v);
        text += n + (text[n] != 0);
    }
    return s;
}

static ll_status read_whole(table *t, const char *path, const char *text, size_t n, ll_error *e)
{
    cJSON *v = NULL;
    ll_status s = ll_json_read_text(text, n, path, &v, e);
    if (!s) s = fill(t, v, path, e);
    cJSON_Delete(v);
    return s;
}

/* Python prints NaN for what is null in JSON; an empty text is as long. */
static void blank_nans(char *text)
{
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '"') quoted = !quoted;
        if (quoted && *text == '\\' && text[1]) text++;
        if (!quoted && !strncmp(text, "NaN", 3)) memcpy(text, "\"\" ", 3);
    }
}

static ll_status open_json(ll_csv *c, const char *path, char *text, size_t size, const ll_space *space,
                           ll_error *e)
{
    table t = {.space = space, .budget = ll_budget_for(LL_READER_JSON, size)};
    blank_nans(text);
    bool lines = are_lines(text);
    ll_str what = {0};
    ll_str_addf(&what, lines ? "%s" : "%s, a record a line", path);
    ll_status s = lines ? read_lines(&t, path, text, size, e) : read_whole(&t, path, text, size, e);
    char *rows;
    size_t n;
    if (!s && (s = as_text(&t, &rows, &n, e))) ll_fail_in(e, "%s: ", path);
    if (!s) s = ll_csv_open_owned(c, ll_str_text(&what), rows, n, e);
    if (!s) c->next_line = 0, c->separator = ',';
    ll_str_free(&what);
    free_table(&t);
    return s;
}

/* A text that begins as no heading of a table does. */
static bool is_json(const char *text)
{
    const char *next = skip_blanks(text);
    if (*next != '{' && *next != '[') return false;
    char opening = *next;
    next = skip_blanks(next + 1);
    return opening == '{' ? *next == '"' : *next == '{' || *next == '[';
}

/* Protocols 2 to 5 say so; before that a dict or list begins in one of these ways. */
static bool is_pickle(const char *text, size_t n)
{
    static const char *const old[] = {"(dp0\n", "(lp0\n", "}q", "]q"};
    if (n > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5) return true;
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (!strncmp(text, old[i], strlen(old[i])) && (n < 3 || old[i][0] == '(' || !text[2])) return true;
    return false;
}

/* Which door takes which, and how any other becomes a table. */
static ll_status say_pickle(const char *path, ll_error *e)
{
    bool plain =
        strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == strlen(path);
    return ll_fail(
        e, LL_BAD_DATA,
        "%s: no table as text, but a pickle: `import brpnas` reads {architecture: seconds} of one device, "
        "`import hwnasbench` HW-NAS-Bench's and `import accuracy` a score; any other dict becomes a table by "
        "python3 -c 'import csv, pickle, sys; csv.writer(sys.stdout).writerows([(\"arch\", \"latency\"), "
        "*pickle.load(sys.stdin.buffer).items()])' < %.300s > mine.csv",
        path, plain ? path : "FILE");
}

ll_status ll_table_open(ll_csv *c, const char *path, const ll_space *space, ll_error *e)
{
    static const char mark[] = "\xef\xbb\xbf";
    char *text;
    size_t n;
    ll_status s = ll_read_file(path, 0, &text, &n, e);
    if (s) return s;
    if (is_pickle(text, n)) {
        free(text);
        return say_pickle(path, e);
    }
    size_t skip = n >= 3 && !memcmp(text, mark, 3) ? 3 : 0;
    if (!is_json(text + skip)) return ll_csv_open_owned(c, path, text, n, e);
    s = open_json(c, path, text + skip, n - skip, space, e);
    free(text);
    return s;
}
