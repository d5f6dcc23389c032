/* Encodings that are learnt, fitted on all of NAS-Bench-201 with their defaults. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/encode/encoding.h"
#include "tests/bench/bench.h"
#include "tests/spaces.h"

enum { THREADS = 2 };

/* "operations 0.9995, edges 0.9987": what the fit says of itself, of these. */
static void note_qualities(const ll_encoder *c, const char *const *which, ll_str *out)
{
    ll_quality q[LL_MOST_QUALITIES];
    int n = c->encoding->qualities(c->state, q);
    for (; *which; which++)
        for (int i = 0; i < n; i++)
            if (!strcmp(q[i].name, *which))
                ll_str_addf(out, "%s%s %.4f", ll_str_text(out)[0] ? ", " : "", q[i].name, q[i].value);
}

/* Rows encode_NAME_nb201 (the fit) and encode_NAME_apply. */
static void learn(const char *name, const ll_archs *archs, ll_pool *pool, double aim,
                  const char *const *which)
{
    ll_encoder *c = NULL;
    ll_matrix_f m = {0};
    ll_str row = {0}, apply = {0}, note = {0};
    ll_error e = {0};
    double start = ll_now_s();
    ll_str_addf(&row, "encode_%s_nb201", name);
    ll_str_addf(&apply, "encode_%s_apply", name);
    if (ll_encoder_fit(name, &(ll_encode_job){.archs = archs, .seed = 1, .pool = pool}, &c, &e)) {
        fprintf(stderr, "%s\n", e.message);
    } else {
        double took = ll_now_s() - start;
        note_qualities(c, which, &note);
        bench_row(ll_str_text(&row), took, "s", aim, "lower", ll_str_text(&note));
        start = ll_now_s();
        ll_encoder_apply(c, archs, &m, &e);
        bench_row(ll_str_text(&apply), ll_now_s() - start, "s", NAN, NULL, "all vectors, one thread");
    }
    ll_matrix_f_free(&m);
    ll_encoder_unref(c);
    ll_str_free(&row);
    ll_str_free(&apply);
    ll_str_free(&note);
}

void bench_encode(void)
{
    ll_dataset *cells = all_cells();
    ll_pool *pool = ll_pool_new(THREADS);
    bench_title("learnt encodings: 15,625 cells, two threads");
    learn("arch2vec", cells->archs, pool, 60, (const char *const[]){"operations", "edges", NULL});
    learn("cate", cells->archs, pool, 120, (const char *const[]){"tokens", "most_frequent", NULL});
    ll_pool_free(pool);
    ll_dataset_unref(cells);
}
