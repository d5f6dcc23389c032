#include "data/results/results_latex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/num/stats.h"
#include "core/num/wilcoxon.h"

void ll_latex_text(ll_str *out, const char *text)
{
    static const struct {
        char c;
        const char *as;
    } special[] = {{'\\', "\\textbackslash{}"},
                   {'~', "\\textasciitilde{}"},
                   {'^', "\\textasciicircum{}"},
                   {'<', "\\textless{}"},
                   {'>', "\\textgreater{}"},
                   {'|', "\\textbar{}"},
                   {'"', "\\textquotedbl{}"},
                   {'&', "\\&"},
                   {'%', "\\%"},
                   {'$', "\\$"},
                   {'#', "\\#"},
                   {'_', "\\_"},
                   {'{', "\\{"},
                   {'}', "\\}"}};
    ll_str shown = {0};
    ll_utf8_visible(&shown, text);
    for (const char *c = ll_str_text(&shown); *c; c++) {
        const char *as = NULL;
        for (size_t i = 0; i < sizeof special / sizeof *special; i++)
            if (*c == special[i].c) as = special[i].as;
        if (as)
            ll_str_add(out, as);
        else
            ll_str_addc(out, *c);
    }
    ll_str_free(&shown);
}

/* --- cells -------------------------------------------------------------------------------------------------- */

/* What makes a row of the table; all but the first are shown where they differ. */
static const struct {
    const char *key, *title;
} parts[] = {{"task", "task"},         {"dataset", "data"},  {"sampler", "sampler"},
             {"protocol", "protocol"}, {"budget", "budget"}, {"k", "$k$"}};
enum { PARTS = sizeof parts / sizeof *parts };

typedef struct trial {
    char *place; /* device, and what else makes it the same trial elsewhere */
    char *draw;  /* the trial, whatever the device */
    double v;
} trial;

typedef struct table {
    ll_strs lines;      /* of the rows: their parts, tabs between them */
    ll_strs columns;    /* predictor, a tab, its options */
    int *line, *column; /* (n) of each result */
    trial *trials;      /* (n) */
    int n;
} table;

static char *part_of(const cJSON *row, int i)
{
    ll_str s = {0};
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, parts[i].key);
    if (cJSON_IsNumber(v))
        ll_str_addf(&s, "%.0f", v->valuedouble);
    else if (cJSON_IsBool(v))
        ll_str_add(&s, cJSON_IsTrue(v) ? "on" : "off");
    else
        ll_utf8_visible(&s, cJSON_IsString(v) ? v->valuestring : ""); /* leaves no tab in it */
    return ll_str_take(&s);
}

static int index_of(ll_strs *l, const char *text)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->v[i], text)) return i;
    ll_strs_add(l, text);
    return l->n - 1;
}

static void add_result(table *t, const cJSON *row)
{
    ll_str line = {0}, column = {0}, place = {0}, draw = {0};
    double v = ll_json_get_num(row, "spearman", NAN);
    if (!isfinite(v)) return;
    for (int i = 0; i < PARTS; i++) {
        char *part = part_of(row, i);
        ll_str_addf(&line, "%s%s", i ? "\t" : "", part);
        free(part);
    }
    ll_str_addf(&column, "%s\t%s", ll_json_get_str(row, "predictor", ""),
                ll_json_get_str(row, "options", ""));
    ll_str_addf(&draw, "%.17g %.17g", ll_json_get_num(row, "seed", 0),
                ll_json_get_num(row, "pretrain_seed", 0));
    ll_str_addf(&place, "%s %s", draw.s, ll_json_get_str(row, "device", ""));
    t->line[t->n] = index_of(&t->lines, line.s);
    t->column[t->n] = index_of(&t->columns, column.s);
    t->trials[t->n++] = (trial){ll_str_take(&place), ll_str_take(&draw), v};
    ll_str_free(&line);
    ll_str_free(&column);
}

static void read_table(const cJSON *rows, table *t)
{
    const cJSON *row;
    int n = cJSON_GetArraySize(rows);
    *t = (table){.line = LL_NEW_ARRAY(int, n + 1),
                 .column = LL_NEW_ARRAY(int, n + 1),
                 .trials = LL_NEW_ARRAY(trial, n + 1)};
    cJSON_ArrayForEach(row, rows) add_result(t, row);
}

