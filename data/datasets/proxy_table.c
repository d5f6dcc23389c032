#include "data/datasets/proxy_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/archs/archs_csv.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"

int ll_proxies_count(void)
{
    int n = 0;
    while (ll_proxies[n]) n++;
    return n;
}

ll_status ll_proxy_table_init(ll_proxy_table *t, const ll_space *space, ll_error *e)
{
    *t = (ll_proxy_table){.archs = ll_archs_new(space, 0)};
    return ll_archs_index(t->archs, e);
}

void ll_proxy_table_free(ll_proxy_table *t)
{
    ll_archs_unref(t->archs);
    free(t->value);
    free(t->there);
    *t = (ll_proxy_table){0};
}

int ll_proxy_row(ll_proxy_table *t, const uint8_t *gene)
{
    bool fresh;
    int row = ll_archs_add(t->archs, gene, &fresh);
    size_t wide = (size_t)ll_proxies_count();
    if (row >= t->room) {
        t->room = 2 * t->room + 64;
        t->value = ll_realloc(t->value, (size_t)t->room * wide, sizeof *t->value);
        t->there = ll_realloc(t->there, (size_t)t->room * wide, sizeof *t->there);
    }
    for (size_t k = 0; k < wide && fresh; k++) {
        t->value[(size_t)row * wide + k] = NAN;
        t->there[(size_t)row * wide + k] = false;
    }
    return row;
}

/* --- reading --- */

static const char *const settings_title = "settings", *const arch_title = "arch";

typedef struct layout { /* columns of the file; -1: none */
    int cells, arch, settings, proxy[LL_MOST_PROXIES];
} layout;

static ll_status read_cell(ll_proxy_table *t, int row, int proxy, const ll_csv *csv, const char *text,
                           ll_error *e)
{
    double x = NAN;
    if (strcmp(text, "nan") && !ll_decimal_parse(text, &x))
        return ll_csv_fail(csv, e, "%s is \"%.40s\", a number or nan was expected", ll_proxies[proxy]->name,
                           text);
    double *value = &t->value[ll_proxy_cell(row, proxy)];
    if (t->there[ll_proxy_cell(row, proxy)] && memcmp(value, &x, sizeof x) && !(isnan(x) && isnan(*value)))
        return ll_csv_fail(csv, e, "%s of this architecture is %.40s, and was %g in a line before",
                           ll_proxies[proxy]->name, text, *value);
    t->there[ll_proxy_cell(row, proxy)] = true;
    *value = x;
    return LL_OK;
}

static ll_status read_row(ll_proxy_table *t, const ll_csv *csv, const layout *at, const char *settings,
                          ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error own = {0};
    ll_status s = LL_OK;
    if (csv->n < at->cells)
        return ll_csv_fail(csv, e, "has %d of %d cells: was the file cut off? Remove this line and go on",
                           csv->n, at->cells);
    if (strcmp(csv->cells[at->settings], settings))
        return ll_csv_fail(csv, e, "was computed with %.200s, this is %s: write to another file",
                           csv->cells[at->settings], settings);
    if (ll_space_read(t->archs->space, csv->cells[at->arch], gene, &own))
        return ll_csv_fail(csv, e, "%s", own.message);
    int row = ll_proxy_row(t, gene);
    for (int k = 0; ll_proxies[k] && !s; k++) {
        const char *text = at->proxy[k] < 0 || at->proxy[k] >= csv->n ? "" : csv->cells[at->proxy[k]];
        if (*text) s = read_cell(t, row, k, csv, text, e);
    }
    return s;
}

static bool is_ours(const layout *at, int column)
{
    bool ours = column == at->arch || column == at->settings;
    for (int k = 0; ll_proxies[k]; k++) ours = ours || column == at->proxy[k];
    return ours;
}

/* The file is written anew with what is read of it: what is not read would be lost. */
static ll_status read_header(ll_csv *csv, const char *path, layout *at, bool *more, ll_error *e)
{
    ll_status s = ll_csv_next(csv, more, e);
    at->cells = csv->n;
    at->arch = ll_csv_column(csv, arch_title);
    at->settings = ll_csv_column(csv, settings_title);
    for (int k = 0; ll_proxies[k]; k++) at->proxy[k] = ll_csv_column(csv, ll_proxies[k]->name);
    if (!s && *more && (at->arch < 0 || at->settings < 0))
        s = ll_fail(e, LL_USAGE, "%s is there and is no table of proxies: write to another file", path);
    for (int i = 0; i < csv->n && *more && !s; i++)
        if (!is_ours(at, i))
            s = ll_csv_fail(
                csv, e, "column %.60s is none of a table of proxies and would be lost: write to another file",
                csv->cells[i]);
    return s;
}

ll_status ll_proxy_table_read(ll_proxy_table *t, const char *path, const char *settings, ll_error *e)
{
    ll_csv csv;
    layout at;
    bool more = true;
    ll_status s = ll_csv_open(&csv, path, e);
    if (s) return s;
    s = read_header(&csv, path, &at, &more, e);
    while (!s && more) {
        s = ll_csv_next(&csv, &more, e);
        if (!s && more) s = read_row(t, &csv, &at, settings, e);
    }
    ll_csv_close(&csv);
    return s;
}

/* --- writing --- */

static bool column_is_there(const ll_proxy_table *t, int proxy)
{
    for (int i = 0; i < t->archs->n; i++)
        if (t->there[ll_proxy_cell(i, proxy)]) return true;
    return false;
}

static bool row_is_there(const ll_proxy_table *t, int row)
{
    for (int k = 0; ll_proxies[k]; k++)
        if (t->there[ll_proxy_cell(row, k)]) return true;
    return false;
}

static void write_value(FILE *f, const ll_proxy_table *t, int row, int proxy)
{
    double x = t->value[ll_proxy_cell(row, proxy)];
    fputc(',', f);
    if (!t->there[ll_proxy_cell(row, proxy)]) return;
    if (isnan(x))
        fputs("nan", f);
    else
        ll_csv_write_number(f, x);
}

static void write_row(FILE *f, const ll_proxy_table *t, int row, const bool *wanted, const char *settings)
{
    ll_str text = {0};
    ll_arch_write(f, t->archs->space, ll_arch(t->archs, row), &text);
    ll_str_free(&text);
    fputc(',', f);
    ll_csv_write(f, settings);
    for (int k = 0; ll_proxies[k]; k++)
        if (wanted[k]) write_value(f, t, row, k);
    fputc('\n', f);
}

ll_status ll_proxy_table_write(const ll_proxy_table *t, const char *path, const char *settings, ll_error *e)
{
    bool wanted[LL_MOST_PROXIES];
    ll_strs names = {0};
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_strs_add(&names, settings_title);
    for (int k = 0; ll_proxies[k]; k++)
        if ((wanted[k] = column_is_there(t, k))) ll_strs_add(&names, ll_proxies[k]->name);
    ll_arch_write_head(w.f, &names);
    ll_strs_free(&names);
    for (int i = 0; i < t->archs->n; i++)
        if (row_is_there(t, i)) write_row(w.f, t, i, wanted, settings);
    return ll_writer_commit(&w, e);
}
