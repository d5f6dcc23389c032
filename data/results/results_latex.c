#include "data/results/results_latex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"
#include "data/results/cells.h"

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

/* What makes a row of the table; all but the first are shown where they differ, those that a task has of its own where they
 * differ within one. */
static const struct {
    const char *key, *title;
    bool of_task;
} parts[] = {{"task", "task", false},
             {"dataset", "data", false},
             {"source", "sources", true},
             {"sampler", "sampler", false},
             {"protocol", "protocol", false},
             {"budget", "budget", false},
             {"k", "$k$", false}};
enum { PARTS = sizeof parts / sizeof *parts };

typedef struct table {
    ll_strs lines;   /* of the rows: their parts, tabs between them */
    ll_strs columns; /* predictor, a tab, its options and number of source architectures */
    ll_kept_trials trials;
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

static void add_result(table *t, const cJSON *row)
{
    ll_str line = {0}, column = {0};
    ll_kept_trial trial = {.seed = ll_json_get_num(row, "seed", 0),
                           .pretrain_seed = ll_json_get_num(row, "pretrain_seed", 0),
                           .finished = ll_json_get_num(row, "finished_s", 0)};
    int n = ll_json_get_int(row, "n_source", 0);
    trial.v[LL_BY_SPEARMAN] = ll_json_get_num(row, "spearman", NAN);
    if (!isfinite(trial.v[LL_BY_SPEARMAN])) return;
    for (int i = 0; i < PARTS; i++) {
        char *part = part_of(row, i);
        ll_str_addf(&line, "%s%s", i ? "\t" : "", part);
        free(part);
    }
    ll_str_addf(&column, "%s\t%s", ll_json_get_str(row, "predictor", ""),
                ll_json_get_str(row, "options", ""));
    if (n) ll_str_addf(&column, " n=%d", n);
    trial.line = ll_strs_index(&t->lines, line.s);
    trial.column = ll_strs_index(&t->columns, column.s);
    trial.device = ll_strdup(ll_json_get_str(row, "device", ""));
    ll_kept_add(&t->trials, &trial);
    ll_str_free(&line);
    ll_str_free(&column);
}

static void read_table(const cJSON *rows, table *t)
{
    const cJSON *row;
    *t = (table){0};
    cJSON_ArrayForEach(row, rows) add_result(t, row);
    ll_kept_sort(&t->trials);
}

static void free_table(table *t)
{
    ll_kept_free(&t->trials);
    ll_strs_free(&t->lines);
    ll_strs_free(&t->columns);
}

/* --- one row ------------------------------------------------------------------------------------------------ */

static void write_cell(const ll_cell_sum *c, bool bold, ll_str *out)
{
    ll_str mean = {0};
    if (!c->draws) {
        ll_str_add(out, " & --");
        return;
    }
    ll_add_number(&mean, c->mean, 3);
    ll_str_addf(out, bold ? " & $\\mathbf{%s}" : " & $%s", mean.s);
    if (isfinite(c->sd)) ll_str_addf(out, " \\pm %.3f", c->sd);
    ll_str_addc(out, '$');
    ll_str_free(&mean);
}

/* least, most: how many trials the cells of all rows have. */
static void write_cells(const table *t, int line, int *least, int *most, ll_str *out)
{
    int n = t->columns.n;
    bool wins;
    ll_cell *cells = LL_NEW_ARRAY(ll_cell, n + 1);
    for (int j = 0; j < n; j++) cells[j] = ll_cell_at(&t->trials, line, j);
    int best = ll_cells_best(cells, n, LL_BY_SPEARMAN, 0, &wins);
    for (int j = 0; j < n; j++) {
        ll_cell_sum sum = ll_cell_sum_up(cells[j], LL_BY_SPEARMAN, 0);
        write_cell(&sum, wins && j == best, out);
        if (sum.draws && (!*least || sum.draws < *least)) *least = sum.draws;
        if (sum.draws > *most) *most = sum.draws;
    }
    free(cells);
}

/* --- the table ---------------------------------------------------------------------------------------------- */

static void compare_names(const char *a, const char *b, bool shown[PARTS])
{
    bool same_task = false;
    for (int p = 0; p < PARTS; p++) {
        size_t n = strcspn(a, "\t"), m = strcspn(b, "\t");
        bool same = n == m && !strncmp(a, b, n);
        if (!p) same_task = same;
        shown[p] |= !same && (same_task || !parts[p].of_task);
        a += n + (a[n] != 0);
        b += m + (b[m] != 0);
    }
}

/* Parts of a row's name: those that differ, and the first. */
static void shown_parts(const table *t, bool shown[PARTS])
{
    for (int p = 0; p < PARTS; p++) shown[p] = p == 0;
    for (int i = 1; i < t->lines.n; i++)
        for (int j = 0; j < i; j++) compare_names(t->lines.v[j], t->lines.v[i], shown);
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
        write_name(t.lines.v[i], shown, &body);
        write_cells(&t, i, &least, &most, &body);
        ll_str_add(&body, " \\\\\n");
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