static void free_table(table *t)
{
    for (int i = 0; i < t->n; i++) {
        free(t->trials[i].place);
        free(t->trials[i].draw);
    }
    free(t->trials);
    free(t->line);
    free(t->column);
    ll_strs_free(&t->lines);
    ll_strs_free(&t->columns);
}

/* --- one row ------------------------------------------------------------------------------------------------ */

typedef struct cell {
    const trial **v; /* (n), by place */
    int n, trials;
    double mean, sd;
} cell;

static int by_place(const void *a, const void *b)
{
    return strcmp((*(const trial *const *)a)->place, (*(const trial *const *)b)->place);
}

/* Mean and deviation over trials of the means over devices. */
static void sum_up(cell *c)
{
    ll_strs draws = {0};
    double *sum = LL_NEW_ARRAY(double, c->n + 1);
    int *n = LL_NEW_ARRAY(int, c->n + 1);
    for (int i = 0; i < c->n; i++) {
        int at = index_of(&draws, c->v[i]->draw);
        sum[at] += c->v[i]->v;
        n[at]++;
    }
    for (int i = 0; i < draws.n; i++) sum[i] /= n[i];
    c->trials = draws.n;
    c->mean = ll_mean(sum, draws.n);
    c->sd = draws.n > 1 ? ll_std(sum, draws.n) : NAN;
    ll_strs_free(&draws);
    free(sum);
    free(n);
}

static cell *cells_of(const table *t, int line)
{
    cell *cells = LL_NEW_ARRAY(cell, t->columns.n + 1);
    for (int i = 0; i < t->n; i++) {
        cell *c = &cells[t->column[i]];
        if (t->line[i] != line) continue;
        c->v = ll_realloc(c->v, (size_t)c->n + 1, sizeof *c->v);
        c->v[c->n++] = &t->trials[i];
    }
    for (int j = 0; j < t->columns.n; j++) {
        if (!cells[j].n) continue;
        qsort(cells[j].v, (size_t)cells[j].n, sizeof *cells[j].v, by_place);
        sum_up(&cells[j]);
    }
    return cells;
}

/* Is a better than b in the same trials on the same devices? */
static bool beats(const cell *a, const cell *b)
{
    double *x = LL_NEW_ARRAY(double, a->n + 1), *y = LL_NEW_ARRAY(double, a->n + 1);
    int n = 0;
    for (int i = 0, j = 0; i < a->n && j < b->n;) {
        int order = strcmp(a->v[i]->place, b->v[j]->place);
        if (!order) x[n] = a->v[i]->v, y[n++] = b->v[j]->v;
        i += order <= 0;
        j += order >= 0;
    }
    bool better = n && ll_mean(x, n) > ll_mean(y, n) && ll_wilcoxon(x, y, n) < .05;
    free(x);
    free(y);
    return better;
}

/* The cell that beats all others of its row; -1: none does. */
static int winner(const cell *cells, int n)
{
    int best = -1, others = 0;
    for (int j = 0; j < n; j++)
        if (cells[j].n && (best < 0 || cells[j].mean > cells[best].mean)) best = j;
    for (int j = 0; j < n && best >= 0; j++) {
        if (j == best || !cells[j].n) continue;
        others++;
        if (!beats(&cells[best], &cells[j])) return -1;
    }
    return others ? best : -1;
}

static void write_cell(const cell *c, bool bold, ll_str *out)
{
    ll_str mean = {0};
    if (!c->n) {
        ll_str_add(out, " & --");
        return;
    }
    ll_add_number(&mean, c->mean, 3);
    ll_str_addf(out, bold ? " & $\\mathbf{%s}" : " & $%s", mean.s);
    if (isfinite(c->sd)) ll_str_addf(out, " \\pm %.3f", c->sd);
    ll_str_addc(out, '$');
    ll_str_free(&mean);
}

/* --- the table ---------------------------------------------------------------------------------------------- */

