#include "data/sweep/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/results/plan_context.h"

static const char first_line[] = "latlab sweep ";

void ll_sweep_plan_begin(ll_sweep_plan *p, const char *command, double minutes)
{
    free(p->command);
    free(p->code);
    p->command = ll_strdup(command);
    p->code = ll_strdup(ll_results_code());
    p->minutes = minutes;
}

void ll_sweep_plan_add(ll_sweep_plan *p, const ll_sweep_cell *c)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 256;
        p->cells = ll_realloc(p->cells, (size_t)p->cap, sizeof *p->cells);
    }
    p->cells[p->n++] = *c;
}

/* --- making one --- */

typedef struct maker {
    ll_plan *x;
    ll_results *known;
    ll_sweep_plan *out;
    ll_trial latest;        /* of the cell that is being filled */
    const ll_predictor *of; /* whose estimate `expected` is */
    double expected, spent; /* seconds a trial; of the task that is being filled */
    bool stopped;
} maker;

static bool everything_is_known(void *ctx, ll_trial *t)
{
    maker *m = ctx;
    m->stopped = m->stopped || ll_cancelled(m->x->x.observer); /* the engine asks only before it computes */
    return true;
}

static bool same_draw(const ll_trial *a, const ll_trial *b)
{
    return a->task == b->task && a->predictor == b->predictor && a->seed == b->seed &&
           a->pretrain_seed == b->pretrain_seed;
}

static bool same_cell(const ll_trial *a, const ll_trial *b)
{
    return same_draw(a, b) && a->sampler == b->sampler && a->k == b->k;
}

static double expected_of(maker *m, const ll_trial_context *c, const ll_trial *t)
{
    if (m->of != t->predictor) {
        m->of = t->predictor;
        m->expected = m->known ? ll_results_expect(m->known, c, t) : NAN;
        m->out->estimated |= !isnan(m->expected);
        if (isnan(m->expected)) m->expected = 1;
    }
    return m->expected;
}

/* Nearer to what a task is to take with this draw in it than without. */
static bool has_room(const maker *m, double draw)
{
    return m->spent + draw / 2 <= m->out->minutes * 60;
}

static int trials_of_draw(const maker *m, const ll_trial *t)
{
    return m->x->x.n_samplers * m->x->x.n_k * t->task->target.n;
}

static void begin_cell(maker *m, const ll_trial *t, double seconds)
{
    ll_sweep_plan *p = m->out;
    double draw = seconds * trials_of_draw(m, t);
    if (!p->n || (!same_draw(t, &m->latest) && !has_room(m, draw))) {
        p->tasks++;
        m->spent = 0;
    }
    ll_str name = {0};
    ll_str_addf(&name, "%s %s %s %d %llu %llu", t->task->name, t->predictor->name, t->sampler->name, t->k,
                (unsigned long long)t->seed, (unsigned long long)t->pretrain_seed);
    ll_sweep_plan_add(
        p, &(ll_sweep_cell){.task = p->tasks - 1, .hash = ll_hash_bytes("", 0), .name = ll_str_take(&name)});
}

static void add_trial(void *ctx, const ll_trial *t, bool recalled)
{
    maker *m = ctx;
    if (m->stopped) return;
    ll_trial_context c = ll_plan_context(m->x, t);
    double seconds = expected_of(m, &c, t);
    if (!m->out->n || !same_cell(t, &m->latest)) begin_cell(m, t, seconds);
    ll_sweep_cell *cell = &m->out->cells[m->out->n - 1];
    ll_hash key = ll_results_key(&c, t);
    cell->hash = ll_hash_more(&cell->hash, key.hex, sizeof key.hex - 1);
    cell->trials++;
    cell->seconds += seconds;
    m->spent += seconds;
    m->latest = *t;
}

/* The engine walks its trials; none of them is to be computed. */
ll_status ll_sweep_plan_make(ll_plan *x, ll_results *known, double minutes, ll_sweep_plan *out, ll_error *e)
{
    maker m = {.x = x, .known = known, .out = out};
    ll_experiment walk = x->x;
    walk.recall = everything_is_known;
    walk.landed = add_trial;
    walk.inspect = NULL;
    walk.forget = NULL;
    walk.observer = NULL; /* nothing is computed that could be shown */
    walk.ctx = &m;
    ll_sweep_plan_begin(out, "compare", minutes);
    ll_status s = ll_experiment_run(&walk, e);
    if (!s && !out->n)
        s = ll_fail(e, LL_FAILED, "this experiment has no cells: no predictor is left at any k");
    return s;
}

void ll_sweep_plan_free(ll_sweep_plan *p)
{
    for (int i = 0; i < p->n; i++) free(p->cells[i].name);
    free(p->cells);
    free(p->command);
    free(p->code);
    ll_strs_free(&p->archs);
    ll_strs_free(&p->options);
    ll_strs_free(&p->data);
    *p = (ll_sweep_plan){0};
}

