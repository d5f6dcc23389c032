#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/csv.h"
#include "core/base/utf8.h"
#include "core/num/sort.h"
#include "data/results/leaderboard.h"
#include "data/results/published.h"

/* Tracks, and the tables of each. `scale`: as people read it. */
static const struct {
    const char *track, *title;
    int decimals;
    double scale;
} shown[LL_MEASURES] = {
    [LL_BY_SPEARMAN] = {"order", "Spearman", 3, 1},
    [LL_BY_KENDALL] = {"order", "Kendall", 3, 1},
    [LL_BY_MAPE] = {"absolute error", "MAPE in %", 1, 1},
    [LL_BY_WITHIN_10] = {"absolute error", "latencies predicted within 10 %, in %", 1, 100},
    [LL_BY_COVERAGE] = {"intervals", "latencies within their intervals, in %", 1, 100},
    [LL_BY_WIDTH] = {"intervals", "mean width in ms", 2, 1},
};

/* --- Markdown ------------------------------------------------------------------------------------------------- */

void ll_markdown_text(ll_str *out, const char *text)
{
    ll_str visible = {0};
    ll_utf8_visible(&visible, text);
    for (const char *c = ll_str_text(&visible); *c; c++) ll_str_addf(out, *c == '|' ? "\\%c" : "%c", *c);
    ll_str_free(&visible);
}

/* Has it the measure in any cell? */
static bool has_measure(const ll_board *b, int section, int method, ll_measure m)
{
    for (int i = 0; i < b->line_keys.n; i++)
        if (ll_cell_sum_up(ll_board_cell(b, section, i, method), m, 0).draws) return true;
    return false;
}

/* The names of those that were run and have no such thing. */
static void add_without(const ll_board *b, int section, ll_measure m, ll_str *out)
{
    int n = 0;
    for (int j = 0; j < b->method_keys.n; j++) {
        if (!ll_board_has(b, section, j) || has_measure(b, section, j, m)) continue;
        ll_str_add(out, n++ ? ", " : "\nWithout it: ");
        ll_markdown_text(out, b->methods[j].label);
        ll_str_addf(out, " (");
        ll_markdown_text(out, b->methods[j].sampler);
        ll_str_addc(out, ')');
    }
    if (n) ll_str_add(out, ".\n");
}

/* The most draws that a cell of the section has; one with fewer says how many it has. */
static int full_draws(const ll_board *b, int section)
{
    int most = 0;
    for (int i = 0; i < b->line_keys.n; i++)
        for (int j = 0; j < b->method_keys.n; j++) {
            ll_cell_sum s = ll_cell_sum_up(ll_board_cell(b, section, i, j), LL_BY_SPEARMAN, 0);
            if (s.draws > most) most = s.draws;
        }
    return most;
}

static void add_scaled(ll_str *out, double x, ll_measure m)
{
    ll_add_number(out, x * shown[m].scale, shown[m].decimals);
}

static void add_cell(ll_str *out, ll_cell cell, ll_measure m, int devices, int full, bool bold)
{
    ll_cell_sum s = ll_cell_sum_up(cell, m, devices);
    if (!cell.n || !s.draws) {
        ll_str_add(out, cell.n ? " none |" : " missing |");
        return;
    }
    ll_str_add(out, bold ? " **" : " ");
    add_scaled(out, s.mean, m);
    if (bold) ll_str_add(out, "**");
    if (isfinite(s.se)) ll_str_add(out, " ± "), add_scaled(out, s.se, m);
    if (s.draws != full) ll_str_addf(out, " [%d]", s.draws);
    ll_str_add(out, " |");
}

/* How often a method leads for certain, and how often the leader does not beat it (or it leads, not for certain). */
static void count_wins(const ll_board *b, int section, ll_measure m, int method, int *won, int *level)
{
    *won = *level = 0;
    for (int i = 0; i < b->line_keys.n; i++) {
        bool wins;
        int best = ll_board_best(b, section, i, m, &wins);
        ll_cell own = ll_board_cell(b, section, i, method);
        if (best < 0 || !own.n || !ll_cell_sum_up(own, m, 0).draws) continue;
        if (best == method)
            *(wins ? won : level) += 1;
        else
            *level += !ll_cell_beats(ll_board_cell(b, section, i, best), own, m);
    }
}

