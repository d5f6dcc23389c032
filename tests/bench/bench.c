#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/num/blas_choice.h"

typedef struct subject {
    const char *name;
    void (*run)(void);
} subject;

static const subject subjects[] = {
    {"import", bench_import},   {"look", bench_look},
    {"gemm", bench_gemm},       {"gp", bench_gp},
    {"help", bench_help},       {"sessions", bench_sessions},
    {"nasflat", bench_nasflat}, {"nn", bench_nn},
    {"search", bench_search},   {"space", bench_space},
    {"tui", bench_tui},         {"real_loop", bench_real_loop},
    {"proxies", bench_proxies}, {"encode", bench_encode},
    {"sweep", bench_sweep},     {0},
};

static cJSON *rows;

void bench_title(const char *title)
{
    printf("\n%s\n", title);
}

void bench_row(const char *name, double value, const char *unit, double aim, const char *better,
               const char *note)
{
    printf("  %-24s %12.4g %-8s", name, value, unit);
    if (!isnan(aim)) printf(" aim %8.4g, %s is better", aim, better);
    printf("%s%s\n", note ? "  " : "", note ? note : "");
    fflush(stdout);
    cJSON *o = ll_json_obj(rows, NULL);
    ll_json_str(o, "name", name);
    ll_json_num(o, "value", value);
    ll_json_str(o, "unit", unit);
}

int main(int argc, char **argv)
{
    int asked = ll_blas_restart(argv);
    if (asked) return asked;
    ll_blas_init();
    rows = cJSON_CreateArray();
    for (const subject *s = subjects; s->name; s++)
        if (argc < 2 || strstr(s->name, argv[1])) s->run();
    char *text = ll_json_text(rows);
    ll_error e = {0};
    ll_make_dirs("build", &e);
    if (ll_write_file("build/bench.json", text, strlen(text), &e))
        fprintf(stderr, "%s\n", e.message);
    else
        printf("\nwritten: build/bench.json\n");
    cJSON_free(text);
    cJSON_Delete(rows);
    return e.status;
}