/* --- as text --- */

void ll_sweep_plan_text(const ll_sweep_plan *p, ll_str *out)
{
    ll_str_addf(out, "%s%d\n", first_line, LL_SWEEP_FORMAT);
    ll_str_addf(out, "command %s\ncode %s\n", p->command, p->code);
    for (int i = 0; i < p->data.n; i++) ll_str_addf(out, "data %s\n", p->data.v[i]);
    for (int i = 0; i < p->options.n; i++) ll_str_addf(out, "option %s\n", p->options.v[i]);
    ll_str_addf(out, "minutes %.17g %s\n", p->minutes, p->estimated ? "by results" : "by guess");
    for (int i = 0; i < p->archs.n; i++) ll_str_addf(out, "arch %s\n", p->archs.v[i]);
    ll_str_addf(out, "tasks %d cells %d\n", p->tasks, p->n);
    for (int i = 0; i < p->n; i++) {
        const ll_sweep_cell *c = &p->cells[i];
        ll_str_addf(out, "cell %d %d %.17g %s %s\n", c->task, c->trials, c->seconds, c->hash.hex, c->name);
    }
    ll_hash h = ll_hash_bytes(ll_str_text(out), out->len);
    ll_str_addf(out, "end %s\n", h.hex);
}

static ll_status wrong_line(const char *path, int line, ll_error *e)
{
    return ll_fail(e, LL_BAD_DATA, "%s:%d: not a line of a plan", path, line);
}

static bool read_cell(ll_sweep_plan *p, const char *text)
{
    ll_sweep_cell c = {0};
    int at = 0;
    if (sscanf(text, "%d %d %lf %32[0-9a-f] %n", &c.task, &c.trials, &c.seconds, c.hash.hex, &at) != 4 ||
        !at || !text[at] || c.task < 0 || c.trials < 1 || !(c.seconds >= 0))
        return false;
    c.name = ll_strdup(text + at);
    ll_sweep_plan_add(p, &c);
    return true;
}

typedef struct counts {
    int tasks, cells;
} counts;

static bool read_line(ll_sweep_plan *p, counts *said, const char *line)
{
    char how[16];
    if (!strncmp(line, "cell ", 5)) return read_cell(p, line + 5);
    if (!strncmp(line, "data ", 5)) return ll_strs_add(&p->data, line + 5), strlen(line) > 5 + 33;
    if (!strncmp(line, "option ", 7)) return ll_strs_add(&p->options, line + 7), true;
    if (!strncmp(line, "arch ", 5)) return ll_strs_add(&p->archs, line + 5), true;
    if (!strncmp(line, "command ", 8) && !p->command) return (p->command = ll_strdup(line + 8)) != NULL;
    if (!strncmp(line, "code ", 5) && !p->code) return (p->code = ll_strdup(line + 5)) != NULL;
    if (sscanf(line, "tasks %d cells %d", &said->tasks, &said->cells) == 2) return said->tasks > 0;
    if (sscanf(line, "minutes %lf by %15s", &p->minutes, how) != 2) return false;
    p->estimated = !strcmp(how, "results");
    return true;
}

/* The text without its last line, whose hash must be right. */
static ll_status check_end(const char *path, char *text, size_t n, ll_hash *hash, ll_error *e)
{
    char *end = strstr(text, "\nend ");
    for (char *next; end && (next = strstr(end + 1, "\nend ")); end = next) continue;
    if (!end || strlen(end + 1) != 4 + 32 + 1 || text + n != end + 38 || end[37] != '\n')
        return ll_fail(e, LL_BAD_DATA, "%s: the plan is cut short: it has no last line", path);
    *hash = ll_hash_bytes(text, (size_t)(end + 1 - text));
    if (strncmp(end + 5, hash->hex, 32))
        return ll_fail(e, LL_BAD_DATA, "%s: the plan was changed after it was made", path);
    end[0] = 0;
    return LL_OK;
}

static ll_status check_first(const char *path, const char *text, ll_error *e)
{
    size_t n = sizeof first_line - 1;
    if (strncmp(text, first_line, n)) return ll_fail(e, LL_BAD_DATA, "%s: not a plan of a sweep", path);
    int format = atoi(text + n);
    if (format != LL_SWEEP_FORMAT)
        return ll_fail(e, LL_BAD_DATA, "%s: a plan of format %d, this latlab reads %d", path, format,
                       LL_SWEEP_FORMAT);
    return LL_OK;
}

