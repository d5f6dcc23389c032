#include "core/base/text/csv.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/utf8.h"

enum { CELLS_MOST = 1000000, RECORD_MOST = 64 << 20, ASK_EVERY = 4096 };

ll_status ll_csv_fail(const ll_csv *c, ll_error *e, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!c->line) return ll_fail(e, LL_BAD_DATA, "%s: %s", c->what, text);
    return ll_fail(e, LL_BAD_DATA, "%s: line %d: %s", c->what, c->line, text);
}

/* --- opening --- */

#define PICKLE "a pickle: Python's csv.writer() makes a table of what pickle.load() gives"

/* What people have instead of a table, by its first bytes, and what to do about it. */
static const struct {
    const char *begins, *is;
} foreign[] = {
    {"PK\003\004", "a zip archive, as spreadsheets (.xlsx, .ods) and torch files are: save the sheet as CSV"},
    {"\xd0\xcf\x11\xe0", "a spreadsheet of an old Excel: save the sheet as CSV"},
    {"\x1f\x8b", "compressed with gzip: gunzip it first"},
    {"BZh", "compressed with bzip2: bunzip2 it first"},
    {"\xfd\x37zXZ", "compressed with xz: unxz it first"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd: unzstd it first"},
    {"PAR1", "a Parquet file: to_csv() writes a table"},
    {"ARROW1", "an Arrow file: to_csv() writes a table"},
    {"\x89HDF", "an HDF5 file: to_csv() writes a table"},
    {"\x93NUMPY", "a NumPy array: numpy.savetxt() writes a table"},
    {"\x80\x02", PICKLE},
    {"\x80\x03", PICKLE},
    {"\x80\x04", PICKLE},
    {"\x80\x05", PICKLE},
    {"SQLite format 3", "an SQLite database: sqlite3 -csv -header writes a table"},
    {"%PDF", "a PDF"},
    {"{\"", "JSON: pandas.read_json(...).to_csv() writes a table"},
    {"[{", "JSON: pandas.read_json(...).to_csv() writes a table"},
    {"[[", "JSON: pandas.read_json(...).to_csv() writes a table"},
    {"<!DOCTYPE", "a web page"},
    {"<html", "a web page"},
};

static ll_status check_kind(const ll_csv *c, size_t n, ll_error *e)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        size_t m = strlen(foreign[i].begins);
        if (n >= m && !memcmp(c->text, foreign[i].begins, m))
            return ll_fail(e, LL_BAD_DATA, "%s: no table as text, but %s", c->what, foreign[i].is);
    }
    return LL_OK;
}

static ll_status check_text(const ll_csv *c, const char *text, size_t n, ll_error *e)
{
    if (memchr(text, 0, n)) return ll_fail(e, LL_BAD_DATA, "%s: a NUL byte: not a text file", c->what);
    return LL_OK;
}

/* Counts outside quotes in the first record that is no comment. */
static char find_separator(const char *p, const char *end)
{
    static const char candidates[] = ",;\t";
    int count[3] = {0}, best = 0;
    bool quoted = false;
    while (p < end && (*p == '#' || *p == '\n' || *p == '\r')) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline ? newline + 1 : end;
    }
    if (end - p > RECORD_MOST) end = p + RECORD_MOST;
    for (; p < end && (quoted || *p != '\n'); p++) {
        const char *found = *p ? strchr(candidates, *p) : NULL;
        quoted ^= *p == '"';
        if (found && !quoted) count[found - candidates]++;
    }
    for (int i = 1; i < 3; i++)
        if (count[i] > count[best]) best = i;
    return candidates[best];
}

/* "sep=;" in a line of its own, as spreadsheets put it first. */
static bool skip_declaration(ll_csv *c)
{
    size_t left = (size_t)(c->end - c->at), n = 5;
    if (left < n || memcmp(c->at, "sep=", 4) || strchr("\r\n", c->at[4])) return false;
    if (left > n && c->at[n] == '\r') n++;
    if (left > n && c->at[n] != '\n') return false;
    c->separator = c->at[4];
    c->at += left > n ? n + 1 : n;
    c->next_line++;
    return true;
}

/* Most tables are, and the loop looks at many bytes at once. */
static bool is_ascii(const char *text, size_t n)
{
    unsigned char high = 0;
    for (size_t i = 0; i < n; i++) high |= (unsigned char)text[i];
    return high < 128;
}

/* Text without a NUL; its length afterwards. */
static size_t repair(ll_csv *c, size_t n)
{
    if (is_ascii(c->text, n) || ll_utf8_valid(c->text)) return n;
    ll_str text = {0};
    ll_utf8_repair(&text, c->text);
    n = text.len;
    free(c->text);
    c->text = ll_str_take(&text);
    c->repaired = true;
    return n;
}

