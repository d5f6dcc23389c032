/* The lesson sessions/real_loop.latlab, timed: choose, measure here, transfer, score on 200 held-out architectures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/parse.h"
#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "data/machines/measure.h"
#include "sessions/commands.h"
#include "tests/bench/bench.h"

static ll_app *app_new(void)
{
    static const ll_command *const tables[] = {ll_data_commands,  ll_measure_commands, ll_partition_commands,
                                               ll_look_commands,  ll_sample_commands,  ll_predict_commands,
                                               ll_active_commands};
    ll_app *a = ll_app_new(&(ll_app_config){"data/bundled", 0});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    return a;
}

static void show_scores(const cJSON *eval)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(eval, "rows"))
    {
        char name[64], note[64];
        const char *predictor = ll_json_get_str(row, "predictor", "");
        snprintf(name, sizeof name, "%s: Spearman", predictor);
        snprintf(note, sizeof note, "%d held-out architectures, %d samples", ll_json_get_int(row, "n", 0),
                 ll_json_get_int(row, "k", 0));
        bench_row(name, ll_json_get_num(row, "spearman", NAN), "", NAN, "higher", note);
        snprintf(name, sizeof name, "%s: median APE", predictor);
        bench_row(name, ll_json_get_num(row, "median_ape", NAN), "%", NAN, "lower", NULL);
    }
}

/* Seconds from the line to its END; the scores of `eval` become rows. False: it failed, and says why. */
static bool run(ll_app *a, const char *line, double *seconds)
{
    double start = ll_now_s();
    bool good = true;
    ll_app_submit(a, line);
    for (cJSON *event; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        const char *kind = ll_json_get_str(event, "event", "");
        if (!strcmp(ll_json_get_str(event, "kind", ""), "eval")) show_scores(event);
        if (strcmp(kind, "error")) continue;
        printf("  %s: %s\n", line, ll_json_get_str(event, "message", ""));
        good = false;
    }
    *seconds = ll_now_s() - start;
    return good;
}

static void run_lesson(ll_app *a, const ll_strs *lines)
{
    double all_s = 0, measuring_s = 0, s;
    for (int i = 0; i < lines->n; i++) {
        const char *line = lines->v[i];
        if (*line == '#' || !strncmp(line, "plot", 4)) continue;
        if (!run(a, line, &s)) return;
        all_s += s;
        if (!strncmp(line, "measure", 7)) measuring_s += s;
    }
    bench_row("real loop", all_s, "s", NAN, "lower", "the whole lesson without its figures");
    bench_row("of it measuring", measuring_s, "s", NAN, "lower", "10 + 200 cells on this machine");
}

void bench_real_loop(void)
{
    char home[] = "/tmp/latlab-bench-XXXXXX", *text = NULL;
    ll_strs lines = {0};
    if (!mkdtemp(home)) return;
    setenv("XDG_DATA_HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    bench_title("real_loop (sessions/real_loop.latlab: this machine as a device that nobody has measured)");
    if (ll_read_file("sessions/real_loop.latlab", 0, &text, NULL, NULL)) return;
    ll_split_lines(text, &lines);
    ll_app *a = app_new();
    run_lesson(a, &lines);
    ll_app_free(a);
    ll_strs_free(&lines);
    free(text);
    ll_remove_tree(home, NULL);
}
