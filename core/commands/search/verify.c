#include "core/commands/search/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/plausible.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/quote.h"
#include "core/commands/worklist.h"

typedef struct measuring {
    ll_request *rq;
    ll_search_setup *setup;
    /* by=csv: what the list says, filled in */
    ll_archs *archs;
    double *lat_ms;
} measuring;

/* --- table --------------------------------------------------------------------------------------------------- */

/* What the table lacks is passed over; a device of which it has nothing is a mistake. */
static ll_status look_up(void *ctx, int k, const ll_archs *archs, double *lat_ms, ll_error *e)
{
    const measuring *m = ctx;
    const ll_dataset *d = m->setup->data;
    const char *name = m->setup->problem.q[k].name;
    int device = d ? ll_dataset_device(d, name) : -1;
    if (device < 0 || !ll_dataset_count(d, device))
        return ll_fail(e, LL_FAILED,
                       "verify by=table: the dataset has no latency of %s; by=host measures here, by=csv "
                       "writes a list",
                       name);
    for (int i = 0; i < archs->n; i++) {
        int row = ll_dataset_row(d, ll_arch(archs, i));
        lat_ms[i] = row < 0 ? NAN : ll_latencies(d, device)[row];
    }
    return LL_OK;
}

/* --- host ---------------------------------------------------------------------------------------------------- */

/* The command that measured the device before says with which settings. */
static void measure_line(const ll_dataset *d, int device, const ll_archs *archs, ll_str *line)
{
    ll_str list = {0};
    for (int i = 0; i < archs->n; i++)
        ll_str_addf(&list, "%s%d", i ? "," : "", ll_dataset_row(d, ll_arch(archs, i)));
    ll_quote_addf(line, "measure device=%s archs=%s ", d->devices[device].name, ll_str_text(&list));
    ll_str_add(line, d->devices[device].note ? d->devices[device].note : "");
    ll_str_free(&list);
}

static ll_status measure_here(void *ctx, int k, const ll_archs *archs, double *lat_ms, ll_error *e)
{
    measuring *m = ctx;
    ll_request *rq = m->rq;
    const char *name = m->setup->problem.q[k].name;
    ll_str line = {0};
    int device = rq->state.data ? ll_dataset_device(rq->state.data, name) : -1;
    if (device < 0 || strcmp(rq->state.data->devices[device].source, "latlab measure"))
        return ll_fail(e, LL_FAILED, "verify by=host: %s was not measured with `measure` on this machine",
                       name);
    for (int i = 0; i < archs->n; i++)
        if (ll_dataset_row(rq->state.data, ll_arch(archs, i)) < 0)
            return ll_fail(e, LL_FAILED, "verify by=host: what is to be measured has no row in %s",
                           rq->state.data->name);
    measure_line(rq->state.data, device, archs, &line);
    ll_status s = ll_app_run_line(rq, line.s, NULL);
    ll_str_free(&line);
    if (s) {
        *e = rq->error;
        return s;
    }
    const ll_dataset *d = rq->state.data;
    device = ll_dataset_device(d, name);
    m->setup->problem.data = d; /* knows the truth of them now; the state holds it */
    for (int i = 0; i < archs->n; i++) {
        int row = ll_dataset_row(d, ll_arch(archs, i));
        lat_ms[i] = row < 0 || device < 0 ? NAN : ll_latencies(d, device)[row];
    }
    return LL_OK;
}

/* --- csv ----------------------------------------------------------------------------------------------------- */

static ll_status read_answer(measuring *m, const ll_csv *c, int arch, int latency, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    double ms;
    if (c->n <= latency || c->n <= arch || !*c->cells[latency]) return LL_OK;
    if (ll_space_parse(m->setup->problem.space, c->cells[arch], gene, e))
        return ll_fail_in(e, "%s: line %d: ", c->what, c->line);
    if (!ll_decimal_parse(c->cells[latency], &ms) || ll_check_ms(ms, NULL))
        return ll_csv_fail(c, e, "\"%.40s\" is no latency in ms", c->cells[latency]);
    m->lat_ms = ll_realloc(m->lat_ms, (size_t)m->archs->n + 1, sizeof *m->lat_ms);
    bool is_new;
    int at = ll_archs_add(m->archs, gene, &is_new);
    if (!is_new && m->lat_ms[at] != ms)
        return ll_csv_fail(c, e, "the architecture stands in an earlier line too");
    m->lat_ms[at] = ms;
    return LL_OK;
}

static const char *const arch_titles[] = {"arch", "architecture", NULL};

/* What was filled in of a list that was written before. */
static ll_status read_answers(measuring *m, const char *path, ll_error *e)
{
    ll_csv c;
    bool more;
    ll_status s = ll_csv_open(&c, path, e);
    if (s) return s;
    s = ll_csv_next(&c, &more, e);
    int arch = s ? -1 : ll_csv_column_among(&c, arch_titles),
        latency = s ? -1 : ll_csv_column(&c, "latency_ms");
    if (!s && (arch < 0 || latency < 0))
        s = ll_fail(e, LL_BAD_DATA,
                    "%s: columns arch and latency_ms were expected: it is no list that `search` "
                    "wrote; give another file=",
                    path);
    while (!s && !(s = ll_csv_next(&c, &more, e)) && more) s = read_answer(m, &c, arch, latency, e);
    ll_csv_close(&c);
    return s;
}