static ll_status start(ll_csv *c, size_t n, ll_error *e)
{
    if (n >= 2 && (!memcmp(c->text, "\xff\xfe", 2) || !memcmp(c->text, "\xfe\xff", 2)))
        return ll_fail(e, LL_BAD_DATA, "%s: UTF-16 text, UTF-8 was expected", c->what);
    ll_status s = check_kind(c, n, e);
    if (!s) s = check_text(c, c->text, n, e);
    if (s) return s;
    if (!c->in) n = repair(c, n);
    c->at = c->text;
    c->end = c->text + n;
    c->next_line = 1;
    if (n >= 3 && !memcmp(c->at, "\xef\xbb\xbf", 3)) c->at += 3;
    if (!skip_declaration(c)) c->separator = find_separator(c->at, c->end);
    return LL_OK;
}

ll_status ll_csv_open_owned(ll_csv *c, const char *what, char *text, size_t n, ll_error *e)
{
    *c = (ll_csv){.what = ll_strdup(what), .text = text};
    ll_status s = start(c, n, e);
    if (s) ll_csv_close(c);
    return s;
}

ll_status ll_csv_open(ll_csv *c, const char *path, ll_error *e)
{
    char *text;
    size_t n;
    ll_status s = ll_read_file(path, 0, &text, &n, e);
    return s ? s : ll_csv_open_owned(c, path, text, n, e);
}

/* --- streams: the text is a window that moves over it --- */

enum { WINDOW = 1 << 22 };

static void end_stream(ll_csv *c)
{
    if (c->in) ll_stream_close(c->in);
    free(c->in);
    c->in = NULL;
}

/* The next record may not be in the window as a whole. */
static bool needs_more(const ll_csv *c)
{
    return c->in && c->end - c->at <= LL_CSV_STREAM_RECORD;
}

/* Moves what is left to the front and reads behind it until the window is full or the stream ends. */
static ll_status refill(ll_csv *c, ll_error *e)
{
    size_t n = (size_t)(c->end - c->at), got = 1;
    ll_status s = LL_OK;
    memmove(c->text, c->at, n);
    while (!s && got && n < WINDOW) {
        s = ll_stream_read(c->in, c->text + n, WINDOW - n, &got, e);
        if (!s) s = check_text(c, c->text + n, got, e);
        if (!s) n += got;
    }
    if (!got) end_stream(c);
    c->text[n] = 0;
    c->at = c->text;
    c->end = c->text + n;
    return s;
}

ll_status ll_csv_open_stream(ll_csv *c, const char *path, ll_error *e)
{
    ll_stream in;
    ll_status s = ll_stream_open(&in, path, e);
    if (s) return s;
    *c = (ll_csv){
        .what = ll_strdup(in.path), .text = ll_alloc(WINDOW + 1, 1), .in = ll_memdup(&in, 1, sizeof in)};
    c->at = c->end = c->text;
    s = refill(c, e);
    if (!s) s = start(c, (size_t)(c->end - c->text), e);
    if (s) ll_csv_close(c);
    return s;
}

ll_status ll_csv_open_text(ll_csv *c, const char *what, const char *text, size_t n, ll_error *e)
{
    char *copy = ll_alloc(n + 1, 1);
    memcpy(copy, text, n);
    return ll_csv_open_owned(c, what, copy, n, e);
}

void ll_csv_close(ll_csv *c)
{
    free(c->what);
    free(c->text);
    free(c->cells);
    end_stream(c);
    *c = (ll_csv){0};
}

/* --- records --- */

static bool at_line_end(const ll_csv *c)
{
    return c->at == c->end || *c->at == '\n' || (*c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n'));
}

static void skip_line_end(ll_csv *c)
{
    if (c->at < c->end && *c->at == '\r') c->at++;
    if (c->at < c->end) c->at++;
    c->next_line++;
}

static void skip_empty_and_comments(ll_csv *c)
{
    while (c->at < c->end && !needs_more(c)) {
        if (*c->at == '#' || c->remark) {
            char *newline = memchr(c->at, '\n', (size_t)(c->end - c->at));
            c->remark = !newline;
            c->at = newline ? newline : c->end;
        }
        if (!at_line_end(c)) return;
        if (c->at < c->end) skip_line_end(c);
    }
}

static ll_status add_cell(ll_csv *c, char *cell, ll_error *e)
{
    if (c->n == CELLS_MOST) return ll_csv_fail(c, e, "more than %d cells", CELLS_MOST);
    if (c->n % ASK_EVERY == ASK_EVERY - 1 && ll_interrupted()) return ll_interrupt_fail(e);
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->cells = ll_realloc(c->cells, (size_t)c->cap, sizeof *c->cells);
    }
    c->cells[c->n++] = cell;
    return LL_OK;
}

static int most_bytes(const ll_csv *c)
{
    return !c->in ? RECORD_MOST : LL_CSV_STREAM_RECORD;
}

/* Where the scan of one record stops: so far it answers, and nobody's table has such a record. */
static const char *last_of(const ll_csv *c)
{
    return c->end - c->record > most_bytes(c) ? c->record + most_bytes(c) : c->end;
}

static ll_status too_long(const ll_csv *c, ll_error *e)
{
    return ll_csv_fail(c, e, "a record of more than %d KiB", most_bytes(c) >> 10);
}