static void add_method_row(const ll_board *b, int section, ll_measure m, int method, int full, ll_str *out)
{
    ll_str_add(out, "| ");
    ll_markdown_text(out, b->methods[method].label);
    ll_str_add(out, " | ");
    ll_markdown_text(out, b->methods[method].sampler);
    ll_str_add(out, " |");
    for (int i = 0; i < b->line_keys.n; i++) {
        bool wins;
        int line = b->line_order[i], best = ll_board_best(b, section, line, m, &wins);
        add_cell(out, ll_board_cell(b, section, line, method), m, b->lines[line].devices.n, full,
                 wins && best == method && ll_measure_sign(m));
    }
    double mean = ll_board_mean(b, section, method, m);
    ll_str_add(out, " ");
    if (isnan(mean))
        ll_str_add(out, "missing");
    else
        add_scaled(out, mean, m);
    ll_str_add(out, " |");
    if (ll_measure_sign(m)) {
        int won, level;
        count_wins(b, section, m, method, &won, &level);
        ll_str_addf(out, " %d | %d |", won, level);
    }
    ll_str_add(out, "\n");
}

static void add_published(const ll_board *b, ll_str *out)
{
    const char *name;
    for (int i = 0; (name = ll_published_method(i)); i++) {
        double sum = 0;
        ll_str_addf(out, "| %s, published | |", name);
        for (int j = 0; j < b->line_keys.n; j++) {
            double x = ll_published_mean_of(name, b->lines[b->line_order[j]].task);
            sum += x;
            ll_str_addf(out, " %.3f |", x);
        }
        ll_str_addf(out, " %.3f | | |\n", sum / b->line_keys.n);
    }
}

/* The methods that have the measure, the best mean first, those that miss a cell behind. */
static int ranked(const ll_board *b, int section, ll_measure m, int *methods)
{
    int n = 0, sign = ll_measure_sign(m) ? ll_measure_sign(m) : 1;
    double *mean = LL_NEW_ARRAY(double, b->method_keys.n + 1);
    for (int i = 0; i < b->method_keys.n; i++) {
        double v = -sign * ll_board_mean(b, section, i, m);
        int j = n;
        if (!has_measure(b, section, i, m)) continue;
        for (; j && ll_by_number(v, mean[j - 1]) < 0; j--) mean[j] = mean[j - 1], methods[j] = methods[j - 1];
        mean[j] = v;
        methods[j] = i;
        n++;
    }
    free(mean);
    return n;
}

static void add_table(const ll_board *b, int section, ll_measure m, ll_str *out)
{
    const ll_board_section *s = &b->sections[section];
    int *methods = LL_NEW_ARRAY(int, b->method_keys.n + 1), n = ranked(b, section, m, methods);
    int full = full_draws(b, section), tail = ll_measure_sign(m) ? 3 : 1;
    ll_str_addf(out, "\n**%s** (%s), k = %d:\n\n| predictor | sampler |", shown[m].title, shown[m].track,
                s->k);
    for (int i = 0; i < b->line_keys.n; i++) {
        ll_str_addc(out, ' ');
        ll_markdown_text(out, b->lines[b->line_order[i]].label);
        ll_str_add(out, " |");
    }
    ll_str_add(out, tail == 3 ? " mean | wins | level |\n|" : " mean |\n|");
    ll_str_repeat(out, "---|", 2 + b->line_keys.n + tail);
    ll_str_addc(out, '\n');
    for (int i = 0; i < n; i++) add_method_row(b, section, m, methods[i], full, out);
    if (m == LL_BY_SPEARMAN && s->k == LL_PUBLISHED_K && !s->budget) add_published(b, out);
    add_without(b, section, m, out);
    free(methods);
}

static void add_section(const ll_board *b, int section, ll_str *out)
{
    const ll_board_section *s = &b->sections[section];
    int missing = 0, cells = 0;
    for (int j = 0; j < b->method_keys.n; j++)
        for (int i = 0; i < b->line_keys.n && ll_board_has(b, section, j); i++) {
            cells++;
            missing += !ll_board_cell(b, section, i, j).n;
        }
    ll_str_addf(
        out,
        "\n## k = %d\n\nProtocol `%s`, %s, intervals at %g %%. %d draws, or as many as [ ] say; %d of %d "
        "cells are missing.\n",
        s->k, s->protocol, s->budget ? "k counts every latency looked at" : "k counts the samples",
        100 * s->level, full_draws(b, section), missing, cells);
    for (int m = 0; m < LL_MEASURES; m++) add_table(b, section, (ll_measure)m, out);
}

