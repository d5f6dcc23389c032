/* What `import csv` costs beside reading the file: many devices, many architectures, one line a measurement. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "data/commands/commands.h"
#include "tests/bench/bench.h"

static void write_latency(FILE *f, ll_rng *rng)
{
    fprintf(f, ",%.4f", 1 + 10 * ll_rng_uniform(rng));
}

static void write_wide(const char *path, int archs, int devices)
{
    ll_rng rng = ll_rng_new(1, 0);
    FILE *f = fopen(path, "w");
    fputs("arch", f);
    for (int j = 0; j < devices; j++) fprintf(f, ",device_%d", j);
    for (int i = 0; i < archs; i++) {
        putc('\n', f);
        for (int k = i, p = 0; p < 8; p++, k /= 5) putc('a' + k % 5, f), putc(p < 7 ? '_' : ' ', f);
        for (int j = 0; j < devices; j++) write_latency(f, &rng);
    }
    fclose(f);
}

static void write_long(const char *path, int archs, int devices)
{
    ll_rng rng = ll_rng_new(1, 0);
    FILE *f = fopen(path, "w");
    fputs("arch,device,latency_ms", f);
    for (int i = 0; i < archs * devices; i++) {
        fprintf(f, "\n%d,device_%d", i / devices, i % devices);
        write_latency(f, &rng);
    }
    fclose(f);
}

/* The cells alone. */
static double read_s(const char *path)
{
    double start = ll_now_s();
    ll_csv c;
    bool more;
    if (ll_csv_open(&c, path, NULL)) return NAN;
    while (!ll_csv_next(&c, &more, NULL) && more) continue;
    ll_csv_close(&c);
    return ll_now_s() - start;
}

static void measure(const char *home, const char *path, const char *name, const char *space)
{
    ll_str line = {0};
    ll_app *a = ll_app_new(&(ll_app_config){home, 1});
    ll_app_register(a, ll_data_commands);
    ll_str_addf(&line, "import csv %s as table unit=ms %s", path, space);
    double reading = read_s(path), start = ll_now_s();
    ll_app_submit(a, line.s);
    for (cJSON *event; (event = ll_app_wait(a));) cJSON_Delete(event);
    double all = ll_now_s() - start;
    ll_app_free(a);
    char note[80];
    snprintf(note, sizeof note, "%.1f times the time of reading its cells", all / reading);
    bench_row(name, all, "s", NAN, "lower", note);
    ll_str_free(&line);
}

void bench_import(void)
{
    static const char own[] = "space=bench8 positions=8 ops=a,b,c,d,e";
    char home[] = "/tmp/latlab-bench-XXXXXX";
    if (!mkdtemp(home)) return;
    char *path = ll_path_join(home, "table.csv");
    bench_title("import csv, written and synced");
    write_wide(path, 300, 5000);
    measure(home, path, "5,000 devices x 300 architectures", own);
    write_wide(path, 100000, 50);
    measure(home, path, "50 devices x 100,000 architectures", own);
    write_long(path, 5000, 200);
    measure(home, path, "a line each of 200 devices x 5,000", "space=nasbench201");
    unlink(path);
    free(path);
    ll_remove_tree(home, NULL);
}
