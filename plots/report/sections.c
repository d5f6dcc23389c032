#include "plots/report/sections.h"

#include <math.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/quantities.h"
#include "core/app/stale.h"
#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "core/commands/look/look.h"
#include "core/commands/search/report.h"
#include "plots/commands.h"
#include "plots/report/html.h"

enum { MOST_ROWS = 200, MOST_FRONT = 100 };

/* --- asking ------------------------------------------------------------------------------------------------- */

/* What goes wrong with one part is said there. */
static ll_status say_why(ll_report *r, ll_status s)
{
    if (!s || s == LL_CANCELLED) return s;
    ll_html_absent(&r->out, r->rq->error.message);
    r->rq->error = (ll_error){0};
    return LL_OK;
}

static ll_status ask(ll_report *r, const char *line, cJSON **results)
{
    *results = NULL;
    return ll_app_ask_line(r->rq, line, results);
}

static ll_status add_answers(ll_report *r, const char *line)
{
    cJSON *results;
    const cJSON *o;
    ll_status s = ask(r, line, &results);
    cJSON_ArrayForEach(o, results) if (!s) ll_html_result(&r->out, o, MOST_ROWS);
    cJSON_Delete(results);
    return say_why(r, s);
}

static void add_caption(ll_report *r, const cJSON *result)
{
    const cJSON *note;
    ll_str_add(&r->out, "<figcaption><b>");
    ll_html_text(&r->out, ll_json_get_str(result, "title", ""));
    ll_str_add(&r->out, ".</b>");
    cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(result, "notes"))
    {
        ll_str_addc(&r->out, ' ');
        ll_html_text(&r->out, cJSON_GetStringValue(note));
        ll_str_addc(&r->out, ';');
    }
    if (r->out.s[r->out.len - 1] == ';') r->out.s[r->out.len - 1] = '.';
    ll_str_add(&r->out, "</figcaption>\n");
}

/* Its title is the caption's; texts are large enough to be read on a telephone, points few enough to be sent. */
static ll_status add_figure(ll_report *r, const char *line)
{
    static const ll_plot_size size = {.width = 560, .font = 12, .paper = true, .points = 1500};
    ll_str svg = {0};
    cJSON *result;
    ll_status s = ll_plot_svg(r->rq, line, &size, &svg, &result);
    if (!s) {
        ll_str_add(&r->out, "<figure>\n");
        ll_html_svg(&r->out, ll_str_text(&svg), ++r->figures, ll_json_get_str(result, "title", ""));
        add_caption(r, result);
        ll_str_add(&r->out, "</figure>\n");
    }
    cJSON_Delete(result);
    ll_str_free(&svg);
    return say_why(r, s);
}

static void open_details(ll_report *r, const char *summary)
{
    ll_str_addf(&r->out, "<details><summary>%s</summary>\n", summary);
}

static void close_details(ll_report *r)
{
    ll_str_add(&r->out, "</details>\n");
}

/* --- data --------------------------------------------------------------------------------------------------- */

/* As it was written down when the data was made: its shape is the maker's. */
static void add_provenance(ll_report *r)
{
    const cJSON *provenance = r->rq->state.data->provenance;
    if (!provenance) {
        ll_html_absent(&r->out, "The dataset does not say how it was made.");
        return;
    }
    char *text = ll_json_text(provenance);
    open_details(r, "How it was made, as the dataset says");
    ll_html_lines(&r->out, text);
    close_details(r);
    cJSON_free(text);
}

static void add_stale(ll_report *r)
{
    ll_strs sentences = {0};
    ll_stale_sentences(&r->rq->state, &sentences);
    for (int i = 0; i < sentences.n; i++) ll_html_absent(&r->out, sentences.v[i]);
    ll_strs_free(&sentences);
}

static ll_status add_data(ll_report *r)
{
    add_stale(r);
    ll_status s = add_answers(r, "devices");
    if (!s && r->rq->state.data->n_scores) s = add_answers(r, "scores");
    if (s) return s;
    open_details(r, "What to know before trusting a column");
    s = add_answers(r, "audit");
    close_details(r);
    add_provenance(r);
    return s;
}

/* --- devices, task, samples --------------------------------------------------------------------------------- */

static ll_status add_correlation(ll_report *r)
{
    return add_figure(r, "plot heatmap");
}

static ll_status add_task(ll_report *r)
{
    if (r->rq->state.task) return add_answers(r, "task show");
    ll_html_absent(&r->out,
                   "No devices are set apart as source and target; `partition` or `task` does that.");
    return LL_OK;
}

static ll_status add_samples(ll_report *r)
{
    if (r->rq->state.samples) return add_answers(r, "sample show");
    ll_html_absent(&r->out, "No architectures are picked to be measured; `sample` does that.");
    return LL_OK;
}

/* --- training ----------------------------------------------------------------------------------------------- */

