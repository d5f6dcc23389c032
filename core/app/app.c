#include "core/app/app.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/app/events.h"
#include "core/app/parse.h"
#include "core/app/quantities.h"
#include "core/app/simulated.h"
#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"

typedef struct queued {
    struct queued *next;
    int id;
    char *line;
} queued;

enum { LL_KEPT_KINDS = 4 };

struct ll_app {
    const ll_command **commands;
    int n_commands;
    pthread_mutex_t lock; /* guards what changes below, but the atomics */
    pthread_cond_t work;
    pthread_t worker;
    queued *first, **last;
    bool stop, no_worker;
    atomic_bool input_free;
    int next_id;
    ll_state state; /* the committed one */
    ll_events *events;
    atomic_int running_id, cancel_id, heard_id; /* 0: none */
    double running_since_s;                     /* guarded by `lock` */
    atomic_bool drop_queue, paused, worker_ended;
    ll_pool *pool;
    int threads;
    char *data_dir;
    ll_commit_hook hook;
    void *hook_ctx;
    ll_dataset_loader loader;
    const ll_owned_kind *kept[LL_KEPT_KINDS + 1]; /* ends with NULL */
    void *slots[LL_SLOTS];
    void (*slot_release[LL_SLOTS])(void *);
};

/* --- running one request --- */

static void send(ll_app *a, const char *event, int id, const char *key, const char *text)
{
    cJSON *o = ll_event_new(event, id);
    if (key) ll_json_str(o, key, text);
    ll_events_push(a->events, o);
}

static void send_error(const ll_request *rq)
{
    cJSON *o = ll_event_new("error", rq->id);
    ll_json_str(o, "message", rq->error.message);
    if (rq->in_the_way) ll_json_str(o, "in_the_way", rq->in_the_way);
    ll_events_push(rq->app->events, o);
}

static void send_end(ll_app *a, int id, ll_status status, double seconds)
{
    cJSON *o = ll_event_new("end", id);
    ll_json_str(o, "status", ll_status_word(status));
    ll_json_int(o, "code", (long)status);
    ll_json_num(o, "seconds", seconds);
    ll_events_push(a->events, o);
}

static void on_progress(void *ctx, cJSON *progress)
{
    ll_request *rq = ctx;
    ll_advise(rq);
    ll_events_push(rq->app->events, ll_event_with(progress, "progress", rq->id));
}

/* Who asks and is told so has heard of it; ll_app_deaf looks for who does not ask. */
static bool is_cancelled(const ll_request *rq)
{
    if (ll_cancelled(rq->outer)) return true;
    if (atomic_load_explicit(&rq->app->cancel_id, memory_order_relaxed) != rq->id) return false;
    atomic_store_explicit(&rq->app->heard_id, rq->id, memory_order_relaxed);
    return true;
}

/* Long work asks at every step: the place to wait when it is paused. A look beside it is never paused. */
static bool on_cancelled(void *ctx)
{
    ll_request *rq = ctx;
    static const struct timespec a_moment = {0, 10000000};
    while (atomic_load_explicit(&rq->app->paused, memory_order_relaxed) && !is_cancelled(rq) &&
           atomic_load(&rq->app->running_id) == rq->id)
        nanosleep(&a_moment, NULL);
    return is_cancelled(rq);
}

static void commit(ll_request *rq)
{
    ll_app *a = rq->app;
    if (a->hook) a->hook(a->hook_ctx, rq);
    pthread_mutex_lock(&a->lock);
    ll_state old = a->state;
    ll_state_copy(&a->state, &rq->state);
    pthread_mutex_unlock(&a->lock);
    ll_state_free(&old);
}

static ll_status parse_request(ll_request *rq)
{
    ll_strs words = {0};
    char open;
    ll_split_marked(rq->line, &words, &open);
    ll_status s = open       ? LL_FAIL(rq, LL_USAGE, "a quote %c is never closed", open)
                  : !words.n ? LL_FAIL(rq, LL_USAGE, "an empty line, a command was expected")
                             : LL_OK;
    if (!s) {
        ll_parse_question(&words);
        s = ll_app_need_command(rq->app, words.v[0], &rq->command, &rq->error);
    }
    if (!s) s = ll_parse_options(rq->command, words.v, words.n, &rq->args, &rq->more, &rq->error);
    if (s && rq->command) ll_fail_in(&rq->error, "%s: ", rq->command->name);
    ll_strs_free(&words);
    return s;
}

/* What is cancelled and worth keeping is kept: the hook reads and writes files to their end. */
static void commit_undisturbed(ll_request *rq)
{
    const ll_observer *before = ll_interrupt_watch(NULL);
    commit(rq);
    ll_interrupt_watch(before);
}

