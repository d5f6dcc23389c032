/* `plot alpha`: the probabilities that the latest search by the gradient went through (core/search/trace.h keeps them in its
 * result). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

static const cJSON *latest(const ll_state *s)
{
    for (int i = 0; i < s->n_searches; i++)
        if (cJSON_GetObjectItemCaseSensitive(s->searches[i]->result, "alpha")) return s->searches[i]->result;
    return NULL;
}

/* A row for each choice whose probabilities are as many as there are steps. */
static int read_rows(const cJSON *alpha, int n_steps, ll_alpha_row **out)
{
    const cJSON *at, *p;
    int n = 0;
    *out = NULL;
    cJSON_ArrayForEach(at, cJSON_GetObjectItemCaseSensitive(alpha, "positions"))
    {
        const cJSON *choice = cJSON_GetObjectItemCaseSensitive(at, "choices");
        choice = choice ? choice->child : NULL;
        cJSON_ArrayForEach(p, cJSON_GetObjectItemCaseSensitive(at, "p"))
        {
            if (cJSON_GetArraySize(p) == n_steps && cJSON_IsString(choice)) {
                double *v = LL_NEW_ARRAY(double, n_steps + 1);
                const cJSON *x = p->child;
                for (int i = 0; i < n_steps; i++, x = x->next)
                    v[i] = cJSON_IsNumber(x) ? x->valuedouble : NAN;
                *out = ll_realloc(*out, (size_t)n + 1, sizeof **out);
                (*out)[n++] = (ll_alpha_row){ll_json_get_str(at, "position", ""), choice->valuestring, v};
            }
            choice = choice ? choice->next : NULL;
        }
    }
    return n;
}

static double end_of(const cJSON *alpha, const char *key, bool last)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(alpha, key);
    int n = cJSON_GetArraySize(v);
    const cJSON *x = n ? cJSON_GetArrayItem(v, last ? n - 1 : 0) : NULL;
    return cJSON_IsNumber(x) ? x->valuedouble : NAN;
}

static void note_expected(const cJSON *alpha, ll_figure *f)
{
    const char *unit = ll_json_get_str(alpha, "unit", "");
    ll_figure_note(
        f, "expected %s %.4g %s at first, %.4g %s in the end, where the draws take %.4g %s; lambda %.3g",
        ll_json_get_str(alpha, "quantity", ""), end_of(alpha, "expected", false), unit,
        end_of(alpha, "expected", true), unit, end_of(alpha, "drawn", true), unit,
        end_of(alpha, "lambda", true));
}

ll_status ll_gather_alpha(ll_plot_request *p, ll_figure **out)
{
    const cJSON *result = latest(&p->rq->state);
    if (!result)
        return LL_FAIL(p->rq, LL_FAILED,
                       "no search by the gradient is kept; `search DEVICE max=5 method=gradient` does that");
    const cJSON *alpha = cJSON_GetObjectItemCaseSensitive(result, "alpha");
    double *step;
    ll_alpha_row *rows;
    int n_steps = ll_json_get_nums(alpha, "step", &step), n = read_rows(alpha, n_steps, &rows);
    ll_str title = {0};
    ll_str_addf(&title, "probabilities of choices: %s", ll_json_get_str(result, "title", "search"));
    ll_alpha_data d = {ll_str_text(&title), step, n_steps, rows, n, p->size};
    ll_status s = ll_build_alpha(&d, out, &p->rq->error);
    if (!s) note_expected(alpha, *out);
    ll_json_int(p->result, "steps", n_steps);
    for (int i = 0; i < n; i++) free((double *)rows[i].p);
    free(rows);
    free(step);
    ll_str_free(&title);
    return s;
}
