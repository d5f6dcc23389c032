/* nasflat while it learns: what a face is told, and that it can be stopped; its presets. */
#include "core/base/clock.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "tests/predict/nasflat_world.h"

typedef struct watch {
    int events, stop_after_epoch;
    bool stop;
    double asked_s, last_s, longest_s;
    bool complete; /* every field a face draws was there */
} watch;

static void on_progress(void *ctx, cJSON *p)
{
    watch *w = ctx;
    double now = ll_now_s();
    static const char *const fields[] = {"epoch",    "loss",   "lr",     "items_per_s",
                                         "spearman", "left_s", "devices"};
    static const char *const moving[] = {"rows", "scores", "device"};
    bool pretraining = !strcmp(ll_json_get_str(p, "phase", ""), "pretrain");
    for (int i = 0; i < (pretraining ? 7 : 3); i++)
        w->complete = w->complete && cJSON_GetObjectItem(p, pretraining ? fields[i] : moving[i]);
    if (w->events++) w->longest_s = fmax(w->longest_s, now - w->last_s);
    w->last_s = now;
    if (ll_json_get_int(p, "epoch", 0) >= w->stop_after_epoch && !w->stop) {
        w->stop = true;
        w->asked_s = now;
    }
    cJSON_Delete(p);
}

static bool is_stopped(void *ctx)
{
    return ((watch *)ctx)->stop;
}

static void cancelling_keeps_the_last_complete_epoch(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    watch w = {.stop_after_epoch = 6, .complete = true};
    ll_observer o = {on_progress, is_stopped, &w, 0};
    s.observer = &o;
    set(&s.pretrain, "epochs", "5000");
    void *model = NULL;
    ll_prediction p;
    CHECK_INT(pretrain(&s, &model), LL_CANCELLED);
    CHECK(model != NULL);
    CHECK(w.events > 0 && w.complete);
    s.observer = NULL;
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_OK);
    CHECK(quality(&s, &p) > .5);
    ll_prediction_free(&p);
    w = (watch){.stop = true};
    s.observer = &o;
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_CANCELLED);
    ll_nasflat.release(model);
    model = NULL;
    CHECK_INT(pretrain(&s, &model), LL_CANCELLED); /* before the first epoch there is nothing to keep */
    CHECK(!model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void transfer_shows_scores_that_move(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    watch w = {.stop_after_epoch = 1 << 30, .complete = true};
    ll_observer o = {on_progress, is_stopped, &w, 0};
    s.observer = &o;
    tune(&s, "150");
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_OK);
    CHECK(w.events >= 2 && w.complete);
    ll_prediction_free(&p);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void paper_preset_fills_what_was_not_said(void)
{
    ll_values given, v;
    ll_values_init(&given, ll_nasflat_pretrain_options);
    set(&given, "preset", "paper");
    ll_nasflat_resolve(&given, &v);
    CHECK_STR(ll_word(&v, "pairs"), "all");
    ll_values_free(&v);
    set(&given, "pairs", "within");
    ll_nasflat_resolve(&given, &v);
    CHECK_STR(ll_word(&v, "pairs"), "within");
    ll_values_free(&v);
    ll_values_free(&given);
}

static const check_case cases[] = {
    {"cancelling keeps the last complete epoch", cancelling_keeps_the_last_complete_epoch},
    {"transfer shows scores that move", transfer_shows_scores_that_move},
    {"paper preset fills what was not said", paper_preset_fills_what_was_not_said},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat_live", cases, argc, argv);
}