static ll_status write_list(ll_request *rq, const ll_search_setup *setup, const ll_search *s,
                            const ll_verified *v, const char *path)
{
    int n = v->open.n, most = ll_int(&rq->args, "verify");
    if (n > most) n = most;
    int *rows = LL_NEW_ARRAY(int, n + 1);
    ll_status status = LL_OK;
    for (int i = 0; i < n; i++) {
        rows[i] = setup->data ? ll_dataset_row(setup->data, ll_arch(s->archs, v->open.v[i])) : -1;
        if (rows[i] < 0)
            status =
                LL_FAIL(rq, LL_FAILED, "verify by=csv writes rows of the dataset, and one of these has none");
    }
    if (!status) status = ll_worklist_write(rq, &(ll_worklist){setup->data, rows, NULL, n}, path, false);
    if (!status)
        ll_note(rq, "%s lists %d %s: fill in latency_ms and give the same command again", path, n,
                ll_noun(n, "architecture", "architectures"));
    free(rows);
    return status;
}

/* The file is the list, then the answers: measured ones are learnt from at once, what is left to ask is written when there
 * is no file yet. */
static ll_status verify_by_csv(measuring *m, ll_search *s, ll_verified *out)
{
    ll_request *rq = m->rq;
    char *path = ll_path_expand(ll_word(&rq->args, "file"));
    bool there = ll_is_file(path) && !ll_output_made_then(rq, path); /* the answers came behind that step */
    ll_verify_job job = {
        .budget = ll_int(&rq->args, "verify"), .ungated = !ll_bool(&rq->args, "gate"), .ctx = m};
    ll_status status = LL_OK;
    m->archs = ll_archs_new(m->setup->problem.space, 0);
    if (m->setup->devices.n != 1) status = LL_FAIL(rq, LL_USAGE, "verify by=csv is for one device at a time");
    if (!status && there) status = read_answers(m, path, &rq->error);
    if (!status && there && !m->archs->n)
        status = LL_FAIL(rq, LL_FAILED, "%s is not filled in yet: its column latency_ms is empty", path);
    if (!status && there)
        status =
            ll_verify_with(s, &m->setup->problem, &(ll_measured){m->archs, m->lat_ms}, &job, out, &rq->error);
    if (!status && !there) status = ll_verify(s, &m->setup->problem, &job, out, &rq->error);
    if (!status && !there && out->open.n) status = write_list(rq, m->setup, s, out, path);
    if (!status && there && out->open.n)
        ll_note(rq,
                "the answers of %s are learnt; the same command with another file= lists what is open now",
                path);
    free(path);
    ll_archs_unref(m->archs);
    free(m->lat_ms);
    return status;
}

/* --- all ----------------------------------------------------------------------------------------------------- */

static ll_status check_devices(ll_request *rq, const ll_search_setup *setup)
{
    for (int k = 1; k < setup->problem.n; k++)
        if (setup->problem.q[k].known)
            return LL_FAIL(
                rq, LL_USAGE,
                "verify= measures what is predicted; predictor=table and proxy= look up what is known");
    return LL_OK;
}

ll_status ll_search_verify(ll_request *rq, ll_search_setup *setup, ll_search *s, ll_verified *out)
{
    measuring m = {.rq = rq, .setup = setup};
    *out = (ll_verified){.chosen = -1, .plain = -1};
    ll_status status = check_devices(rq, setup);
    if (status) return status;
    if (ll_is(&rq->args, "by", "csv")) return verify_by_csv(&m, s, out);
    ll_verify_job job = {.budget = ll_int(&rq->args, "verify"),
                         .ungated = !ll_bool(&rq->args, "gate"),
                         .measure = ll_is(&rq->args, "by", "host") ? measure_here : look_up,
                         .ctx = &m};
    return ll_verify(s, &setup->problem, &job, out, &rq->error);
}

/* --- what it leaves ------------------------------------------------------------------------------------------ */

static void keep(ll_request *rq, const ll_quantity *q, int before)
{
    const ll_adapted *a = q->adapted;
    ll_error ignored;
    ll_transfer *t;
    if (!rq->state.data || ll_transfer_of(a, rq->state.data, rq->observer, rq->pool, &t, &ignored))
        ll_state_add_adapted(&rq->state, ll_adapted_ref(a));
    else
        ll_state_add_transfer(&rq->state, t);
    ll_note(rq, "%s by %s has learnt from the %d measured: %d samples now (`undo` takes them back)",
            a->device, a->model->predictor->name, a->samples->n - before, a->samples->n);
}

void ll_search_keep_learnt(ll_request *rq, const ll_search_setup *setup, const ll_verified *v)
{
    for (int k = 1; k < setup->problem.n; k++) {
        const ll_quantity *q = &setup->problem.q[k];
        int before = setup->adapted[k] ? setup->adapted[k]->samples->n : 0;
        if (v->measured.n && q->adapted && q->adapted != setup->adapted[k] && q->adapted->samples->n > before)
            keep(rq, q, before);
    }
}