static ll_status add_training(ll_report *r)
{
    const ll_state *s = &r->rq->state;
    ll_status status = LL_OK;
    int n = 0;
    for (int i = 0; i < s->n_models && !status; i++) {
        const ll_model *m = s->models[i];
        ll_str line = {0};
        if (!cJSON_GetObjectItemCaseSensitive(m->info, "history")) continue;
        ll_quote_addf(&line, "plot curve predictor=%s", m->predictor->name);
        status = add_figure(r, line.s);
        ll_str_free(&line);
        n++;
    }
    if (!n)
        ll_html_absent(&r->out, s->n_models
                                    ? "The predictors at hand are fitted at once: there is no course to show."
                                    : "No predictor is pretrained; `pretrain` does that.");
    return status;
}

/* --- predictions -------------------------------------------------------------------------------------------- */

static ll_status add_line(ll_report *r, ll_status (*add)(ll_report *r, const char *line), const char *format,
                          const ll_transfer *t)
{
    ll_str line = {0};
    ll_quote_addf(&line, format, t->device, t->predictor->name);
    ll_status s = add(r, line.s);
    ll_str_free(&line);
    return s;
}

static ll_status add_transfer(ll_report *r, const ll_transfer *t)
{
    ll_str_add(&r->out, "<h3>");
    ll_html_text(&r->out, t->device);
    ll_str_add(&r->out, " by ");
    ll_html_text(&r->out, t->predictor->name);
    ll_str_add(&r->out, "</h3>\n<div class=\"pair\"><div>\n");
    ll_status s = add_line(r, add_figure, "plot scatter %s predictor=%s worst=3", t);
    ll_str_add(&r->out, "</div><div>\n");
    if (!s) s = add_line(r, add_answers, "eval %s predictor=%s", t);
    ll_str_add(&r->out, "</div></div>\n");
    return s;
}

static ll_status add_predictions(ll_report *r)
{
    ll_status s = LL_OK;
    if (!r->n_shown)
        ll_html_absent(&r->out, "Nothing is predicted yet; `pretrain`, then `transfer DEVICE` does that.");
    for (int i = 0; i < r->n_shown && !s; i++) s = add_transfer(r, r->shown[i]);
    if (r->n_shown < r->n_transfers)
        ll_str_addf(&r->out, "<p class=\"note\">The latest %d of %d predictions are shown.</p>\n", r->n_shown,
                    r->n_transfers);
    return s;
}

/* --- diagnosis ---------------------------------------------------------------------------------------------- */

static double spearman_of(const ll_report *r, const ll_transfer *t)
{
    return ll_transfer_metrics(t, r->rq->state.data, LL_PROTOCOL_FULL, .9, NULL).spearman;
}

/* Of what is shown, the device that ranks worst: the one to ask about. */
static const ll_transfer *worst_shown(const ll_report *r)
{
    const ll_transfer *worst = NULL;
    double least = INFINITY;
    for (int i = 0; i < r->n_shown; i++) {
        double x = spearman_of(r, r->shown[i]);
        if (worst && !(x < least)) continue;
        worst = r->shown[i];
        if (x < least) least = x;
    }
    return worst;
}

static ll_status add_diagnosis(ll_report *r)
{
    const ll_transfer *t = worst_shown(r);
    if (!r->diagnose || !t) {
        ll_html_absent(&r->out,
                       t ? "It was not asked for: diagnose=on." : "There is no transfer to diagnose.");
        return LL_OK;
    }
    ll_status s = add_line(r, add_answers, "diagnose %s predictor=%s out=none", t);
    if (!s) s = add_line(r, add_figure, "plot residual %s predictor=%s by=operation", t);
    return s;
}

/* --- search ------------------------------------------------------------------------------------------------- */

static void add_choice(ll_report *r, const cJSON *found)
{
    static const ll_column columns[] = {{"arch", "chosen", NULL, -1},
                                        {"ms", "predicted", "ms", 4},
                                        {"true_ms", "measured", "ms", 4},
                                        {"max_ms", "limit", "ms", 4},
                                        {"p", "to hold with probability", NULL, -1},
                                        {"score_name", "score", NULL, -1},
                                        {"score", "of the chosen one", NULL, 3},
                                        {"regret", "short of the best there is", NULL, 3},
                                        {"method", "method", NULL, -1},
                                        {"predictor", "predictor", NULL, -1},
                                        {"evaluations", "architectures evaluated", NULL, 0},
                                        {"measurements", "measurements of the target", NULL, 0},
                                        {0}};
    cJSON *o = cJSON_Duplicate(found, true);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "columns");
    cJSON_DeleteItemFromObjectCaseSensitive(o, "rows");
    cJSON_DeleteItemFromObjectCaseSensitive(o, "text");
    ll_result_columns(o, columns);
    ll_mark_quantities(&r->rq->state, o);
    ll_html_result(&r->out, o, MOST_ROWS);
    cJSON_Delete(o);
}