/* Parts of a row's name: those that differ anywhere, and the first. */
static void shown_parts(const table *t, bool shown[PARTS])
{
    for (int p = 0; p < PARTS; p++) shown[p] = p == 0;
    for (int i = 1; i < t->lines.n; i++) {
        const char *a = t->lines.v[0], *b = t->lines.v[i];
        for (int p = 0; p < PARTS; p++) {
            size_t n = strcspn(a, "\t"), m = strcspn(b, "\t");
            shown[p] |= n != m || strncmp(a, b, n) != 0;
            a += n + (a[n] != 0);
            b += m + (b[m] != 0);
        }
    }
}

static void write_name(const char *line, const bool shown[PARTS], ll_str *out)
{
    for (int p = 0; p < PARTS; p++) {
        ll_str part = {0};
        size_t n = strcspn(line, "\t");
        ll_str_addn(&part, line, n);
        if (shown[p] && p) ll_str_add(out, " & ");
        if (shown[p]) ll_latex_text(out, ll_str_text(&part));
        ll_str_free(&part);
        line += n + (line[n] != 0);
    }
}

/* A predictor's options only where it stands there with several. */
static void write_column(const table *t, int column, ll_str *out)
{
    const char *name = t->columns.v[column];
    size_t n = strcspn(name, "\t");
    int same = 0;
    ll_str text = {0};
    for (int j = 0; j < t->columns.n; j++) same += !strncmp(t->columns.v[j], name, n + 1);
    ll_str_addn(&text, name, n);
    if (same > 1) ll_str_addf(&text, " %s", name + n + 1);
    ll_str_add(out, " & ");
    ll_latex_text(out, ll_str_text(&text));
    ll_str_free(&text);
}

static void write_head(const table *t, const bool shown[PARTS], ll_str *out)
{
    ll_str_add(out, "\\begin{tabular}{");
    for (int p = 0; p < PARTS; p++)
        if (shown[p]) ll_str_addc(out, !strcmp(parts[p].key, "k") ? 'r' : 'l');
    ll_str_repeat(out, "c", t->columns.n);
    ll_str_add(out, "}\n\\toprule\n");
    for (int p = 0; p < PARTS; p++)
        if (shown[p]) ll_str_addf(out, "%s%s", p ? " & " : "", parts[p].title);
    for (int j = 0; j < t->columns.n; j++) write_column(t, j, out);
    ll_str_add(out, " \\\\\n\\midrule\n");
}

/* "5", "3 to 5": how many trials the cells have. */
static void write_trials(int least, int most, ll_str *out)
{
    ll_str_addf(out, least == most ? "%d" : "%d to ", least);
    if (least != most) ll_str_addf(out, "%d", most);
    ll_str_add(out, most == 1 ? " trial" : " trials");
}

void ll_results_latex(const cJSON *rows, ll_str *out)
{
    table t;
    bool shown[PARTS];
    ll_str body = {0};
    int least = 0, most = 0;
    read_table(rows, &t);
    shown_parts(&t, shown);
    for (int i = 0; i < t.lines.n; i++) {
        cell *cells = cells_of(&t, i);
        int best = winner(cells, t.columns.n);
        write_name(t.lines.v[i], shown, &body);
        for (int j = 0; j < t.columns.n; j++) {
            write_cell(&cells[j], j == best, &body);
            if (cells[j].n && (!least || cells[j].trials < least)) least = cells[j].trials;
            if (cells[j].trials > most) most = cells[j].trials;
            free(cells[j].v);
        }
        ll_str_add(&body, " \\\\\n");
        free(cells);
    }
    ll_str_add(
        out,
        "% written by latlab; needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
        "\\caption{Spearman correlation of predicted with measured latency: mean $\\pm$ standard deviation "
        "over ");
    write_trials(least, most, out);
    ll_str_add(
        out,
        " of the mean over target devices. Bold: better than every other at $p < .05$ (Wilcoxon signed-rank "
        "over device and trial).}\n");
    write_head(&t, shown, out);
    ll_str_add(out, ll_str_text(&body));
    ll_str_add(out, "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
    ll_str_free(&body);
    free_table(&t);
}
