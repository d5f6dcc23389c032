#include "core/app/events.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

struct ll_events {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    cJSON **v; /* ring */
    int head, n, cap;
    int fd;
    bool idle;
};

ll_events *ll_events_new(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) return NULL;
    ll_events *q = LL_NEW(ll_events);
    q->fd = fd;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    q->cap = 64;
    q->v = LL_NEW_ARRAY(cJSON *, q->cap);
    q->idle = true;
    return q;
}

void ll_events_free(ll_events *q)
{
    for (cJSON *o; (o = ll_events_pop(q, false));) cJSON_Delete(o);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
    close(q->fd);
    free(q->v);
    free(q);
}

int ll_events_fd(const ll_events *q)
{
    return q->fd;
}

static void grow(ll_events *q)
{
    cJSON **v = LL_NEW_ARRAY(cJSON *, 2 * q->cap);
    for (int i = 0; i < q->n; i++) v[i] = q->v[(q->head + i) % q->cap];
    free(q->v);
    q->v = v;
    q->head = 0;
    q->cap *= 2;
}

static bool is_progress(const cJSON *o)
{
    return !strcmp(ll_json_get_str(o, "event", ""), "progress");
}

static cJSON **newest(ll_events *q)
{
    return q->n ? &q->v[(q->head + q->n - 1) % q->cap] : NULL;
}

void ll_events_push(ll_events *q, cJSON *event)
{
    pthread_mutex_lock(&q->lock);
    cJSON **last = newest(q);
    if (last && is_progress(*last) && is_progress(event) &&
        ll_json_get_int(*last, "id", -1) == ll_json_get_int(event, "id", -2)) {
        cJSON_Delete(*last);
        *last = event;
    } else {
        if (q->n == q->cap) grow(q);
        q->v[(q->head + q->n++) % q->cap] = event;
        if (q->n == 1) {
            uint64_t one = 1;
            ssize_t written = write(q->fd, &one, sizeof one);
            (void)written; /* it can only fail when the counter is set already, which is what we want */
        }
    }
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

cJSON *ll_events_pop(ll_events *q, bool wait)
{
    cJSON *event = NULL;
    pthread_mutex_lock(&q->lock);
    while (wait && !q->n && !q->idle) pthread_cond_wait(&q->changed, &q->lock);
    if (q->n) {
        event = q->v[q->head];
        q->head = (q->head + 1) % q->cap;
        if (--q->n == 0) {
            uint64_t count;
            ssize_t got = read(q->fd, &count, sizeof count);
            (void)got;
        }
    }
    pthread_mutex_unlock(&q->lock);
    return event;
}

void ll_events_idle(ll_events *q, bool idle)
{
    pthread_mutex_lock(&q->lock);
    q->idle = idle;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

cJSON *ll_event_new(const char *event, int id)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "event", event);
    ll_json_int(o, "id", id);
    return o;
}

cJSON *ll_event_with(cJSON *o, const char *event, int id)
{
    cJSON *out = ll_event_new(event, id);
    while (o->child) {
        cJSON *item = cJSON_DetachItemViaPointer(o, o->child);
        char *key = item->string;
        item->string = NULL; /* AddItem sets its own copy */
        cJSON_AddItemToObject(out, key, item);
        cJSON_free(key);
    }
    cJSON_Delete(o);
    return out;
}
