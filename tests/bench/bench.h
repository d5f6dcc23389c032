/* Measurements, one file per subject; bench.c lists them. Each prints its rows through bench_row, which also
 * collects them for build/bench.json. Never a test: nothing here passes or fails. */
#ifndef LL_TESTS_BENCH_H
#define LL_TESTS_BENCH_H

/* `aim` NAN: none. `better` is "higher" or "lower". */
void bench_row(const char *name, double value, const char *unit, double aim, const char *better,
               const char *note);
void bench_title(const char *title);

void bench_import(void);
void bench_look(void);
void bench_encode(void);
void bench_gemm(void);
void bench_gp(void);
void bench_nn(void);
void bench_help(void);
void bench_search(void);
void bench_sessions(void);
void bench_nasflat(void);
void bench_space(void);
void bench_tui(void);
void bench_real_loop(void);
void bench_proxies(void);
void bench_sweep(void);

#endif