/* Least and most of a count over all cells of a method. */
typedef struct range {
    int least, most;
} range;

static void widen(range *r, int n)
{
    if (!r->most || n < r->least) r->least = n;
    if (n > r->most) r->most = n;
}

static void add_range(ll_str *out, range r)
{
    ll_str_addf(out, r.least == r.most ? " %d |" : " %d to %d |", r.least, r.most);
}

static void add_method(const ll_board *b, int method, ll_str *out)
{
    const ll_board_method *m = &b->methods[method];
    range seeds = {0}, pretrainings = {0};
    int trials = 0;
    for (int s = 0; s < b->section_keys.n; s++)
        for (int i = 0; i < b->line_keys.n; i++) {
            ll_cell c = ll_board_cell(b, s, i, method);
            if (!c.n) continue;
            widen(&seeds, ll_cell_seeds(c));
            widen(&pretrainings, ll_cell_pretrainings(c));
            trials += c.n;
        }
    ll_str_add(out, "| ");
    ll_markdown_text(out, m->label);
    ll_str_add(out, " | ");
    ll_markdown_text(out, m->sampler);
    ll_str_addf(out, " | %d |", trials);
    add_range(out, seeds);
    add_range(out, pretrainings);
    ll_str_addf(out, m->n ? " %d |" : " its own |", m->n);
    ll_str_add(out, " `");
    ll_markdown_text(out, m->options);
    ll_str_add(out, "` |\n");
}

static void add_lines(const ll_board *b, ll_str *out)
{
    ll_str_add(out, "\n| task | data | sources | targets scored |\n|---|---|---|---|\n");
    for (int i = 0; i < b->line_keys.n; i++) {
        const ll_board_line *l = &b->lines[b->line_order[i]];
        ll_str_add(out, "| ");
        ll_markdown_text(out, l->label);
        if (!l->devices.n) {
            ll_str_add(out, " | missing | | |\n");
            continue;
        }
        ll_str_add(out, " | ");
        ll_markdown_text(out, l->dataset);
        ll_str_addf(out, " %.8s | %d | %d: ", l->data_hash, l->n_source, l->devices.n);
        for (int j = 0; j < l->devices.n; j++) {
            if (j) ll_str_add(out, ", ");
            ll_markdown_text(out, l->devices.v[j]);
        }
        ll_str_add(out, " |\n");
    }
}

