#include "core/commands/worklist.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/app/output.h"
#include "core/archs/archs_csv.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/commands/arch_fields.h"

/* Behind what core/commands/arch_fields.h says of each, which may have become more since a list was written. The last is
 * there where it is known. */
static const char *const own[] = {"latency_ms", "std_ms", "teaches_percent"};
enum { ARCH, OWN = sizeof own / sizeof *own };

/* The column of latencies in a list that latlab wrote; -1: it did not write this. */
static int latency_column(const ll_csv *c)
{
    int at = ll_csv_column(c, own[0]);
    bool good = at >= 2 && c->n - at >= OWN - 1 && c->n - at <= OWN && !strcmp(c->cells[1], "row") &&
                (!strcmp(c->cells[ARCH], "arch") || !strcmp(c->cells[ARCH], "architecture" /* once */));
    for (int i = at; i < c->n && good; i++) good = !strcmp(c->cells[i], own[i - at]);
    return good ? at : -1;
}

/* What is at a path: nothing that could be lost, a list of these columns with so many latencies (and of the same
 * architectures or of others), or something else. */
typedef struct filled {
    bool known; /* a list, read to its end */
    int n;
    bool same;
} filled;

static bool is_row(const ll_csv *c, const ll_worklist *w, int i)
{
    ll_str text = {0};
    if (i >= w->n) return false;
    w->data->space->format(w->data->space, ll_gene(w->data, w->rows[i]), &text);
    bool is = !strcmp(c->cells[ARCH], ll_str_text(&text));
    ll_str_free(&text);
    return is;
}

/* Anything but the columns and rows that latlab writes may be somebody's work. */
static void read_records(ll_csv *c, const ll_worklist *w, filled *out)
{
    bool more;
    int i = 0;
    ll_status s = ll_csv_next(c, &more, NULL);
    int columns = c->n, latency = !s && more ? latency_column(c) : -1, std = latency + 1;
    out->known = latency >= 0;
    while (out->known && !(s = ll_csv_next(c, &more, NULL)) && more) {
        out->known = c->n == columns;
        if (!out->known) break;
        out->n += *c->cells[latency] || *c->cells[std];
        out->same = out->same && is_row(c, w, i++);
    }
    out->known = out->known && !s;
    out->same = out->same && i == w->n;
}

static const filled nothing = {.known = true};

static filled look(const ll_worklist *w, const char *path)
{
    ll_csv c;
    filled f = {.same = true};
    ll_error e = {0};
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size) return nothing;
    if (ll_csv_open(&c, path, &e)) return (filled){0};
    read_records(&c, w, &f);
    ll_csv_close(&c);
    return f;
}

static void write_head(FILE *f, const ll_arch_fields *fields, int n_own)
{
    ll_strs names = {0};
    ll_arch_fields_names(fields, &names);
    for (int i = 0; i < n_own; i++) ll_strs_add(&names, own[i]);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

static ll_status write_new(ll_request *rq, const ll_worklist *list, const char *path)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, &rq->error);
    if (s) return s;
    ll_arch_fields fields = ll_arch_fields_of(list->data->space, list->data);
    write_head(w.f, &fields, list->teaches ? OWN : OWN - 1);
    for (int i = 0; i < list->n; i++) {
        ll_arch_fields_csv(&fields, ll_gene(list->data, list->rows[i]), w.f);
        fputs(",,", w.f);
        if (list->teaches) fprintf(w.f, ",%.2f", list->teaches[i]);
        putc('\n', w.f);
    }
    ll_arch_fields_free(&fields);
    return ll_writer_commit(&w, &rq->error);
}

ll_status ll_worklist_write(ll_request *rq, const ll_worklist *w, const char *path, bool replace)
{
    char *full;
    const char *or_replace = ll_option_find(rq->args.table, "replace") ? ", or replace=on" : "";
    ll_status s = ll_output_path(rq, path, &full);
    if (s) return s;
    filled there = replace ? nothing : look(w, full);
    if (!there.known)
        s = LL_FAIL(rq, LL_FAILED,
                    "%s is there, and is no list of suggestions as latlab writes it: give another file%s",
                    path, or_replace);
    else if (!there.n)
        s = write_new(rq, w, full);
    else if (there.same)
        ll_note(rq, "%s is this list, with %d of %d latencies filled in: it stays as it is", path, there.n,
                w->n);
    else
        s = LL_FAIL(rq, LL_FAILED,
                    "%s is filled in for other architectures (%d of them): give another file%s", path,
                    there.n, or_replace);
    if (!s) ll_output_wrote(rq, full);
    free(full);
    return s;
}
