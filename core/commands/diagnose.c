/* diagnose: why a device transfers badly. */
#include <string.h>

#include "core/app/need.h"
#include "core/base/progress.h"
#include "core/commands/commands.h"
#include "core/commands/diagnose.h"
#include "core/commands/refit.h"
#include "core/sample/design.h"

/* What is judged: the latest transfer of the device, unless samples or predictor are asked for anew. */
static ll_status need_subject(ll_request *rq, int device, ll_model *gp, ll_transfer **out)
{
    const char *name = rq->state.data->devices[device].name, *predictor = ll_word(&rq->args, "predictor");
    bool anew = ll_given(&rq->args, "k") || ll_given(&rq->args, "sampler") || ll_given(&rq->args, "seed");
    *out = anew ? NULL : ll_state_transfer(&rq->state, name, predictor);
    if (*out) return LL_OK;
    ll_model *model = gp;
    ll_status s = LL_OK;
    if (predictor) s = ll_need_model(rq, predictor, &model);
    if (!s)
        s = ll_draw(rq, device, ll_word(&rq->args, "sampler"), ll_int(&rq->args, "k"),
                    (uint64_t)ll_real(&rq->args, "seed"), LL_PROTOCOL_FULL, NULL);
    if (!s) s = ll_transfer_now(rq, model, device, NULL, out);
    return s;
}

static ll_status answer_device(ll_request *rq, const ll_diagnosis *q, const ll_outlook *outlook,
                               ll_noise_report *noise)
{
    ll_sources_report sources;
    ll_status s = ll_diagnose_noise(q, noise, &rq->error);
    if (s) return s;
    ll_outlook_ceiling(outlook, noise);
    ll_emit_noise(rq, q, noise, outlook);
    s = ll_diagnose_sources(q, &sources, &rq->error);
    if (!s) ll_emit_sources(rq, q, &sources);
    ll_sources_report_free(&sources);
    return s;
}

/* Where the latencies do not suffice for an answer, that is said and the next question asked. */
static void answer_prices(ll_request *rq, const ll_diagnosis *q, const ll_outlook *outlook)
{
    ll_prices_report prices;
    ll_residuals_report residuals;
    ll_error e = {0};
    if (ll_diagnose_prices(q, &prices, &e))
        ll_warn(rq, "3. What is mispriced? %s", e.message);
    else
        ll_emit_prices(rq, q, &prices);
    ll_prices_report_free(&prices);
    if (outlook->few && outlook->left_out) {
        ll_emit_left_out(rq, q, outlook);
        return;
    }
    if (ll_diagnose_residuals(q, &residuals, &e))
        ll_warn(rq, "3. Which are predicted wrong? %s", e.message);
    else
        ll_emit_residuals(rq, q, &residuals);
    ll_residuals_report_free(&residuals);
}

static ll_status answer_samples(ll_request *rq, const ll_diagnosis *q, const ll_outlook *outlook,
                                ll_loss *loss, const ll_noise_report *noise)
{
    ll_samples_report samples;
    ll_status s = ll_diagnose_samples(q, &samples, &rq->error);
    if (!s) {
        ll_emit_samples(rq, q, &samples, outlook);
        *loss = ll_diagnose_loss(noise, &samples);
    }
    ll_samples_report_free(&samples);
    return s;
}

static ll_status answer_advice(ll_request *rq, const ll_diagnosis *q, const ll_outlook *outlook)
{
    ll_advice_report advice;
    ll_status s = ll_diagnose_advice(q, outlook, rq->state.models, rq->state.n_models, &advice, &rq->error);
    if (!s) ll_emit_advice(rq, q, &advice, outlook);
    ll_advice_report_free(&advice);
    return s;
}

enum { QUESTIONS = 5 };

