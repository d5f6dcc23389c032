#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "data/machines/codesign.h"

static const char *const goals[] = {"edp", "latency", "energy"};
static const char *const kinds[] = {"accelerator", "network", "both"};

/* --- what ran --- */

/* The networks that the accelerator was searched for, or the one that was found. The caller frees *own. */
static int workloads_of(const ll_codesign_setup *s, const ll_codesign *found, const ll_workload **out,
                        ll_workload **own)
{
    ll_network network;
    *own = NULL;
    *out = s->workloads;
    if (s->kind == LL_SEARCH_ACCELERATOR) return s->networks->n;
    *own = LL_NEW(ll_workload);
    *out = *own;
    if (ll_network_build(s->problem.space, found->gene, &network, NULL)) return 0;
    ll_workload_of(&network, s->problem.set.batch, *own);
    return 1;
}

typedef struct design {
    const char *name;
    ll_accelerator a;
} design;

/* --- the table --- */

static const ll_column columns[] = {
    {"design", "design", NULL, -1},    {"accelerator", "rows x columns, loops, buffers", NULL, -1},
    {"cycles", "cycles", NULL, 0},     {"energy", "energy", "MACs", 0},
    {"edp_e12", "EDP", "10^12", -1},   {"utilisation", "busy", "%", 1},
    {"ratio", "EDP / found", NULL, 2}, {0}};

static void add_row(cJSON *rows, const design *d, const ll_chip_cost *c, double found_edp)
{
    cJSON *o = ll_json_obj(rows, NULL);
    ll_str text = {0};
    ll_accelerator_text(&d->a, &text);
    ll_json_str(o, "design", d->name);
    ll_json_str(o, "accelerator", ll_str_text(&text));
    ll_json_num(o, "cycles", c->cycles);
    ll_json_num(o, "energy", c->energy);
    ll_json_num(o, "edp", c->cycles * c->energy);
    ll_json_num(o, "edp_e12", c->cycles * c->energy * 1e-12);
    ll_json_num(o, "utilisation", 100 * c->macs / (c->cycles * d->a.rows * d->a.cols));
    ll_json_num(o, "ratio", c->cycles * c->energy / found_edp);
    ll_str_free(&text);
}

static bool within_budget(const ll_codesign_setup *s, const ll_accelerator *a)
{
    return (double)a->rows * a->cols <= s->problem.budget.pe &&
           ll_accelerator_sram(a) <= s->problem.budget.sram_bytes * (1 + 1e-9);
}

/* With the budget's DRAM and numbers, and the same search for mappings: only array, buffers and dataflow differ. */
static void add_rows(cJSON *result, const ll_codesign_setup *s, const ll_codesign *found)
{
    const ll_workload *w;
    ll_workload *own;
    int n = workloads_of(s, found, &w, &own);
    cJSON *rows = ll_json_arr(result, "rows");
    design best = {s->kind == LL_SEARCH_NETWORK ? s->chip->name : "found", found->accelerator};
    ll_chip_cost c = found->cost;
    double edp = c.cycles * c.energy;
    ll_json_num(result, "cycles", c.cycles);
    ll_json_num(result, "energy", c.energy);
    ll_json_num(result, "edp", edp);
    add_row(rows, &best, &c, edp);
    for (const ll_published_chip *p = ll_published_chips; p->name && s->kind != LL_SEARCH_NETWORK; p++) {
        design theirs = {p->name, p->a};
        if (!within_budget(s, &p->a)) continue;
        theirs.a.bw = s->problem.budget.bw;
        theirs.a.bytes = s->problem.bytes;
        if (ll_cancelled(s->problem.set.observer)) break;
        c = ll_chip_price_all(&s->problem.set, &theirs.a, w, n);
        if (isfinite(c.cycles)) add_row(rows, &theirs, &c, edp);
    }
    free(own);
}

/* --- the result --- */

static void add_budget(cJSON *result, const ll_codesign_setup *s)
{
    cJSON *o = ll_json_obj(result, "budget");
    ll_json_int(o, "pe", s->problem.budget.pe);
    ll_json_num(o, "sram_kb", s->problem.budget.sram_bytes / 1024);
    ll_json_num(o, "bw", s->problem.budget.bw);
    ll_json_num(o, "bytes", s->problem.bytes);
}

static void add_accelerator(cJSON *result, const ll_accelerator *a)
{
    cJSON *o = ll_json_obj(result, "best");
    char order[LL_LOOPS + 1] = {0};
    for (int d = 0; d < LL_LOOPS; d++) order[d] = LL_LOOP_LETTERS[a->order[d]];
    ll_json_int(o, "rows", a->rows);
    ll_json_int(o, "cols", a->cols);
    ll_json_num(o, "l1_bytes", a->l1_bytes);
    ll_json_num(o, "l2_bytes", a->l2_bytes);
    ll_json_str(o, "loops", order);
}

static void add_network(cJSON *result, const ll_codesign_setup *s, const ll_codesign *found)
{
    ll_str text = {0};
    if (s->kind == LL_SEARCH_ACCELERATOR) {
        ll_json_int(result, "networks", s->networks->n);
        return;
    }
    double score = ll_codesign_score(s, found->gene);
    s->problem.space->format(s->problem.space, found->gene, &text);
    ll_json_str(result, "network", ll_str_text(&text));
    ll_json_str(result, "score", s->score);
    ll_json_num(result, "score_value", score);
    ll_json_num(result, "min_score", s->least);
    ll_result_note(result, "network %s: %s %.6g, at least %.6g wanted", ll_str_text(&text), s->score, score,
                   s->least);
    ll_str_free(&text);
}