static void add_head(const ll_board *b, const ll_board_about *a, ll_str *out)
{
    ll_str_add(out, "# Leaderboard\n\nWritten by `");
    ll_markdown_text(out, a->command);
    ll_str_addf(
        out,
        "` of latlab %s from a results database of %d trials with the checksum %s (XXH3 of all trials, their "
        "times left out: who runs the same trials has the same), %d of them here.",
        a->version, a->kept, a->checksum.hex, b->trials.n);
    if (b->superseded)
        ll_str_addf(out, " %d more are left out for a newer run of the same trial.", b->superseded);
    if (b->other_tasks) ll_str_addf(out, " %d more are of other tasks.", b->other_tasks);
    ll_str_add(
        out,
        "\n\nA cell is the mean ± standard error over draws of the mean over the task's targets; a draw that "
        "lacks a "
        "target is left out. *missing*: not run; *none*: the method has no such thing (no milliseconds, no "
        "intervals). "
        "The mean over tasks is missing where a cell is. Bold: better than every other method at p < .05 "
        "(Wilcoxon's signed-rank test over the pairs of draw and target that both have, two-sided, not "
        "corrected for "
        "the number of methods; with fewer than six pairs nothing can be). *wins* counts the bold cells, "
        "*level* those "
        "where the leader does not beat the method, or where it leads without being bold.\n\n");
    ll_str_addf(out, "%s\n", ll_published_about);
    ll_str_add(
        out, "\n| predictor | sampler | trials | draws | pretraining seeds | source architectures | options "
             "|\n|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < b->method_keys.n; i++) add_method(b, i, out);
    add_lines(b, out);
}

void ll_board_markdown(const ll_board *b, const ll_board_about *about, ll_str *out)
{
    add_head(b, about, out);
    for (int i = 0; i < b->section_keys.n; i++) add_section(b, b->section_order[i], out);
}

/* --- CSV ------------------------------------------------------------------------------------------------------ */

static void csv_text(FILE *f, const char *text)
{
    ll_csv_write(f, text);
    putc(',', f);
}

static void csv_number(FILE *f, double x)
{
    ll_csv_write_number(f, x);
    putc(',', f);
}

static void csv_head(FILE *f)
{
    const char *name;
    /* choice: of the source devices, empty where they are the task's */
    fputs("task,dataset,data_hash,sources,predictor,choice,sampler,k,n_source,protocol,budget,level,state,"
          "devices,"
          "trials,"
          "draws,seeds,pretrain_seeds,cost,",
          f);
    for (int m = 0; m < LL_MEASURES; m++) {
        const char *key = ll_measure_key((ll_measure)m);
        fprintf(f, "%s,%s_se,%s_draws,", key, key, key);
        if (ll_measure_sign((ll_measure)m)) fprintf(f, "%s_best,%s_p,%s_pairs,", key, key, key);
    }
    for (int i = 0; (name = ll_published_method(i)); i++) {
        for (const char *c = name; *c; c++) putc(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c, f);
        fputs("_published,", f);
    }
    fputs("options,checksum,version\n", f);
}

/* Mean and error; the place among the methods: "best", "wins" when for certain; p and pairs of the leader against this. */
static void csv_measure(const ll_board *b, int section, int line, int method, ll_measure m, FILE *f)
{
    ll_cell own = ll_board_cell(b, section, line, method);
    ll_cell_sum s = ll_cell_sum_up(own, m, b->lines[line].devices.n);
    bool wins;
    csv_number(f, s.mean);
    csv_number(f, s.se);
    csv_number(f, s.draws);
    if (!ll_measure_sign(m)) return;
    int best = ll_board_best(b, section, line, m, &wins);
    ll_cell_test t = {NAN, NAN, 0};
    if (best >= 0 && best != method && own.n)
        t = ll_cell_compare(ll_board_cell(b, section, line, best), own, m);
    csv_text(f, best != method ? "" : wins ? "wins" : "best");
    csv_number(f, t.p);
    csv_number(f, t.pairs ? t.pairs : NAN);
}

static const char *state_of(ll_cell c, const ll_cell_sum *s, int full)
{
    if (!c.n) return "missing";
    return s->draws == full && !s->left_out ? "full" : "uneven";
}

static void csv_cell(const ll_board *b, const ll_board_about *a, int section, int line, int method, FILE *f)
{
    const ll_board_line *l = &b->lines[line];
    const ll_board_method *m = &b->methods[method];
    const ll_board_section *s = &b->sections[section];
    const char *name;
    ll_cell c = ll_board_cell(b, section, line, method);
    ll_cell_sum sum = ll_cell_sum_up(c, LL_BY_SPEARMAN, l->devices.n);
    double cost = NAN;
    for (int i = 0; i < c.n; i++) cost = (i ? cost : 0) + c.v[i].cost;
    if (c.n) cost /= c.n;
    csv_text(f, l->task);
    csv_text(f, l->dataset);
    csv_text(f, l->data_hash);
    csv_number(f, l->n_source);
    csv_text(f, m->predictor);
    csv_text(f, m->sources);
    csv_text(f, m->sampler);
    csv_number(f, s->k);
    csv_number(f, m->n ? m->n : NAN);
    csv_text(f, s->protocol);
    csv_text(f, s->budget ? "on" : "off");
    csv_number(f, s->level);
    csv_text(f, state_of(c, &sum, full_draws(b, section)));
    double counts[] = {l->devices.n, c.n, sum.draws, ll_cell_seeds(c), ll_cell_pretrainings(c), cost};
    for (int i = 0; i < 6; i++) csv_number(f, counts[i]);
    for (int i = 0; i < LL_MEASURES; i++) csv_measure(b, section, line, method, (ll_measure)i, f);
    for (int i = 0; (name = ll_published_method(i)); i++)
        csv_number(f, s->k == LL_PUBLISHED_K ? ll_published_mean_of(name, l->task) : NAN);
    csv_text(f, m->options);
    csv_text(f, a->checksum.hex);
    ll_csv_write(f, a->version);
    putc('\n', f);
}

void ll_board_csv(const ll_board *b, const ll_board_about *about, FILE *f)
{
    csv_head(f);
    for (int s = 0; s < b->section_keys.n; s++)
        for (int i = 0; i < b->line_keys.n; i++)
            for (int j = 0; j < b->method_keys.n; j++)
                if (ll_board_has(b, b->section_order[s], j))
                    csv_cell(b, about, b->section_order[s], b->line_order[i], j, f);
}
