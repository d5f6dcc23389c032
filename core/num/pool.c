#include "core/num/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/base/mem.h"

typedef struct helper helper;

struct ll_pool {
    int n_threads;
    helper *helpers; /* n_threads - 1 */
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned round; /* grows by one with every loop */
    int busy;       /* helpers still in the current loop */
    bool stop;
    void (*fn)(void *, int, int);
    void *ctx;
    int n;
    atomic_int next;
};

struct helper {
    ll_pool *pool;
    pthread_t thread;
    int number;
};

static void take_chunks(ll_pool *p, int thread)
{
    for (int i; (i = atomic_fetch_add(&p->next, 1)) < p->n;) p->fn(p->ctx, i, thread);
}

static void *help(void *arg)
{
    const helper *h = arg;
    ll_pool *p = h->pool;
    unsigned seen = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->round == seen && !p->stop) pthread_cond_wait(&p->start, &p->lock);
        if (p->stop) break;
        seen = p->round;
        pthread_mutex_unlock(&p->lock);
        take_chunks(p, h->number);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0) pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

ll_pool *ll_pool_new(int threads)
{
    ll_pool *p = LL_NEW(ll_pool);
    p->n_threads = 1;
    p->helpers = LL_NEW_ARRAY(helper, threads > 1 ? threads - 1 : 1);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    /* a thread that cannot be had makes the loop slower, not wrong */
    for (; p->n_threads < threads; p->n_threads++) {
        helper *h = &p->helpers[p->n_threads - 1];
        *h = (helper){.pool = p, .number = p->n_threads};
        if (pthread_create(&h->thread, NULL, help, h)) break;
    }
    return p;
}

void ll_pool_free(ll_pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i + 1 < p->n_threads; i++) pthread_join(p->helpers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    free(p->helpers);
    free(p);
}

int ll_pool_threads(const ll_pool *p)
{
    return p ? p->n_threads : 1;
}

void ll_pool_run_by(ll_pool *p, int n, void (*fn)(void *ctx, int i, int thread), void *ctx)
{
    if (!p || p->n_threads == 1 || n < 2) {
        for (int i = 0; i < n; i++) fn(ctx, i, 0);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->ctx = ctx;
    p->n = n;
    atomic_store(&p->next, 0);
    p->busy = p->n_threads - 1;
    p->round++;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    take_chunks(p, 0);
    pthread_mutex_lock(&p->lock);
    while (p->busy) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

typedef struct plain {
    void (*fn)(void *ctx, int i);
    void *ctx;
} plain;

static void run_plain(void *ctx, int i, int thread)
{
    const plain *own = ctx;
    own->fn(own->ctx, i);
}

void ll_pool_run(ll_pool *p, int n, void (*fn)(void *ctx, int i), void *ctx)
{
    plain own = {fn, ctx};
    ll_pool_run_by(p, n, run_plain, &own);
}