static void add_steps(cJSON *result, const ll_codesign *found)
{
    double *at = LL_NEW_ARRAY(double, found->n_steps + 1), *best = LL_NEW_ARRAY(double, found->n_steps + 1);
    for (int i = 0; i < found->n_steps; i++) {
        at[i] = (double)found->steps[i].evaluations;
        best[i] = found->steps[i].best;
    }
    cJSON *steps = ll_json_obj(result, "steps");
    ll_json_nums(steps, "evaluations", at, found->n_steps);
    ll_json_nums(steps, "best", best, found->n_steps);
    free(at);
    free(best);
}

cJSON *ll_codesign_result(const ll_codesign_setup *s, const ll_codesign *found)
{
    cJSON *result = ll_result_new("codesign");
    ll_str title = {0};
    ll_str_addf(&title, "%s for %s within %d PEs, %.4g KiB, %.3g bytes a cycle",
                s->kind == LL_SEARCH_NETWORK ? "network"
                : s->kind == LL_SEARCH_BOTH  ? "accelerator and network"
                                             : "accelerator",
                s->problem.space->name, s->problem.budget.pe, s->problem.budget.sram_bytes / 1024,
                s->problem.budget.bw);
    if (s->kind == LL_SEARCH_NETWORK) {
        ll_str_clear(&title);
        ll_str_addf(&title, "network of %s for %s", s->problem.space->name, s->chip->name);
    }
    ll_json_str(result, "title", ll_str_text(&title));
    ll_json_str(result, "space", s->problem.space->name);
    ll_json_str(result, "search", kinds[s->kind]);
    ll_json_str(result, "objective", goals[s->problem.set.goal]);
    ll_json_int(result, "seed", (long)s->problem.set.seed);
    ll_json_int(result, "evaluations", found->evaluations);
    ll_json_bool(result, "simulated", true);
    add_budget(result, s);
    add_accelerator(result, &found->accelerator);
    ll_result_columns(result, columns);
    add_rows(result, s, found);
    add_network(result, s, found);
    add_steps(result, found);
    ll_result_note(
        result,
        "a model of loops and accesses, not measured: energy in multiply-adds of 16 bits (Eyeriss, ISCA "
        "2016); convolutions and linear layers only");
    ll_str_free(&title);
    return result;
}

/* --- layers --- */

static const ll_column layer_columns[] = {{"layer", "loops g k c r s y x", NULL, -1},
                                          {"count", "times", NULL, 0},
                                          {"cycles", "cycles each", NULL, 0},
                                          {"utilisation", "busy", "%", 1},
                                          {"bound", "limited by", NULL, -1},
                                          {"dram", "DRAM", "numbers", 0},
                                          {"mapping", "on a PE | side by side | out of L2", NULL, -1},
                                          {0}};

static void add_tiles(ll_str *out, const int *tile)
{
    bool any = false;
    for (int d = 0; d < LL_LOOPS; d++) {
        if (tile[d] == 1) continue;
        ll_str_addf(out, "%s%c%d", any ? " " : "", LL_LOOP_LETTERS[d], tile[d]);
        any = true;
    }
    if (!any) ll_str_add(out, "-");
}

static void add_layer(cJSON *rows, const ll_nest *n, int count, const ll_accelerator *a, const ll_mapping *m,
                      const ll_nest_cost *c)
{
    cJSON *o = ll_json_obj(rows, NULL);
    ll_str text = {0}, mapping = {0};
    for (int d = LL_LOOP_G; d < LL_LOOPS; d++)
        ll_str_addf(&text, "%s%d", d > LL_LOOP_G ? " " : "", n->size[d]);
    if (n->stride > 1) ll_str_addf(&text, " /%d", n->stride);
    const int *tiles[] = {m->inner, m->spatial, m->middle};
    for (int i = 0; i < 3; i++) {
        if (i) ll_str_add(&mapping, " | ");
        add_tiles(&mapping, tiles[i]);
    }
    ll_json_str(o, "layer", ll_str_text(&text));
    ll_json_int(o, "count", count);
    ll_json_num(o, "cycles", c->cycles);
    ll_json_num(o, "energy", c->energy);
    ll_json_num(o, "utilisation", 100 * c->macs / (c->cycles * a->rows * a->cols));
    ll_json_str(o, "bound",
                c->cycles == c->compute_cycles ? "PEs"
                : c->cycles == c->dram_cycles  ? "DRAM"
                                               : "L2");
    ll_json_num(o, "dram", c->dram);
    ll_json_num(o, "l2", c->l2);
    ll_json_str(o, "mapping", ll_str_text(&mapping));
    ll_str_free(&text);
    ll_str_free(&mapping);
}

cJSON *ll_codesign_layers(const ll_codesign_setup *s, const ll_codesign *found)
{
    const ll_workload *w;
    ll_workload *own;
    int n = workloads_of(s, found, &w, &own);
    cJSON *result = ll_result_new("codesign_layers");
    ll_mapped known = {0};
    ll_json_str(result, "title", "Layers of the first network on it");
    ll_result_columns(result, layer_columns);
    cJSON *rows = ll_json_arr(result, "rows");
    if (n) ll_chip_price(&s->problem.set, &found->accelerator, w, &known);
    for (int i = 0; i < known.n; i++)
        add_layer(rows, &known.nests[i], w->count[i], &found->accelerator, &known.mappings[i],
                  &known.costs[i]);
    ll_mapped_free(&known);
    free(own);
    return result;
}