/* Parse, run, commit. The results are kept for the hook when there is one. */
static ll_status carry_out(ll_request *rq)
{
    ll_status s = parse_request(rq);
    bool changes = rq->command && rq->command->flags & LL_CMD_CHANGES;
    if (changes && rq->app->hook && !rq->results) rq->results = cJSON_CreateArray();
    if (!s) s = rq->command->run(rq);
    if (changes && !rq->unchanged && (s == LL_OK || (s == LL_CANCELLED && rq->commit_on_cancel)))
        commit_undisturbed(rq);
    return s;
}

static void free_request(ll_request *rq)
{
    ll_state_free(&rq->state);
    ll_values_free(&rq->args);
    ll_values_free(&rq->more);
    cJSON_Delete(rq->results);
    ll_strs_free(&rq->outputs);
    free(rq->in_the_way);
}

static void run_request(ll_app *a, int id, const char *line, ll_pool *pool)
{
    ll_request rq = {.app = a, .id = id, .line = line, .pool = pool};
    ll_observer observer = {.progress = on_progress, .cancelled = on_cancelled, .ctx = &rq};
    rq.observer = &observer;
    rq.begun_s = ll_now_s();
    send(a, "begin", id, "command", line);
    ll_app_snapshot(a, &rq.state);
    rq.outer = ll_interrupt_watch(&observer);
    ll_status s = carry_out(&rq);
    ll_interrupt_watch(rq.outer);
    if (s && s != LL_CANCELLED) send_error(&rq);
    atomic_store(&a->heard_id, id); /* what has ended is not deaf, however long it takes to clear up */
    send_end(a, id, s, ll_now_s() - rq.begun_s);
    free_request(&rq);
}

static ll_status run_inside(ll_request *outer, const char *line, bool quiet, cJSON **results)
{
    ll_request rq = {.app = outer->app,
                     .id = outer->id,
                     .line = line,
                     .quiet = quiet || outer->quiet,
                     .pool = outer->pool,
                     .made_then = outer->made_then,
                     .observer = outer->observer};
    if (results) rq.results = cJSON_CreateArray();
    ll_state_copy(&rq.state, &outer->state);
    ll_status s = carry_out(&rq);
    bool committed = s == LL_OK || (s == LL_CANCELLED && rq.commit_on_cancel);
    if (committed && rq.command->flags & LL_CMD_CHANGES) {
        ll_state_free(&outer->state);
        outer->state = rq.state;
        rq.state = (ll_state){0};
    }
    outer->error = rq.error;
    if (results) {
        *results = rq.results;
        rq.results = NULL;
    }
    free_request(&rq);
    return s;
}

ll_status ll_app_run_line(ll_request *outer, const char *line, cJSON **results)
{
    return run_inside(outer, line, false, results);
}

ll_status ll_app_ask_line(ll_request *outer, const char *line, cJSON **results)
{
    return run_inside(outer, line, true, results);
}

/* --- the worker --- */

static queued *pop(ll_app *a)
{
    queued *q = a->first;
    if (q) {
        a->first = q->next;
        if (!a->first) a->last = &a->first;
    }
    return q;
}

static void cancel_dropped(ll_app *a, queued *q)
{
    send(a, "begin", q->id, "command", q->line);
    send_end(a, q->id, LL_CANCELLED, 0);
}

bool ll_app_line_has(const ll_app *a, const char *line, unsigned flags)
{
    char name[64];
    size_t n = strcspn(line, " \t?");
    if (!n || n >= sizeof name) return false;
    memcpy(name, line, n);
    name[n] = 0;
    const ll_command *c = ll_app_find(a, name);
    return c && c->flags & flags;
}

static void *worker(void *arg)
{
    ll_app *a = arg;
    pthread_mutex_lock(&a->lock);
    for (;;) {
        while (!a->first && !a->stop) pthread_cond_wait(&a->work, &a->lock);
        if (!a->first) atomic_store(&a->drop_queue, false);
        if (a->stop) break;
        queued *q = pop(a);
        atomic_store(&a->running_id, q->id);
        a->running_since_s = ll_now_s();
        pthread_mutex_unlock(&a->lock);
        if (atomic_load(&a->drop_queue))
            cancel_dropped(a, q);
        else
            run_request(a, q->id, q->line, a->pool);
        free(q->line);
        free(q);
        pthread_mutex_lock(&a->lock);
        atomic_store(&a->running_id, 0);
        atomic_store(&a->paused, false);
        if (!a->first) {
            atomic_store(&a->drop_queue, false);
            ll_events_idle(a->events, true);
        }
    }
    pthread_mutex_unlock(&a->lock);
    atomic_store(&a->worker_ended, true);
    return NULL;
}

