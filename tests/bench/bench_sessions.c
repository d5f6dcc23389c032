/* What keeping a session costs: the journal line of a command, saving, opening with a model and predictions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "sessions/commands.h"
#include "tests/bench/bench.h"

static ll_app *app_new(void)
{
    static const ll_command *const tables[] = {ll_data_commands,    ll_partition_commands,
                                               ll_look_commands,    ll_sample_commands,
                                               ll_predict_commands, ll_session_commands};
    ll_app *a = ll_app_new(&(ll_app_config){"data/bundled", 0});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    ll_sessions_start(a);
    return a;
}

/* Seconds from the line to its END. */
static double run_s(ll_app *a, const char *line)
{
    double start = ll_now_s();
    ll_app_submit(a, line);
    for (cJSON *event; (event = ll_app_wait(a));) cJSON_Delete(event);
    return ll_now_s() - start;
}

static double least(ll_app *a, const char *one, const char *other, int n)
{
    double best = INFINITY;
    for (int i = 0; i < n; i++) best = fmin(best, run_s(a, i % 2 ? other : one));
    return best;
}

void bench_sessions(void)
{
    char home[] = "/tmp/latlab-bench-XXXXXX";
    if (!mkdtemp(home)) return;
    setenv("XDG_DATA_HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    bench_title("sessions (nb201_sim: 15,625 architectures, 14 devices; gp, two transfers)");
    ll_app *a = app_new();
    run_s(a, "load nb201_sim");
    bench_row("journal a small step", 1e3 * least(a, "tag sim_eyeriss", "untag sim_eyeriss", 20), "ms", NAN,
              "lower", "append and fsync");
    run_s(a, "partition source=sim_v100_b1,sim_raspi4 target=sim_eyeriss,sim_tpu_v1");
    run_s(a, "pretrain gp");
    run_s(a, "transfer sim_tpu_v1 k=10");
    run_s(a, "transfer sim_eyeriss k=10");
    bench_row("undo", 1e3 * least(a, "undo", "redo", 20), "ms", NAN, "lower", NULL);
    bench_row("save", 1e3 * run_s(a, "save bench"), "ms", NAN, "lower", "copy of every blob, synced");
    ll_app_free(a);
    a = app_new();
    bench_row("open", 1e3 * run_s(a, "open bench"), "ms", NAN, "lower",
              "dataset, model and predictions from disk");
    ll_app_free(a);
    ll_remove_tree(home, NULL);
}
