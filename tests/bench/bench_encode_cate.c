/* The learnt encoding cate on all 15,625 cells, small and for its 10 epochs. */
#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/encode/encoding.h"
#include "tests/bench/bench.h"
#include "tests/spaces.h"

void bench_encode_cate(void)
{
    bench_title("encode: cate");
    ll_dataset *d = all_cells();
    ll_pool *pool = ll_pool_new((int)sysconf(_SC_NPROCESSORS_ONLN));
    ll_encoder *c = NULL;
    ll_encode_job job = {.archs = d->archs, .seed = 1, .pool = pool};
    ll_quality q[LL_MOST_QUALITIES];
    char note[80] = "";
    double start = ll_now_s();
    if (!ll_encoder_fit("cate", &job, &c, NULL)) {
        double took = ll_now_s() - start;
        c->encoding->qualities(c->state, q);
        snprintf(note, sizeof note, "%.1f %% of hidden operations, %.1f %% the most frequent",
                 100 * q[0].value, 100 * q[1].value);
        bench_row("encode_cate_nb201", took, "s", 120, "lower", note);
    }
    ll_encoder_unref(c);
    ll_pool_free(pool);
    ll_dataset_unref(d);
}