/* --- the face's side --- */

ll_app *ll_app_new(const ll_app_config *config)
{
    ll_blas_init();
    ll_json_start();
    ll_events *events = ll_events_new();
    if (!events) return NULL;
    ll_app *a = LL_NEW(ll_app);
    a->next_id = 1;
    a->last = &a->first;
    a->events = events;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->work, NULL);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    a->threads = config && config->threads > 0 ? config->threads : cores > 0 ? (int)cores : 1;
    a->pool = ll_pool_new(a->threads);
    a->data_dir = ll_app_find_data_dir(config ? config->data_dir : NULL);
    errno = pthread_create(&a->worker, NULL, worker, a);
    if (!errno) return a;
    a->no_worker = true;
    int why = errno;
    ll_app_free(a);
    errno = why;
    return NULL;
}

void ll_app_set_input_free(ll_app *a, bool is_free)
{
    atomic_store(&a->input_free, is_free);
}

bool ll_app_input_is_free(const ll_app *a)
{
    return atomic_load(&a->input_free);
}

static void tell_worker_to_stop(ll_app *a)
{
    ll_app_cancel_all(a);
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->work);
    pthread_mutex_unlock(&a->lock);
}

bool ll_app_stop(ll_app *a, double patience_s)
{
    static const struct timespec tick = {0, 1000000};
    if (!ll_app_busy(a)) return true;
    tell_worker_to_stop(a);
    for (double begun_s = ll_now_s(); !atomic_load(&a->worker_ended);) {
        ll_app_cancel(a);
        if (ll_app_deaf(a) && ll_now_s() - begun_s > patience_s) return false;
        nanosleep(&tick, NULL);
    }
    return true;
}

void ll_app_abandon(ll_app *a)
{
    pthread_detach(a->worker);
}

void ll_app_free(ll_app *a)
{
    if (!a) return;
    tell_worker_to_stop(a);
    if (!a->no_worker) pthread_join(a->worker, NULL);
    for (queued *q; (q = pop(a));) {
        free(q->line);
        free(q);
    }
    for (int i = 0; i < LL_SLOTS; i++)
        if (a->slot_release[i]) a->slot_release[i](a->slots[i]);
    ll_pool_free(a->pool);
    ll_events_free(a->events);
    ll_state_free(&a->state);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->work);
    free(a->commands);
    free(a->data_dir);
    free(a);
}

void ll_app_register(ll_app *a, const ll_command *commands)
{
    for (; commands->name; commands++) {
        a->commands = ll_realloc(a->commands, (size_t)a->n_commands + 1, sizeof *a->commands);
        a->commands[a->n_commands++] = commands;
    }
}

ll_app *ll_app_like(const ll_app *a, const ll_app_config *config)
{
    ll_app *like = ll_app_new(config);
    if (!like) return NULL;
    like->commands = ll_memdup(a->commands, (size_t)a->n_commands, sizeof *a->commands);
    like->n_commands = a->n_commands;
    like->loader = a->loader;
    return like;
}

/* Somebody has watched a command for a while, or told it to stop, and typed this then: it is no line pasted behind
 * it. */
static bool watched(const ll_app *a)
{
    static const double a_while_s = 1;
    int id = atomic_load(&a->running_id);
    bool told = id && atomic_load(&a->cancel_id) == id;
    return !a->first && (told || ll_now_s() - a->running_since_s > a_while_s);
}

static int submit(ll_app *a, const char *line, bool typed)
{
    while (isspace((unsigned char)*line)) line++;
    if (!*line || *line == '#') return 0;
    pthread_mutex_lock(&a->lock);
    int id = a->next_id++;
    bool busy = atomic_load(&a->running_id) || a->first;
    bool beside = busy && ll_app_line_has(a, line, LL_CMD_LOOK) && (!typed || watched(a));
    if (!beside) {
        queued *q = LL_NEW(queued);
        *q = (queued){NULL, id, ll_strdup(line)};
        *a->last = q;
        a->last = &q->next;
        ll_events_idle(a->events, false);
        pthread_cond_signal(&a->work);
    }
    pthread_mutex_unlock(&a->lock);
    if (beside) run_request(a, id, line, NULL);
    return id;
}

int ll_app_submit(ll_app *a, const char *line)
{
    return submit(a, line, false);
}

int ll_app_submit_typed(ll_app *a, const char *line)
{
    return submit(a, line, true);
}

int ll_app_fd(const ll_app *a)
{
    return ll_events_fd(a->events);
}

