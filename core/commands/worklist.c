#include "core/commands/worklist.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/csv.h"
#include "core/base/fs.h"

static const char *const arch_names[] = {"architecture", NULL};
static const char *const latency_names[] = {"latency_ms", NULL};

/* What is at a path: how many latencies stand there, and are its architectures those of this list? */
typedef struct filled {
    int n;
    bool same;
} filled;

static bool is_row(const ll_csv *c, int column, const ll_worklist *w, int i)
{
    ll_str text = {0};
    if (i >= w->n || column < 0 || column >= c->n) return false;
    w->data->space->format(w->data->space, ll_gene(w->data, w->rows[i]), &text);
    bool is = !strcmp(c->cells[column], ll_str_text(&text));
    ll_str_free(&text);
    return is;
}

static ll_status read_records(ll_csv *c, const ll_worklist *w, filled *out, ll_error *e)
{
    bool more;
    ll_status s = ll_csv_next(c, &more, e);
    int arch = s ? -1 : ll_csv_column_among(c, arch_names);
    int latency = s ? -1 : ll_csv_column_among(c, latency_names), i = 0;
    while (!s && more && !(s = ll_csv_next(c, &more, e)) && more) {
        out->n += latency >= 0 && latency < c->n && *c->cells[latency];
        out->same = out->same && is_row(c, arch, w, i++);
    }
    out->same = out->same && i == w->n;
    return s;
}

/* A file that is no such list has nothing that was filled in. */
static filled look(const ll_worklist *w, const char *path)
{
    ll_csv c;
    filled f = {.same = true};
    ll_error e = {0};
    if (!ll_is_file(path) || ll_csv_open(&c, path, &e)) return (filled){0};
    if (read_records(&c, w, &f, &e)) f.same = false;
    ll_csv_close(&c);
    return f;
}

static ll_status write_new(ll_request *rq, const ll_worklist *list, const char *path)
{
    ll_writer w;
    ll_str arch = {0};
    ll_status s = ll_writer_open(&w, path, &rq->error);
    if (s) return s;
    fputs("architecture,row,latency_ms,std_ms,teaches_percent\n", w.f);
    for (int i = 0; i < list->n; i++) {
        ll_str_clear(&arch);
        list->data->space->format(list->data->space, ll_gene(list->data, list->rows[i]), &arch);
        ll_csv_write(w.f, ll_str_text(&arch));
        fprintf(w.f, ",%d,,,%.2f\n", list->rows[i], list->teaches[i]);
    }
    ll_str_free(&arch);
    return ll_writer_commit(&w, &rq->error);
}

ll_status ll_worklist_write(ll_request *rq, const ll_worklist *w, const char *path, bool replace)
{
    char *full;
    ll_status s = ll_output_path(rq, path, &full);
    if (s) return s;
    filled there = replace ? (filled){0} : look(w, full);
    if (!there.n)
        s = write_new(rq, w, full);
    else if (there.same)
        ll_note(rq, "%s is this list, with %d of %d latencies filled in: it stays as it is", path, there.n,
                w->n);
    else
        s = LL_FAIL(rq, LL_FAILED,
                    "%s has %d latencies that were filled in, of other architectures: give another file, or "
                    "replace=on",
                    path, there.n);
    free(full);
    return s;
}