static ll_status read_lines(const char *path, char *text, ll_sweep_plan *p, ll_error *e)
{
    counts said = {0};
    int number = 1;
    char *line = strchr(text, '\n');
    while (line) {
        char *next = strchr(line + 1, '\n');
        if (next) *next = 0;
        number++;
        if (!read_line(p, &said, line + 1)) return wrong_line(path, number, e);
        line = next;
    }
    p->tasks = said.tasks;
    bool whole =
        p->command && p->code && p->n && p->n == said.cells && p->cells[p->n - 1].task == p->tasks - 1;
    for (int i = 1; i < p->n && whole; i++)
        whole = p->cells[i].task - p->cells[i - 1].task >= 0 && p->cells[i].task - p->cells[i - 1].task <= 1;
    return whole ? LL_OK : ll_fail(e, LL_BAD_DATA, "%s: cells and tasks do not fit its head", path);
}

ll_status ll_sweep_plan_read(const char *path, ll_sweep_plan *out, ll_error *e)
{
    char *text;
    size_t n;
    *out = (ll_sweep_plan){0};
    ll_status s = ll_read_file(path, 0, &text, &n, e);
    if (s) return s;
    s = check_first(path, text, e);
    if (!s) s = check_end(path, text, n, &out->hash, e);
    if (!s) s = read_lines(path, text, out, e);
    if (s) ll_sweep_plan_free(out);
    free(text);
    return s;
}

bool ll_sweep_is_plan(const char *path)
{
    char line[sizeof first_line] = "";
    FILE *f = ll_is_file(path) ? fopen(path, "re") : NULL;
    bool is = f && fgets(line, sizeof line, f) && !strcmp(line, first_line);
    if (f) fclose(f);
    return is;
}

/* --- is it still true --- */

/* The data by name: what has another content now says more than that cells differ. */
static ll_status check_data(const ll_sweep_plan *planned, const ll_sweep_plan *now, const char *path,
                            ll_error *e)
{
    for (int i = 0; i < planned->data.n; i++) {
        const char *name = planned->data.v[i] + 33;
        for (int j = 0; j < now->data.n; j++)
            if (!strcmp(now->data.v[j] + 33, name) && strcmp(now->data.v[j], planned->data.v[i]))
                return ll_fail(
                    e, LL_FAILED,
                    "%s: the dataset %s has changed since the plan was made (%.8s then, %.8s now); "
                    "`sweep plan` makes a new one",
                    path, name, planned->data.v[i], now->data.v[j]);
    }
    return LL_OK;
}

ll_status ll_sweep_same_code(const ll_sweep_plan *p, const char *path, ll_error *e)
{
    if (!strcmp(p->code, ll_results_code())) return LL_OK;
    return ll_fail(e, LL_FAILED, "%s: made by another version (%s; this is %s)", path, p->code,
                   ll_results_code());
}

ll_status ll_sweep_plan_same(const ll_sweep_plan *planned, const ll_sweep_plan *now, const char *path,
                             ll_error *e)
{
    ll_status s = ll_sweep_same_code(planned, path, e);
    if (!s) s = check_data(planned, now, path, e);
    if (s) return s;
    if (planned->n != now->n)
        return ll_fail(e, LL_FAILED, "%s: the plan has %d cells, the same experiment has %d here", path,
                       planned->n, now->n);
    for (int i = 0; i < now->n; i++)
        if (strcmp(planned->cells[i].hash.hex, now->cells[i].hash.hex))
            return ll_fail(e, LL_FAILED,
                           "%s: the cell %s is another one here: predictor, files or task differ", path,
                           planned->cells[i].name);
    return LL_OK;
}

/* --- tasks --- */

/* They stand in order. */
int ll_sweep_first_cell(const ll_sweep_plan *p, int task)
{
    int lo = 0, hi = p->n;
    while (lo < hi) {
        int middle = lo + (hi - lo) / 2;
        if (p->cells[middle].task < task)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

double ll_sweep_task_seconds(const ll_sweep_plan *p, int task)
{
    double seconds = 0;
    for (int i = ll_sweep_first_cell(p, task); i < p->n && p->cells[i].task == task; i++)
        seconds += p->cells[i].seconds;
    return seconds;
}

int ll_sweep_task_cells(const ll_sweep_plan *p, int task)
{
    return ll_sweep_first_cell(p, task + 1) - ll_sweep_first_cell(p, task);
}

double ll_sweep_longest_task(const ll_sweep_plan *p)
{
    double longest = 0;
    for (int i = 0; i < p->tasks; i++) longest = fmax(longest, ll_sweep_task_seconds(p, i));
    return longest;
}

char *ll_sweep_folder(const char *plan)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s.d", plan);
    return ll_str_take(&b);
}

char *ll_sweep_task_path(const char *plan, int task, const char *suffix)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s.d/task-%06d%s", plan, task, suffix);
    return ll_str_take(&b);
}