cJSON *ll_app_next(ll_app *a)
{
    return ll_events_pop(a->events, false);
}

cJSON *ll_app_wait(ll_app *a)
{
    return ll_events_pop(a->events, true);
}

void ll_app_cancel(ll_app *a)
{
    int id = atomic_load(&a->running_id);
    if (id) atomic_store(&a->cancel_id, id);
}

bool ll_app_deaf(const ll_app *a)
{
    int id = atomic_load(&a->running_id);
    return id && atomic_load(&a->cancel_id) == id && atomic_load(&a->heard_id) != id;
}

void ll_app_pause(ll_app *a, bool paused)
{
    atomic_store(&a->paused, paused && atomic_load(&a->running_id));
}

bool ll_app_paused(const ll_app *a)
{
    return atomic_load(&a->paused);
}

void ll_app_cancel_all(ll_app *a)
{
    pthread_mutex_lock(&a->lock);
    if (a->first) atomic_store(&a->drop_queue, true);
    pthread_mutex_unlock(&a->lock);
    ll_app_cancel(a);
}

bool ll_app_busy(const ll_app *a)
{
    ll_app *own = (ll_app *)a;
    pthread_mutex_lock(&own->lock);
    bool busy = atomic_load(&own->running_id) || own->first;
    pthread_mutex_unlock(&own->lock);
    return busy;
}

const ll_command *ll_app_find(const ll_app *a, const char *name)
{
    for (int i = 0; i < a->n_commands; i++) {
        const ll_command *c = a->commands[i];
        if (!strcmp(c->name, name) || (c->alias && !strcmp(c->alias, name))) return c;
    }
    return NULL;
}

const ll_command *ll_app_command_at(const ll_app *a, int i)
{
    return i >= 0 && i < a->n_commands ? a->commands[i] : NULL;
}

void ll_app_snapshot(ll_app *a, ll_state *out)
{
    pthread_mutex_lock(&a->lock);
    ll_state_copy(out, &a->state);
    pthread_mutex_unlock(&a->lock);
}

void ll_app_restore(ll_app *a, const ll_state *s)
{
    pthread_mutex_lock(&a->lock);
    ll_state old = a->state;
    ll_state_copy(&a->state, s);
    pthread_mutex_unlock(&a->lock);
    ll_state_free(&old);
}

void ll_app_on_commit(ll_app *a, ll_commit_hook hook, void *ctx)
{
    a->hook = hook;
    a->hook_ctx = ctx;
}

void ll_app_set_loader(ll_app *a, ll_dataset_loader loader)
{
    a->loader = loader;
}

ll_status ll_app_load_dataset(ll_app *a, const char *name, ll_dataset **out, ll_error *e)
{
    return a->loader ? a->loader(a, name, out, e)
                     : ll_fail(e, LL_FAILED, "%s: no reader of datasets is built in", name);
}

void ll_app_keep(ll_app *a, const ll_owned_kind *kind)
{
    int n = 0;
    while (a->kept[n]) n++;
    if (n < LL_KEPT_KINDS) a->kept[n] = kind;
}

const ll_owned_kind *ll_app_kept_kind(const ll_app *a, int i)
{
    return a->kept[i];
}

void ll_app_set_slot(ll_app *a, ll_slot slot, void *p, void (*release)(void *))
{
    if (a->slot_release[slot]) a->slot_release[slot](a->slots[slot]);
    a->slots[slot] = p;
    a->slot_release[slot] = release;
}

void *ll_app_slot(const ll_app *a, ll_slot slot)
{
    return a->slots[slot];
}

int ll_app_threads(const ll_app *a)
{
    return a->threads;
}

void ll_emit(ll_request *rq, cJSON *result)
{
    ll_mark_simulated(rq->state.data, result, &rq->said_simulated);
    ll_mark_quantities(&rq->state, result);
    if (rq->results) cJSON_AddItemToArray(rq->results, cJSON_Duplicate(result, true));
    if (rq->quiet)
        cJSON_Delete(result);
    else
        ll_events_push(rq->app->events, ll_event_with(result, "result", rq->id));
}

static void talk(ll_request *rq, const char *event, const char *fmt, va_list ap)
{
    ll_str text = {0};
    ll_str_addv(&text, fmt, ap);
    send(rq->app, event, rq->id, "message", ll_str_text(&text));
    ll_str_free(&text);
}

void ll_note(ll_request *rq, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    talk(rq, "note", fmt, ap);
    va_end(ap);
}

void ll_warn(ll_request *rq, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    talk(rq, "warning", fmt, ap);
    va_end(ap);
}

const char *ll_app_data_dir(const ll_app *a)
{
    return a->data_dir;
}
