/* A table of two source and two target devices of task ND, one of which is N1's, that agree to 1 %. Latency is linear in
 * how often the operations occur, so `opcount` is nearly right and a count of multiply-adds is not. */
#ifndef LL_TESTS_ND_TABLE_H
#define LL_TESTS_ND_TABLE_H

#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/space/space.h"
#include "tests/check.h"

/* n cells of nasbench201, every step-th, latencies times `scale`, as table.csv in the test's own folder. */
static void write_nd_table(int n, int step, double scale)
{
    static const double ms_of[5] = {0, 3, 1, 2, 5};
    const ll_space *s = ll_space_find("nasbench201");
    ll_rng r = ll_rng_new(4, 1);
    ll_str text = {0};
    ll_error e = {0};
    ll_str_add(&text, "index,1080ti_1,pixel3,eyeriss,raspi4\n");
    for (int i = 0; i < n; i++) {
        uint8_t gene[6];
        double ms = 4;
        s->at(s, i * step, gene);
        for (int p = 0; p < 6; p++) ms += ms_of[gene[p]];
        ll_str_addf(&text, "%d", i * step);
        for (int d = 0; d < 4; d++) ll_str_addf(&text, ",%.4f", scale * ms * (1 + .01 * ll_rng_uniform(&r)));
        ll_str_add(&text, "\n");
    }
    char *path = ll_path_join(check_tmpdir(), "table.csv");
    CHECK_INT(ll_write_file(path, ll_str_text(&text), text.len, &e), LL_OK);
    free(path);
    ll_str_free(&text);
}

#endif
