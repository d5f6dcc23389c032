/* diagnose: why a device transfers badly. */
#include <ctype.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/text/progress.h"
#include "core/commands/commands.h"
#include "core/commands/diagnose/diagnose.h"
#include "core/commands/refit.h"
#include "core/commands/worklist.h"
#include "core/sample/design.h"

/* As many as asked for; where nobody has, no more than the device has. */
static int sample_size(const ll_request *rq, int device)
{
    int k = ll_int(&rq->args, "k"), known = ll_dataset_count(rq->state.data, device);
    return ll_given(&rq->args, "k") || !known || known > k ? k : known;
}

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
        s = ll_draw(rq, device, ll_word(&rq->args, "sampler"), sample_size(rq, device),
                    (uint64_t)ll_real(&rq->args, "seed"), LL_PROTOCOL_FULL, NULL);
    if (!s) s = ll_transfer_now(rq, model, device, NULL, out);
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

static ll_status ask_device(ll_request *rq, ll_answers *a)
{
    ll_status s = ll_diagnose_outlook(a->q, &a->outlook, &rq->error);
    if (!s) s = ll_diagnose_noise(a->q, &a->noise, &rq->error);
    if (s) return s;
    ll_outlook_ceiling(&a->outlook, &a->noise);
    return ll_diagnose_sources(a->q, &a->sources, &rq->error);
}

/* It sets the scale of the device, so that the sources have nothing to hold against it either. */
static ll_status only_sample(ll_answers *a)
{
    const ll_diagnosis *q = a->q;
    int row = q->transfer->samples.v[0];
    return ll_fail(
        &a->no_residuals, LL_FAILED,
        "row %d with its %.4g %s is the only sample: it says how fast the device is, and nothing is "
        "there to hold it against; from the second on each is held against the others",
        row, ll_latencies(q->data, q->device)[row], ll_device_unit(q->data, q->device));
}

/* With few latencies the samples left out are the residuals. */
static ll_status ask_residuals(ll_answers *a)
{
    if (!a->outlook.few || !a->outlook.left_out)
        return ll_diagnose_residuals(a->q, &a->residuals, &a->no_residuals);
    return a->q->transfer->samples.n < 2 ? only_sample(a) : LL_OK;
}

/* Where the latencies do not suffice for an answer, that is the answer. */
static void ask_prices(ll_answers *a)
{
    a->no_prices.status = ll_diagnose_prices(a->q, &a->prices, &a->no_prices);
    a->no_residuals.status = ask_residuals(a);
}

static ll_status ask_samples(ll_request *rq, ll_answers *a)
{
    ll_status s = ll_diagnose_samples(a->q, &a->samples, &rq->error);
    a->loss = ll_diagnose_loss(&a->noise, &a->samples);
    a->metrics = ll_transfer_metrics(a->q->transfer, a->q->data, LL_PROTOCOL_FULL, .9, NULL);
    return s;
}

/* *asked counts the questions that have an answer. */
static ll_status ask_all(ll_request *rq, ll_answers *a, int *asked)
{
    ll_status s = next_question(rq, 0);
    if (!s) s = ask_device(rq, a);
    if (!s) s = next_question(rq, *asked = 2);
    if (s) return s;
    ask_prices(a);
    s = ll_diagnose_kernels(a->q, &a->kernels, &rq->error);
    if (!s) s = next_question(rq, *asked = 3);
    if (!s) s = ask_samples(rq, a);
    if (!s) s = next_question(rq, *asked = 4);
    if (!s)
        s = ll_diagnose_advice(a->q, &a->outlook, rq->state.models, rq->state.n_models, &a->advice,
                               &rq->error);
    if (!s) *asked = 5;
    return s;
}

/* --- the list of what to measure --- */

/* "todo-my_phone.csv": a device may be called anything, a file may not. */
static void name_file(const char *device, ll_str *out)
{
    enum { LONGEST = 80 };
    ll_str_add(out, "todo-");
    for (int i = 0; device[i] && i < LONGEST; i++)
        ll_str_addc(out, isalnum((unsigned char)device[i]) || strchr("._-", device[i]) ? device[i] : '_');
    ll_str_add(out, ".csv");
}

/* *file becomes its name, and stays empty where none is asked for, none is of use, or none can be written, which is said:
 * the diagnosis stands without it. */