/* A quoted cell is unquoted in place, so its end moves to the front. */
static ll_status read_quoted(ll_csv *c, char **stop, ll_error *e)
{
    char *to = ++c->at;
    const char *most = last_of(c);
    for (;; c->at++) {
        if (c->at == c->end) return ll_csv_fail(c, e, "a quote is opened and never closed");
        if (c->at >= most) return too_long(c, e);
        if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) break;
        if (*c->at == '"') c->at++;
        if (*c->at == '\n') c->next_line++;
        *to++ = *c->at;
    }
    c->at++;
    *stop = to;
    if (!at_line_end(c) && *c->at != c->separator) return ll_csv_fail(c, e, "text behind a closing quote");
    return LL_OK;
}

/* Would a spreadsheet take this for a formula, whatever number of apostrophes guards it? */
static bool looks_like_formula(const char *text)
{
    static const char *const starts[] = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                         "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
    text += strspn(text, "'");
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (!strncmp(text, starts[i], strlen(starts[i]))) return true;
    return false;
}

/* One cell; *last says whether it ended the record. */
static ll_status read_cell(ll_csv *c, bool *last, ll_error *e)
{
    bool quoted = c->at < c->end && *c->at == '"';
    char *cell = quoted ? c->at + 1 : c->at, *stop = NULL;
    ll_status s = LL_OK;
    if (quoted) {
        s = read_quoted(c, &stop, e);
        if (s) return s;
    } else {
        char separator = c->separator;
        char *p = c->at;
        const char *most = last_of(c);
        while (p < most && *p != separator && *p != '\n') p++;
        if (p == most && p < c->end) return too_long(c, e);
        stop = p > c->at && p[-1] == '\r' && (p == c->end || *p == '\n') ? p - 1 : p;
        c->at = stop;
    }
    *last = at_line_end(c);
    if (*last)
        skip_line_end(c);
    else
        c->at++;
    *stop = 0;
    return add_cell(c, cell + (*cell == '\'' && looks_like_formula(cell)), e);
}

/* Goes to the next record, which is then in the text as a whole. */
static ll_status find_record(ll_csv *c, ll_error *e)
{
    ll_status s = LL_OK;
    do {
        if (needs_more(c)) s = refill(c, e);
        if (!s) skip_empty_and_comments(c);
    } while (!s && needs_more(c));
    return s;
}

ll_status ll_csv_next(ll_csv *c, bool *more, ll_error *e)
{
    ll_status status = find_record(c, e);
    *more = false;
    if (status) return status;
    c->n = 0;
    c->line = c->next_line;
    c->record = c->at;
    *more = c->at < c->end;
    bool last = !*more;
    while (!last) {
        ll_status s = read_cell(c, &last, e);
        if (s) return s;
    }
    return LL_OK;
}

bool ll_csv_peek(const ll_csv *c, ll_csv *next)
{
    size_t left = (size_t)(c->end - c->at), n = left < LL_CSV_STREAM_RECORD ? left : LL_CSV_STREAM_RECORD;
    bool more = false;
    *next = (ll_csv){.what = ll_strdup(c->what),
                     .text = ll_strndup(c->at, n),
                     .separator = c->separator,
                     .next_line = c->next_line};
    next->at = next->text;
    next->end = next->text + n;
    if (!ll_csv_next(next, &more, NULL) && more && (next->at < next->end || n == left)) return true;
    ll_csv_close(next);
    return false;
}

int ll_csv_column(const ll_csv *c, const char *name)
{
    for (int i = 0; i < c->n; i++)
        if (!strcasecmp(c->cells[i], name)) return i;
    return -1;
}

int ll_csv_column_among(const ll_csv *c, const char *const *names)
{
    int i = -1;
    for (; *names && i < 0; names++) i = ll_csv_column(c, *names);
    return i;
}

/* --- writing --- */

static bool is_number(const char *text)
{
    double x;
    return ll_decimal_parse(text, &x);
}

void ll_csv_write(FILE *f, const char *text)
{
    bool guard = looks_like_formula(text) && !is_number(text), quote = strpbrk(text, ",;\t\"\r\n#");
    ll_str repaired = {0};
    if (!ll_utf8_valid(text)) {
        ll_utf8_repair(&repaired, text);
        text = ll_str_text(&repaired);
    }
    if (quote) putc_unlocked('"', f);
    if (guard) putc_unlocked('\'', f);
    for (; *text; text++) {
        if (*text == '"') putc_unlocked('"', f);
        putc_unlocked(*text, f);
    }
    if (quote) putc_unlocked('"', f);
    ll_str_free(&repaired);
}

static void write_number(FILE *f, double x, void (*write)(double x, char *out))
{
    char text[32];
    if (isnan(x)) return;
    write(x, text);
    fputs_unlocked(text, f);
}

void ll_csv_write_number(FILE *f, double x)
{
    write_number(f, x, ll_decimal_write);
}

void ll_csv_write_rounded(FILE *f, double x)
{
    write_number(f, x, ll_decimal_write_rounded);
}
