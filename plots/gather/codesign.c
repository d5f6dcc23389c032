/* `plot codesign`: the best objective over evaluations of the latest co-design (data/machines/codesign.h keeps its result in
 * the state), and what published designs come to beside it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/text/json.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

static const struct {
    const char *objective, *label;
} labels[] = {{"edp", "best EDP (cycles x multiply-adds)"},
              {"latency", "fewest cycles"},
              {"energy", "least energy (multiply-adds)"}};

static const char *label_of(const char *objective)
{
    for (size_t i = 1; i < sizeof labels / sizeof *labels; i++)
        if (!strcmp(labels[i].objective, objective)) return labels[i].label;
    return labels[0].label;
}

/* In the unit of the axis, where that is of this quantity. */
static void note_designs(const cJSON *result, bool of_axis, ll_figure *f)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "rows"))
    {
        char number[LL_CURVE_NUMBER];
        double edp = ll_json_get_num(row, "edp", 0);
        int power = ll_curve_power(of_axis ? f->panels[0].y.hi : edp);
        ll_figure_note(f, "%s: %s, EDP %s, %.3g times the best found", ll_json_get_str(row, "design", ""),
                       ll_json_get_str(row, "accelerator", ""), ll_curve_number(edp, power, number),
                       ll_json_get_num(row, "ratio", 0));
    }
}

ll_status ll_gather_codesign(ll_plot_request *p, ll_figure **out)
{
    ll_request *rq = p->rq;
    if (!rq->state.codesign)
        return LL_FAIL(rq, LL_FAILED,
                       "no co-design was searched yet; `codesign space=nasbench201` does that");
    const cJSON *result = rq->state.codesign->result;
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(result, "steps");
    double *at, *best;
    int n = ll_json_get_nums(steps, "evaluations", &at), m = ll_json_get_nums(steps, "best", &best);
    ll_curve_part part = {label_of(ll_json_get_str(result, "objective", "edp")), best, n < m ? n : m};
    ll_curve_data d = {.title = ll_json_get_str(result, "title", "co-design"),
                       .x_label = "evaluations",
                       .x = at,
                       .parts = &part,
                       .n_parts = 1,
                       .size = p->size};
    ll_status s = ll_build_curve(&d, out, &rq->error);
    if (!s) note_designs(result, part.name == labels[0].label, *out);
    ll_json_bool(p->result, "simulated", true);
    free(at);
    free(best);
    return s;
}
