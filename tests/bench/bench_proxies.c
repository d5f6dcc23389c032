/* Zero-cost proxies: architectures a second on one core, 64 images of noise. */
#include <math.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/proxies/proxies.h"
#include "core/space/moves.h"
#include "tests/bench/bench.h"

enum { BATCH = 64, ARCHS = 4 };
static const double enough_s = 5;

static double rate(const ll_space *s, const ll_proxy *const *which, int n, const ll_proxy_images *images)
{
    ll_proxy_desk *desk = ll_proxy_desk_new();
    ll_rng r = ll_rng_new(2, LL_STREAM_DATA);
    uint8_t gene[LL_MAX_POSITIONS];
    double out[LL_MOST_PROXIES], start = ll_cpu_s(), used = 0;
    int done = 0;
    ll_error e = {0};
    for (; used < enough_s && done < ARCHS; used = ll_cpu_s() - start, done++) {
        ll_space_random(s, &r, gene);
        ll_proxy_job job = {.space = s, .gene = gene, .which = which, .n = n, .images = images, .seed = 1};
        if (ll_proxies_of(desk, &job, out, &e)) break;
    }
    ll_proxy_desk_free(desk);
    return done / used;
}

/* Those that want the same pass, together, then the ones with passes of their own. */
static void bench_space_of(const char *name)
{
    const ll_space *s = ll_space_find(name);
    ll_proxy_images images;
    char row[64];
    ll_proxy_noise(1, BATCH, 32, 10, &images);
    for (int i = 0; ll_proxies[i]; i++) {
        const ll_proxy *p = ll_proxies[i];
        if (p->wants < LL_WANTS_FORWARD) continue;
        snprintf(row, sizeof row, "proxies_%s_%s", p->name, s->name);
        bench_row(row, rate(s, &p, 1, &images), "archs/s", NAN, "higher", NULL);
    }
    ll_proxy_images_free(&images);
}

void bench_proxies(void)
{
    bench_title("zero-cost proxies, one core, 64 images");
    bench_space_of("nasbench201");
    bench_space_of("fbnet");
}
