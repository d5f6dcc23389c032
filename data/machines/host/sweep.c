#include "data/machines/host/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/num/stats.h"
#include "core/space/moves.h"
#include "data/machines/host/cache.h"
#include "data/machines/host/stable.h"
#include "data/machines/host/worker.h"

enum {
    AHEAD = 64,
    AHEAD_ELSEWHERE = 4,
    TICK_MS = 50
}; /* visits that wait: elsewhere each is a network as text */
#define PROGRESS_S 0.5

typedef struct sweeping {
    const ll_sweep *s;
    ll_times *t;
    FILE *journal;
    ll_cache rows;    /* gene -> row */
    long total, done; /* visits */
    long begun_with;
    double begun_s, saved_s;
    ll_worker worker;    /* of this machine */
    ll_network *network; /* of the visit that is sent elsewhere */
    ll_cooling cooling;
} sweeping;

/* --- the journal: a line of identity, then "gene ms/control ms/control" for each visit -------------------------------------- */

static void put_gene(FILE *f, const ll_space *s, const uint8_t *gene)
{
    for (int i = 0; i < s->n_positions; i++) putc(s->n_ops > 10 ? 'A' + gene[i] : '0' + gene[i], f);
}

static bool read_gene(const ll_space *s, const char **text, uint8_t *gene)
{
    for (int i = 0; i < s->n_positions; i++, (*text)++) {
        int op = **text - (s->n_ops > 10 ? 'A' : '0');
        if (op < 0 || op >= ll_space_choices(s, i)) return false;
        gene[i] = (uint8_t)op;
    }
    return **text == ' ';
}

static void keep(ll_times *t, int row, const ll_visit *v)
{
    for (int i = 0; i < v->n && t->count[row] < LL_MAX_TIMES; i++) {
        size_t at = (size_t)row * LL_MAX_TIMES + (size_t)t->count[row]++;
        t->ms[at] = v->ms[i];
        t->control[at] = v->control[i];
    }
    t->visits[row]++;
}

/* " ms/control" */
static bool read_pair(const char **text, ll_visit *v)
{
    char *end;
    float ms = strtof(*text, &end), control = 0;
    if (end == *text || *end != '/') return false;
    *text = end + 1;
    control = strtof(*text, &end);
    if (end == *text || !(ms > 0) || !(control > 0)) return false;
    *text = end;
    v->ms[v->n] = ms;
    v->control[v->n++] = control;
    return true;
}

/* A line that was cut short by a crash, or of an architecture that is not asked for, is passed over. */
static void read_line(sweeping *w, const char *line)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_visit v = {0};
    int fresh;
    if (!read_gene(w->s->space, &line, gene)) return;
    while (v.n < LL_MAX_RUNS && *line == ' ')
        if (!read_pair(&line, &v)) return;
    int row = ll_cache_number(&w->rows, gene, &fresh);
    if (row < w->s->n && v.n) keep(w->t, row, &v);
}

static ll_status read_journal(sweeping *w, ll_error *e)
{
    char *text, *line, *rest;
    size_t n;
    ll_status s = ll_read_own_file(w->s->journal, 0, &text, &n, e);
    if (s) return s;
    rest = text;
    line = strsep(&rest, "\n");
    if (strcmp(line, w->s->identity))
        s = ll_fail(e, LL_USAGE,
                    "%s holds measurements of something else (%.200s); expected %.200s: choose another "
                    "device name, or again=on to drop them",
                    w->s->journal, line, w->s->identity);
    while (!s && rest && (line = strsep(&rest, "\n")))
        if (rest) read_line(w, line); /* the last line is whole only when something ends it */
    free(text);
    return s;
}

static ll_status journal_failed(const sweeping *w, ll_error *e)
{
    return ll_fail(e, LL_FAILED, "%s: cannot write: %s; what was measured so far is kept", w->s->journal,
                   strerror(errno));
}