static void write_list(ll_request *rq, const ll_answers *a, ll_str *file)
{
    const ll_ints *next = &a->outlook.next;
    const char *out = ll_word(&rq->args, "out");
    ll_error e = rq->error;
    if (!next->n || (ll_given(&rq->args, "out") ? !out : ll_all_known(a->q, next))) return;
    if (out)
        ll_str_add(file, out);
    else
        name_file(a->q->data->devices[a->q->device].name, file);
    ll_worklist list = {a->q->data, next->v, NULL, next->n};
    if (!ll_worklist_write(rq, &list, ll_str_text(file), false)) return;
    ll_warn(rq, "the list of what to measure is not written: %s", rq->error.message);
    rq->error = e;
    ll_str_clear(file);
}

/* --- all of it --- */

static void show_evidence(ll_request *rq, ll_answers *a, int asked)
{
    if (asked >= 2) {
        ll_emit_noise(rq, a);
        ll_emit_sources(rq, a);
    }
    if (asked >= 3) {
        if (a->no_prices.status)
            ll_warn(rq, "3. What is mispriced? %s", a->no_prices.message);
        else
            ll_emit_prices(rq, a);
        if (a->no_residuals.status)
            ll_warn(rq, "3. Which are predicted wrong? %s", a->no_residuals.message);
        else if (a->outlook.few && a->outlook.left_out)
            ll_emit_left_out(rq, a);
        else
            ll_emit_residuals(rq, a);
    }
    if (asked >= 4) ll_emit_samples(rq, a);
}

/* The verdict comes first, so all is asked before anything is said; cut short, what there is is shown. */
static ll_status answer_all(ll_request *rq, const ll_diagnosis *q)
{
    ll_answers a = {.q = q};
    ll_str file = {0};
    int asked = 0;
    ll_status s = ask_all(rq, &a, &asked);
    if (!s) {
        write_list(rq, &a, &file);
        ll_emit_verdict(rq, &a);
        ll_emit_advice(rq, &a, file.len ? ll_str_text(&file) : NULL);
    }
    show_evidence(rq, &a, asked);
    ll_str_free(&file);
    ll_answers_free(&a);
    return s;
}

/* What is proposed is what `suggest` would: behind all that is measured, by the same sampler. */
static ll_status plan_next(ll_request *rq, ll_diagnosis *q)
{
    q->have = ll_measured_rows(q->data, q->device, q->transfer);
    return ll_need_sampler(rq, "auto", &q->sampler);
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
    s = plan_next(rq, &q);
    if (!s) s = answer_all(rq, &q);
    ll_ints_free(&q.have);
    return s;
}

static const ll_option diagnose_options[] = {
    LL_OPT_WORD("device", NULL, "the target device; absent: that of the latest transfer", LL_POSITIONAL,
                LL_OF(DEVICE)),
    LL_OPT_WORD("predictor", NULL, "whose transfer is judged; absent: the latest, else gp", LL_OF(PREDICTOR)),
    LL_OPT_INT("k", "20", 2, 2000, "draw so many anew", .unit = "samples"),
    LL_OPT_WORD("sampler", "random", "how they are drawn", LL_OF(SAMPLER)),
    LL_OPT_REAL("seed", "1", 0, 9007199254740992, "of all draws"),
    LL_OPT_INT("draws", "20", 1, 1000, "repeated draws of samples"),
    LL_OPT_INT("next", "5", 0, 1000, "how many samples to propose"),
    LL_OPT_WORD(
        "out", NULL,
        "the list of them, a CSV file to fill in; absent: todo-DEVICE.csv for a device of which they are not "
        "measured; none: no file",
        LL_OF_OUTPUT),
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
     .help = "The verdict comes first, in a paragraph, then what to do: with the list of what to measure "
             "next, the\n"
             "architectures that `suggest next=5` gives, as a file to fill in and import. The evidence "
             "follows: is the\n"
             "device itself noisy, is it like any source (or another device of the dataset), what is "
             "mispriced, was it\n"
             "the samples. Words are explained where they come first. The latest transfer of the device is "
             "judged;\n"
             "without one, or with k=, sampler= or seed=, a new one. Latencies beyond the samples are looked "
             "at for the\n"
             "diagnosis where the dataset has them, never for a prediction.",
     .examples = "  diagnose pixel2\n  diagnose eyeriss k=10 sampler=dopt"},
    {0},
};