static ll_status add_search(ll_report *r)
{
    const ll_state *s = &r->rq->state;
    if (!s->n_searches) {
        ll_html_absent(&r->out, "Nothing was searched; `search DEVICE max=5` does that.");
        return LL_OK;
    }
    ll_str why = {0};
    if (ll_stale_search(s, s->searches[0], &why)) ll_html_absent(&r->out, why.s);
    ll_str_free(&why);
    add_choice(r, s->searches[0]->result);
    ll_status status = add_figure(r, "plot front");
    if (!status && s->n_searches > 1) status = add_figure(r, "plot search");
    cJSON *front = ll_search_front_result(s->searches[0]->result, MOST_FRONT);
    open_details(r, "The front");
    ll_mark_quantities(&r->rq->state, front);
    ll_html_result(&r->out, front, MOST_FRONT);
    close_details(r);
    cJSON_Delete(front);
    return status;
}

/* --- commands ----------------------------------------------------------------------------------------------- */

static ll_status add_commands(ll_report *r)
{
    cJSON *results;
    const cJSON *row;
    ll_status s = ask(r, "journal", &results);
    if (s) {
        cJSON_Delete(results);
        return say_why(r, s);
    }
    const cJSON *o = cJSON_GetArrayItem(results, 0);
    int now = ll_json_get_int(o, "at", 0);
    ll_str_add(&r->out, "<pre class=\"commands\">");
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(o, "rows"))
    {
        int step = ll_json_get_int(row, "step", 0);
        if (step < 1 || step > now) continue; /* what was undone made nothing of this */
        ll_html_text(&r->out, ll_json_get_str(row, "line", ""));
        ll_str_addc(&r->out, '\n');
    }
    ll_str_add(&r->out, "</pre>\n");
    cJSON_Delete(results);
    return LL_OK;
}

const ll_report_section ll_report_sections[] = {
    {"data", "Data", "What was measured, on which devices, and where it comes from.", add_data},
    {"devices", "How alike the devices are",
     "Rank correlation of latencies over the architectures that both devices know.", add_correlation},
    {"task", "Task", "Devices to learn from, and devices to predict.", add_task},
    {"samples", "Samples", "The few architectures that were measured on the target.", add_samples},
    {"training", "Training", "How the predictors were learnt.", add_training},
    {"predictions", "Predictions", "Predicted against measured latency of all that was not a sample.",
     add_predictions},
    {"diagnosis", "Diagnosis", "Why the device that is ranked worst is not ranked better.", add_diagnosis},
    {"search", "Search", "The architecture to deploy, and what else could be chosen.", add_search},
    {"commands", "Commands", "These lines make all of it again: latlab FILE runs them.", add_commands},
    {0},
};

/* --- cards -------------------------------------------------------------------------------------------------- */

static void add_card(ll_report *r, const char *number, const char *text)
{
    ll_str_add(&r->out, "<div class=\"card\"><b>");
    ll_html_text(&r->out, number);
    ll_str_add(&r->out, "</b><span>");
    ll_html_text(&r->out, text);
    ll_str_add(&r->out, "</span></div>\n");
}

static void add_count(ll_report *r, long n, const char *what)
{
    ll_str number = {0};
    ll_add_thousands(&number, n);
    add_card(r, number.s, what);
    ll_str_free(&number);
}

static void add_score(ll_report *r, const ll_transfer *t)
{
    ll_str number = {0}, text = {0};
    double x = spearman_of(r, t);
    if (!isfinite(x)) return;
    ll_add_number(&number, x, 3);
    ll_str_addf(&text, "Spearman on %s, %s with %d %s", t->device, t->predictor->name, t->samples.n,
                ll_noun(t->samples.n, "sample", "samples"));
    add_card(r, number.s, text.s);
    ll_str_free(&text);
    ll_str_free(&number);
}

static void add_found(ll_report *r, const cJSON *o)
{
    ll_str number = {0}, text = {0};
    double ms = ll_json_get_num(o, "true_ms", ll_json_get_num(o, "ms", NAN)),
           score = ll_json_get_num(o, "score", NAN);
    if (!isfinite(score)) return;
    ll_str_addf(&number, "%.4g", score);
    ll_str_addf(&text, "%s of the architecture chosen", ll_json_get_str(o, "score_name", "score"));
    if (isfinite(ms)) ll_str_addf(&text, ", %.4g %s", ms, ll_result_unit(o));
    add_card(r, number.s, text.s);
    ll_str_free(&text);
    ll_str_free(&number);
}

void ll_report_cards(ll_report *r)
{
    const ll_state *s = &r->rq->state;
    ll_str_add(&r->out, "<div class=\"cards\">\n");
    add_count(r, s->data->n_archs, "architectures");
    add_count(r, s->data->n_devices, s->data->n_devices == 1 ? "device" : "devices");
    if (s->task) {
        ll_str number = {0};
        ll_str_addf(&number, "%d \342\206\222 %d", s->task->source.n, s->task->target.n);
        add_card(r, number.s, "source and target devices");
        ll_str_free(&number);
    }
    if (r->n_shown) add_score(r, r->shown[0]);
    if (s->n_searches) add_found(r, s->searches[0]->result);
    ll_str_add(&r->out, "</div>\n");
}
