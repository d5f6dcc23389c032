/* A fixed set of worker threads for data-parallel loops. The app makes one and hands it down.
 * Determinism: work is cut into n numbered chunks by the caller, never by thread count, so the same seed
 * gives the same bits with any number of threads. */
#ifndef LL_NUM_POOL_H
#define LL_NUM_POOL_H

typedef struct ll_pool ll_pool;

ll_pool *ll_pool_new(int threads); /* at least 1; the calling thread counts as one */
void ll_pool_free(ll_pool *p);
int ll_pool_threads(const ll_pool *p); /* 1 for NULL */
/* Calls fn(ctx, i) for i = 0 .. n-1, each once, on any thread, and returns when all are done.
 * NULL pool: in order on the calling thread. Not reentrant: one parallel loop at a time. */
void ll_pool_run(ll_pool *p, int n, void (*fn)(void *ctx, int i), void *ctx);
/* The same, and says which thread calls, 0 .. ll_pool_threads(p) - 1: for memory that one chunk leaves warm to the next.
 * No result may depend on it. */
void ll_pool_run_by(ll_pool *p, int n, void (*fn)(void *ctx, int i, int thread), void *ctx);

#endif
