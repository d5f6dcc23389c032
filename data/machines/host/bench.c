#include "data/machines/host/bench.h"

#include <stdlib.h>

#include "core/base/mem.h"

struct ll_bench {
    const ll_host_settings *settings;
    void *runner, *control;
    ll_network network, control_network;
    double patience_s;
};

static void run_network(void *ctx)
{
    ll_bench *b = ctx;
    b->settings->engine->run(b->runner);
}

static void run_control(void *ctx)
{
    ll_bench *b = ctx;
    b->settings->engine->run(b->control);
}

/* One number of each cache line, which nobody may leave out. */
static void read_input(void *ctx)
{
    enum { LINE = 64 };
    const ll_bench *b = ctx;
    size_t bytes;
    const volatile char *input = b->settings->engine->input(b->runner, &bytes);
    for (size_t i = 0; i < bytes; i += LINE) (void)input[i];
}

ll_status ll_bench_open(const ll_host_settings *s, const ll_network *control, ll_bench **out, ll_error *e)
{
    ll_bench *b = *out = LL_NEW(ll_bench);
    b->settings = s;
    b->patience_s = LL_PATIENCE_S;
    b->control_network = *control;
    ll_status status = s->engine->open(s, &b->runner, e);
    if (!status) status = s->engine->open(s, &b->control, e);
    return status ? status : s->engine->load(b->control, &b->control_network, e);
}

void ll_bench_close(ll_bench *b)
{
    if (!b) return;
    b->settings->engine->close(b->runner);
    b->settings->engine->close(b->control);
    free(b);
}

ll_status ll_bench_visit(ll_bench *b, const ll_network *n, int runs, ll_visit *out, ll_error *e)
{
    b->network = *n;
    ll_status s = b->settings->engine->load(b->runner, &b->network, e);
    if (s) return s;
    ll_stopwatch w = ll_stopwatch_real(run_network, run_control, b, b->settings->threads, &b->patience_s);
    if (b->settings->warm_input) w.prepare = read_input;
    ll_timing_visit(&w, runs, out);
    return LL_OK;
}
