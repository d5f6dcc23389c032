#include "core/search/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

/* Every other one of those that are kept. */
static void thin(ll_trace *t)
{
    size_t size = (size_t)t->size;
    for (int i = 0; 2 * i < t->n; i++) {
        t->steps[i] = t->steps[2 * i];
        memmove(t->p + (size_t)i * size, t->p + (size_t)(2 * i) * size, size * sizeof *t->p);
    }
    t->n = (t->n + 1) / 2;
    t->every *= 2;
}

static void start(ll_trace *t, const ll_soft *s)
{
    t->size = ll_soft_size(s);
    t->every = 1;
    t->p = LL_NEW_ARRAY(double, (size_t)LL_TRACE_MOST *(size_t)t->size + 1);
    t->latest_p = LL_NEW_ARRAY(double, t->size + 1);
    t->steps = LL_NEW_ARRAY(ll_trace_step, LL_TRACE_MOST);
}

void ll_trace_add(ll_trace *t, const ll_soft *s, const ll_trace_step *step)
{
    if (!t->p) start(t, s);
    size_t size = (size_t)t->size;
    t->latest = *step;
    memcpy(t->latest_p, s->p, size * sizeof *s->p);
    if (t->n == LL_TRACE_MOST) thin(t);
    if (step->step % t->every) return;
    t->steps[t->n] = *step;
    memcpy(t->p + (size_t)t->n++ * size, s->p, size * sizeof *s->p);
}

void ll_trace_free(ll_trace *t)
{
    free(t->p);
    free(t->latest_p);
    free(t->steps);
    *t = (ll_trace){0};
}

/* --- telling ------------------------------------------------------------------------------------------------- */

/* {position, choices}, in `list`. */
static cJSON *add_position(const ll_space *space, int position, cJSON *list)
{
    cJSON *o = ll_json_obj(list, NULL), *names;
    ll_json_str(o, "position", space->positions ? space->positions[position] : "");
    names = ll_json_arr(o, "choices");
    for (int j = 0; j < ll_space_choices(space, position); j++)
        ll_json_str(names, NULL, ll_space_choice(space, position, j));
    return o;
}

static double rounded(double p)
{
    return round(1000 * p) / 1000;
}

void ll_trace_progress(const ll_trace *t, const ll_space *space, cJSON *o)
{
    if (!t->p) return;
    int width = t->size / space->n_positions;
    ll_json_num(o, "step", (double)t->latest.step);
    ll_json_num(o, "expected", t->latest.expected);
    ll_json_num(o, "drawn", t->latest.drawn);
    ll_json_num(o, "lambda", t->latest.lambda);
    cJSON *list = ll_json_arr(o, "alpha");
    for (int i = 0; i < space->n_positions; i++) {
        cJSON *p = ll_json_arr(add_position(space, i, list), "p");
        for (int j = 0; j < ll_space_choices(space, i); j++)
            ll_json_num(p, NULL, rounded(t->latest_p[i * width + j]));
    }
}

static void add_probabilities(const ll_trace *t, const ll_space *space, cJSON *list)
{
    int width = t->size / space->n_positions;
    for (int i = 0; i < space->n_positions; i++) {
        cJSON *p = ll_json_arr(add_position(space, i, list), "p");
        for (int j = 0; j < ll_space_choices(space, i); j++) {
            cJSON *over = ll_json_arr(p, NULL);
            for (int k = 0; k < t->n; k++)
                ll_json_num(over, NULL, rounded(t->p[(size_t)k * (size_t)t->size + (size_t)(i * width + j)]));
        }
    }
}

void ll_trace_result(const ll_trace *t, const ll_space *space, cJSON *o)
{
    if (!t->p) return;
    cJSON *alpha = ll_json_obj(o, "alpha");
    ll_json_str(alpha, "quantity", t->name);
    ll_json_str(alpha, "unit", t->unit);
    ll_json_num(alpha, "explained", t->explained);
    ll_json_int(alpha, "draws", t->draws);
    cJSON *step = ll_json_arr(alpha, "step"), *evaluations = ll_json_arr(alpha, "evaluations"),
          *expected = ll_json_arr(alpha, "expected"), *drawn = ll_json_arr(alpha, "drawn"),
          *lambda = ll_json_arr(alpha, "lambda"), *entropy = ll_json_arr(alpha, "entropy");
    for (int i = 0; i < t->n; i++) {
        ll_json_num(step, NULL, (double)t->steps[i].step);
        ll_json_num(evaluations, NULL, (double)t->steps[i].evaluations);
        ll_json_num(expected, NULL, t->steps[i].expected);
        ll_json_num(drawn, NULL, t->steps[i].drawn);
        ll_json_num(lambda, NULL, t->steps[i].lambda);
        ll_json_num(entropy, NULL, t->steps[i].entropy);
    }
    add_probabilities(t, space, ll_json_arr(alpha, "positions"));
}