/* One process at a time measures for a journal; the lock ends with the file that is open. */
static ll_status open_journal(sweeping *w, ll_error *e)
{
    struct stat st;
    int fd = ll_open_own(w->s->journal, O_APPEND, e);
    if (fd < 0) return LL_FAILED;
    w->journal = fdopen(fd, "a");
    if (!w->journal) {
        close(fd);
        return journal_failed(w, e);
    }
    if (flock(fileno(w->journal), LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return ll_fail(e, LL_FAILED,
                       "%s: another process is measuring for it; choose another device name, or wait for it",
                       w->s->journal);
    bool there = !fstat(fileno(w->journal), &st) && st.st_size > 0;
    ll_status s = there ? read_journal(w, e) : LL_OK;
    if (s) return s;
    /* a line of its own behind whatever a crash left unfinished */
    int put = there ? fputc('\n', w->journal) : fprintf(w->journal, "%s\n", w->s->identity);
    return put < 0 || fflush(w->journal) ? journal_failed(w, e) : LL_OK;
}

static ll_status write_visit(sweeping *w, const ll_worker_answer *a, ll_error *e)
{
    put_gene(w->journal, w->s->space, w->s->genes + (size_t)a->row * (size_t)w->s->space->n_positions);
    for (int i = 0; i < a->visit.n; i++)
        fprintf(w->journal, " %.6g/%.6g", (double)a->visit.ms[i], (double)a->visit.control[i]);
    putc('\n', w->journal);
    if (ll_now_s() - w->saved_s > 1) {
        w->saved_s = ll_now_s();
        fflush(w->journal);
    }
    return ferror(w->journal) ? journal_failed(w, e) : LL_OK;
}

static void find_usual(ll_times *t)
{
    size_t n = 0;
    for (int row = 0; row < t->n; row++) n += (size_t)t->count[row];
    double *all = LL_NEW_ARRAY(double, n + 1);
    n = 0;
    for (int row = 0; row < t->n; row++)
        for (int i = 0; i < t->count[row]; i++) all[n++] = t->control[(size_t)row * LL_MAX_TIMES + (size_t)i];
    if (n) t->usual = ll_quantile(all, (int)n, LL_USUAL);
    free(all);
}

/* --- rounds ------------------------------------------------------------------------------------------------- */

static int rounds(const ll_sweep *s)
{
    if (s->stable) return s->repeats && s->repeats <= LL_RUNS_PER_VISIT ? 1 : LL_STABLE_ROUNDS;
    return s->repeats ? (s->repeats + LL_RUNS_PER_VISIT - 1) / LL_RUNS_PER_VISIT : LL_AUTO_ROUNDS;
}

static int runs_at_most(const ll_sweep *s)
{
    if (s->repeats) return s->repeats;
    return s->stable ? LL_STABLE_MOST_ROUNDS * LL_RUNS_PER_VISIT : LL_AUTO_RUNS;
}

static int most_rounds(const ll_sweep *s)
{
    if (s->stable) return (runs_at_most(s) + LL_RUNS_PER_VISIT - 1) / LL_RUNS_PER_VISIT;
    return s->repeats ? rounds(s) : LL_MOST_ROUNDS;
}

static bool is_asked(const ll_sweep *s, int row)
{
    return !s->only || s->only[row];
}

/* Runs wanted of this row in this round; 0: none. */
static int wanted(const sweeping *w, int row, int round)
{
    int most = runs_at_most(w->s), missing = most - w->t->count[row];
    if (!is_asked(w->s, row) || w->t->visits[row] > round) return 0;
    if (round >= rounds(w->s) && ll_times_spread(w->t, row).settled) return 0;
    if (round >= rounds(w->s) && !w->s->stable) return LL_RUNS_PER_VISIT;
    return missing < LL_RUNS_PER_VISIT ? missing > 0 ? missing : 0 : LL_RUNS_PER_VISIT;
}

static void report(sweeping *w, int round)
{
    if (!ll_observer_due(w->s->observer, PROGRESS_S)) return;
    cJSON *p = ll_progress_new("measure", w->done, w->total);
    double passed = ll_now_s() - w->begun_s;
    ll_json_int(p, "round", round + 1);
    ll_json_int(p, "disturbed", w->t->disturbed);
    if (w->done > w->begun_with)
        ll_json_num(p, "left_s", passed * (double)(w->total - w->done) / (double)(w->done - w->begun_with));
    ll_progress(w->s->observer, p);
}

/* --- who measures --- */

static ll_status start_measuring(sweeping *w, const uint8_t *control, ll_error *e)
{
    const ll_sweep *s = w->s;
    if (!s->elsewhere) return ll_worker_start(&s->settings, s->space, control, s->core, &w->worker, e);
    w->network = LL_NEW(ll_network);
    ll_status status = ll_network_build(s->space, control, w->network, e);
    return status ? status : s->elsewhere->start(s->elsewhere->self, &s->settings, s->core, w->network, e);
}

static ll_status send_visit(sweeping *w, const ll_worker_job *job, ll_error *e)
{
    const ll_elsewhere *x = w->s->elsewhere;
    if (!x) return ll_worker_send(&w->worker, job, e);
    ll_status s = ll_host_network(&w->s->settings, w->s->space, job->gene, w->network, e);
    return s ? s : x->send(x->self, job->row, job->runs, w->network, e);
}

static ll_status receive_visit(sweeping *w, ll_worker_answer *a, bool *ready, ll_error *e)
{
    const ll_elsewhere *x = w->s->elsewhere;
    if (x) return x->receive(x->self, TICK_MS, a, ready, e);
    return ll_worker_receive(&w->worker, TICK_MS, a, ready, e);
}

static void stop_measuring(sweeping *w)
{
    if (!w->s->elsewhere) ll_worker_stop(&w->worker);
    free(w->network);
}

static ll_status wait_for_answer(sweeping *w, int round, ll_worker_answer *a, ll_error *e)
{
    bool ready = false;
    ll_status s = LL_OK;
    while (!ready && !s) {
        if (ll_cancelled(w->s->observer)) return LL_CANCELLED;
        s = receive_visit(w, a, &ready, e);
        report(w, round);
    }
    if (s) return s;
    if (a->row < 0 || a->row >= w->s->n)
        return ll_fail(e, LL_FAILED, "%s", a->status ? a->message : "another row came back");
    return a->status ? ll_fail(e, a->status, "%s", a->message) : LL_OK;
}

static void nap(const sweeping *w, double seconds)
{
    double until = ll_now_s() + seconds;
    for (double left = seconds; left > 0 && !ll_cancelled(w->s->observer); left = until - ll_now_s())
        usleep((useconds_t)(1e6 * (left < .05 ? left : .05)));
}

/* Waits for one answer and keeps it. */
static ll_status take_answer(sweeping *w, int round, ll_error *e)
{
    ll_worker_answer a;
    ll_status s = wait_for_answer(w, round, &a, e);
    if (s) return s;
    if (w->s->stable) nap(w, ll_cooling_wait(&w->cooling, &a.visit, ll_now_s() - w->begun_s));
    keep(w->t, a.row, &a.visit);
    w->t->disturbed += a.visit.disturbed;
    w->t->busy += a.visit.busy;
    w->done++;
    return write_visit(w, &a, e);
}

static ll_status run_round(sweeping *w, int round, ll_error *e)
{
    ll_rng r = ll_rng_new(w->s->order_seed, (uint64_t)round);
    ll_ints order = ll_ints_range(w->s->n);
    ll_status s = LL_OK;
    int waiting = 0, ahead = w->s->stable ? 1 : w->s->elsewhere ? AHEAD_ELSEWHERE : AHEAD;
    find_usual(w->t); /* what is settled by now depends on it */
    ll_rng_shuffle(&r, order.v, order.n);
    for (int i = 0; i < order.n && !s; i++) {
        ll_worker_job job = {.row = order.v[i], .runs = wanted(w, order.v[i], round)};
        if (!job.runs) continue;
        size_t positions = (size_t)w->s->space->n_positions;
        memcpy(job.gene, w->s->genes + (size_t)job.row * positions, positions);
        if (waiting == ahead) s = take_answer(w, round, e), waiting--;
        if (!s) s = send_visit(w, &job, e), waiting++;
    }
    while (waiting-- > 0 && !s) s = take_answer(w, round, e);
    ll_ints_free(&order);
    return s;
}

static long visits_left(const sweeping *w)
{
    long left = 0;
    for (int row = 0; row < w->s->n; row++)
        for (int round = 0; round < rounds(w->s); round++) left += wanted(w, row, round) > 0;
    return left;
}

static long unsettled(const sweeping *w)
{
    long n = 0;
    for (int row = 0; row < w->s->n; row++) n += is_asked(w->s, row) && !ll_times_spread(w->t, row).settled;
    return n;
}

/* Is there anything to do for it? More rounds are only for repeats=auto, and for careful sweeps. */
static bool row_incomplete(const sweeping *w, int row)
{
    for (int round = 0; round < rounds(w->s); round++)
        if (wanted(w, row, round) > 0) return true;
    bool more = (w->s->stable || !w->s->repeats) && is_asked(w->s, row);
    return more && w->t->visits[row] < most_rounds(w->s) && !ll_times_spread(w->t, row).settled;
}

static bool incomplete(const sweeping *w)
{
    for (int row = 0; row < w->s->n; row++)
        if (row_incomplete(w, row)) return true;
    return false;
}

static ll_status run_rounds(sweeping *w, ll_error *e)
{
    int most = most_rounds(w->s);
    ll_status s = LL_OK;
    for (int round = 0; round < most && !s; round++) {
        if (round >= rounds(w->s)) w->total += unsettled(w);
        s = run_round(w, round, e);
    }
    return s;
}

/* Visits that do not count, until the control network takes as long twice. */
static ll_status warm_up(sweeping *w, ll_error *e)
{
    double before = NAN;
    ll_worker_job job = {.runs = LL_RUNS_PER_VISIT};
    memcpy(job.gene, w->s->genes, (size_t)w->s->space->n_positions);
    for (int i = 0; i < LL_WARM_VISITS; i++) {
        ll_worker_answer a;
        ll_status s = send_visit(w, &job, e);
        if (!s) s = wait_for_answer(w, 0, &a, e);
        if (s) return s;
        double control = ll_visit_control(&a.visit);
        if (fabs(control - before) <= LL_WARM * fmin(control, before)) break;
        before = control;
    }
    return LL_OK;
}

static ll_status measure(sweeping *w, ll_error *e)
{
    uint8_t control[LL_MAX_POSITIONS];
    if (w->s->control)
        memcpy(control, w->s->control, (size_t)w->s->space->n_positions);
    else
        ll_sweep_control(w->s->space, control);
    w->begun_s = w->saved_s = ll_now_s();
    w->total = visits_left(w);
    ll_status s = start_measuring(w, control, e);
    if (!s && w->s->stable) s = warm_up(w, e);
    if (!s) s = run_rounds(w, e);
    w->t->waited_s = w->cooling.waited_s;
    stop_measuring(w);
    return s;
}

static void begin(const ll_sweep *s, ll_times *out, sweeping *w)
{
    size_t positions = (size_t)s->space->n_positions;
    int fresh;
    *w = (sweeping){.s = s, .t = out, .rows = {.key_size = positions}};
    *out = (ll_times){.n = s->n,
                      .count = LL_NEW_ARRAY(int, s->n),
                      .visits = LL_NEW_ARRAY(int, s->n),
                      .ms = LL_NEW_ARRAY(float, (size_t)s->n *LL_MAX_TIMES),
                      .control = LL_NEW_ARRAY(float, (size_t)s->n *LL_MAX_TIMES),
                      .usual = 1,
                      .stable = s->stable};
    for (int i = 0; i < s->n; i++) ll_cache_number(&w->rows, s->genes + (size_t)i * positions, &fresh);
}

ll_status ll_sweep_recall(const ll_sweep *s, ll_times *out, ll_error *e)
{
    sweeping w;
    begin(s, out, &w);
    ll_status status = read_journal(&w, e);
    find_usual(out);
    for (int row = 0; row < s->n; row++)
        if (row_incomplete(&w, row)) out->count[row] = 0;
    ll_cache_free(&w.rows);
    return status;
}

ll_status ll_sweep_run(const ll_sweep *s, ll_times *out, ll_error *e)
{
    sweeping w;
    begin(s, out, &w);
    ll_status status = open_journal(&w, e);
    if (!status && incomplete(&w)) status = measure(&w, e);
    find_usual(out);
    if (w.journal && fclose(w.journal) && !status) status = journal_failed(&w, e);
    ll_cache_free(&w.rows);
    return status;
}

void ll_times_free(ll_times *t)
{
    free(t->count);
    free(t->visits);
    free(t->ms);
    free(t->control);
    *t = (ll_times){0};
}

/* Runs from .. to of a row, slowness taken out, into ms; returns how many. All count, of a careful sweep too: on a machine
 * that is seldom calm the calm ones are few, and medians of few repeat worse than ratios to a slow control network. */
static int runs_of(const ll_times *t, int row, int from, int to, float *ms)
{
    for (int i = from; i < to; i++) {
        size_t at = (size_t)row * LL_MAX_TIMES + (size_t)i;
        ms[i - from] = (float)(t->ms[at] * t->usual / t->control[at]);
    }
    return to - from;
}

static ll_spread spread_of(const ll_times *t, int row, int from, int to)
{
    float ms[LL_MAX_TIMES];
    int n = runs_of(t, row, from, to, ms);
    ll_spread s = ll_timing_spread(ms, n);
    if (t->stable) s.settled = ll_median_interval(ms, n) <= LL_NARROW;
    return s;
}

ll_spread ll_times_spread(const ll_times *t, int row)
{
    return spread_of(t, row, 0, t->count[row]);
}

double ll_times_interval(const ll_times *t, int row)
{
    float ms[LL_MAX_TIMES];
    return ll_median_interval(ms, runs_of(t, row, 0, t->count[row], ms));
}

double ll_times_calm(const ll_times *t)
{
    long runs = 0, calm = 0;
    for (int row = 0; row < t->n; row++)
        for (int i = 0; i < t->count[row]; i++, runs++)
            calm += t->control[(size_t)row * LL_MAX_TIMES + (size_t)i] <= (1 + LL_CALM) * t->usual;
    return runs ? (double)calm / (double)runs : NAN;
}

void ll_sweep_control(const ll_space *s, uint8_t *gene)
{
    enum { DRAWN = 31, CHOSEN = 3 };
    uint8_t genes[DRAWN][LL_MAX_POSITIONS];
    double macs[DRAWN];
    ll_rng r = ll_rng_new(1, LL_STREAM_DATA);
    for (int i = 0; i < DRAWN; i++) {
        ll_cost c;
        ll_space_random(s, &r, genes[i]);
        ll_space_cost(s, genes[i], &c);
        macs[i] = c.macs;
    }
    for (int i = 0; i < DRAWN; i++) {
        int fewer = 0;
        for (int k = 0; k < DRAWN; k++) fewer += macs[k] < macs[i] || (macs[k] == macs[i] && k < i);
        if (fewer == CHOSEN) memcpy(gene, genes[i], (size_t)s->n_positions);
    }
}

double ll_times_repeat(const ll_times *t)
{
    double *a = LL_NEW_ARRAY(double, t->n + 1), *b = LL_NEW_ARRAY(double, t->n + 1), r = NAN;
    int n = 0;
    for (int i = 0; i < t->n; i++) {
        int half = t->count[i] / 2;
        if (!half) continue;
        a[n] = spread_of(t, i, 0, half).median;
        b[n++] = spread_of(t, i, half, t->count[i]).median;
    }
    if (n > 2) r = ll_spearman(a, b, n);
    free(a);
    free(b);
    return r;
}