/* Before each question: where we are, and whether to go on. */
static ll_status next_question(ll_request *rq, int asked)
{
    if (ll_cancelled(rq->observer)) return LL_FAIL(rq, LL_CANCELLED, "cancelled");
    if (rq->observer) ll_progress(rq->observer, ll_progress_new("questions", asked, QUESTIONS));
    return LL_OK;
}

static ll_status answer_all(ll_request *rq, const ll_diagnosis *q)
{
    ll_outlook outlook = {0};
    ll_noise_report noise;
    ll_loss loss;
    ll_status s = next_question(rq, 0);
    if (!s) s = ll_diagnose_outlook(q, &outlook, &rq->error);
    if (!s) s = answer_device(rq, q, &outlook, &noise);
    if (!s) s = next_question(rq, 2);
    if (!s) answer_prices(rq, q, &outlook);
    if (!s) s = next_question(rq, 3);
    if (!s) s = answer_samples(rq, q, &outlook, &loss, &noise);
    if (!s) s = next_question(rq, 4);
    if (!s) s = answer_advice(rq, q, &outlook);
    if (!s) ll_emit_verdict(rq, q, &noise, &loss, &outlook);
    ll_outlook_free(&outlook);
    return s;
}

static ll_status run_diagnose(ll_request *rq)
{
    int device;
    ll_model *gp;
    ll_transfer *subject;
    ll_status s = ll_need_task(rq);
    if (!s) s = ll_need_device(rq, "device", &device);
    if (!s) s = ll_need_prior(rq, &ll_dopt, &gp);
    if (!s) s = need_subject(rq, device, gp, &subject);
    if (s) return s;
    ll_diagnosis q = {.data = rq->state.data,
                      .task = rq->state.task,
                      .device = device,
                      .transfer = subject,
                      .model = ll_state_model(&rq->state, subject->predictor->name),
                      .gp = gp,
                      .draws = ll_int(&rq->args, "draws"),
                      .next = ll_int(&rq->args, "next"),
                      .seed = (uint64_t)ll_real(&rq->args, "seed"),
                      .known = &rq->state.encoders,
                      .observer = rq->observer,
                      .pool = rq->pool};
    if (ll_ints_find(&q.task->source, device) >= 0)
        ll_warn(rq, "%s is a source device of task %s: the predictors have seen its latencies",
                subject->device, q.task->name);
    return answer_all(rq, &q);
}

static const ll_option diagnose_options[] = {
    LL_OPT_WORD("device", NULL, "the target device; absent: that of the latest transfer", LL_POSITIONAL,
                LL_OF(DEVICE)),
    LL_OPT_WORD("predictor", NULL, "whose transfer is judged; absent: the latest, else gp", LL_OF(PREDICTOR)),
    LL_OPT_INT("k", "20", 2, 1e6, "draw so many anew", .unit = "samples"),
    LL_OPT_WORD("sampler", "random", "how they are drawn", LL_OF(SAMPLER)),
    LL_OPT_REAL("seed", "1", 0, 9007199254740992, "of all draws"),
    LL_OPT_INT("draws", "20", 1, 1000, "repeated draws of samples"),
    LL_OPT_INT("next", "5", 0, 1000, "how many samples to propose"),
    {0},
};

const ll_command ll_diagnose_commands[] = {
    {.name = "diagnose",
     .alias = "why",
     .group = "predict",
     .summary = "Say why a device transfers badly: noise, sources, prices, samples, what to do",
     .options = diagnose_options,
     .flags = LL_CMD_LONG,
     .run = run_diagnose,
     .help =
         "Five questions in order: is the device itself noisy, is it like any source, what is mispriced, was "
         "it\n"
         "the samples, what to do. Every statement carries its number. The latest transfer of the device is\n"
         "judged; without one, or with k=, sampler= or seed=, a new one. Latencies beyond the samples are\n"
         "looked at for the diagnosis where the dataset has them, never for a prediction.",
     .examples = "  diagnose pixel2\n  diagnose eyeriss k=10 sampler=dopt"},
    {0},
};
