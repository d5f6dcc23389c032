/* Tables of the user's own, the columns that say which architecture a line is of (csv.h). One of them is read; every
 * other one is checked against it, so that a line whose columns mean different networks is refused and not half believed. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "data/importers/csv.h"
#include "data/importers/csv_heading.h"

typedef ll_table_reader reader;

/* Columns of strings, or of canonical indices, which row labels are called, too: several columns that look like positions go
 * before the latter. */
static const char *const arch_names[] = {"arch", "architecture", "arch_str", "arch_string",
                                         "cell", "string",       "gene",     "op_idx_list",
                                         "net",  "network",      "cell_str", NULL};
static const char *const index_names[] = {"arch_index", "index", NULL};
static const char row_name[] = "row";

bool ll_table_is_index(const char *name)
{
    return ll_heading_among(index_names, name) || !strcasecmp(name, row_name);
}

bool ll_table_names_archs(const char *name)
{
    return ll_heading_among(arch_names, name) || ll_table_is_index(name);
}

bool ll_table_has_strings(const ll_csv *header)
{
    return ll_csv_column_among(header, arch_names) >= 0;
}

/* --- which columns --- */

static void add_check(reader *r, int column)
{
    if (r->n_checks == LL_TABLE_CHECKS) return;
    r->checks[r->n_checks++] = (ll_table_check){.column = column};
}

/* Every other column that names architectures; rows are known where there is a dataset. */
static void add_checks(reader *r)
{
    const ll_csv *c = &r->csv;
    for (int i = 0; i < c->n; i++) {
        bool taken = false, row = !strcasecmp(c->cells[i], row_name);
        for (int k = 0; k < r->at.n; k++) taken |= r->at.column[k] == i;
        if (!taken && ll_table_names_archs(c->cells[i]) && (!row || r->job->into)) add_check(r, i);
    }
}

bool ll_table_says_arch(const ll_space *space, const char *text)
{
    uint8_t gene[LL_MAX_POSITIONS];
    double number;
    return *text && !ll_decimal_parse(text, &number) && !ll_space_parse(space, text, gene, NULL);
}

/* The one word of a space with one position may be anything. */
static bool is_string(const ll_space *space, const char *text)
{
    return space->n_positions > 1 && ll_table_says_arch(space, text);
}

/* The first cell from `from` on that is one; -1: none. */
static int find_string(const reader *r, const ll_csv *record, int from)
{
    for (int i = from; i < record->n; i++)
        if (is_string(r->job->space, record->cells[i])) return i;
    return -1;
}

/* Also in words between blanks and colons, as scripts print them. */
static bool has_string(const reader *r, const char *cell)
{
    char *copy = ll_strdup(cell), *rest = copy, *word;
    bool found = is_string(r->job->space, cell);
    while (!found && (word = strsep(&rest, " \t:=,;"))) found = is_string(r->job->space, word);
    free(copy);
    return found;
}

bool ll_table_lacks_heading(const reader *r)
{
    int numbers = 0;
    for (int i = 0; i < r->csv.n; i++) {
        double number;
        if (has_string(r, r->csv.cells[i])) return true;
        numbers += ll_decimal_parse(r->csv.cells[i], &number);
    }
    return r->csv.n && numbers == r->csv.n;
}

/* Whatever it is called ("Architektur", "model"): the one column that has an architecture of the space in the first line
 * of cells. */
static int find_by_cells(const reader *r)
{
    ll_csv first;
    if (ll_table_lacks_heading(r) || !ll_csv_peek(&r->csv, &first)) return -1;
    int column = find_string(r, &first, 0);
    if (column >= r->csv.n || (column >= 0 && find_string(r, &first, column + 1) >= 0)) column = -1;
    ll_csv_close(&first);
    return column;
}

static ll_status not_found(const reader *r, ll_error *e)
{
    const ll_csv *c = &r->csv;
    if (ll_csv_column(c, row_name) >= 0)
        return ll_csv_fail(c, e,
                           "rows are those of a dataset: `import csv FILE into NAME` knows which (or give "
                           "arch=COLUMN)");
    ll_str names = {0};
    for (int i = 0; i < c->n && names.len < 200; i++)
        ll_str_addf(&names, "%s\"%.60s\"", i ? ", " : "", c->cells[i]);
    ll_csv_fail(c, e,
                "which column holds the architectures? none is called arch; give arch=COLUMN (there are %s), "
                "arch=op1,op2,... or arch=op* where they stand in several, or features=auto where numbers "
                "describe them",
                names.s);
    ll_str_free(&names);
    return LL_BAD_DATA;
}

/* A first column without a name is the row labels of a data frame: the architectures when no other column is. */
static bool find_archs(reader *r, const ll_names *names)
{
    const ll_csv *c = &r->csv;
    int one = ll_csv_column_among(c, arch_names);
    if (one < 0) ll_arch_columns_guess(names, r->job->space, &r->at);
    if (r->at.n) return true;
    if (one < 0 && (one = find_by_cells(r)) >= 0)
        ll_import_note(r->job, "column %d (%s) names the architectures: its cells do", one + 1,
                       *c->cells[one] ? c->cells[one] : "no name");
    if (one < 0) one = ll_csv_column_among(c, index_names);
    if (one < 0 && r->job->into) one = ll_csv_column(c, row_name);
    if (one < 0 && !*c->cells[0]) one = 0;
    if (one >= 0) ll_arch_columns_one(one, &r->at);
    return one >= 0;
}

ll_status ll_table_find_archs(reader *r, const ll_names *names, ll_error *e)
{
    const ll_csv *c = &r->csv;
    ll_status s = LL_OK;
    if (r->job->arch) /* the user says which one counts */
        s = ll_arch_columns_named(c, r->job->arch, names, r->job->space, &r->at, e);
    else if (!find_archs(r, names))
        s = not_found(r, e);
    else
        add_checks(r);
    const char *title = !s && r->at.n == 1 && r->at.column[0] >= 0 ? c->cells[r->at.column[0]] : "";
    r->by_row = !strcasecmp(title, row_name);
    r->by_index = !strcasecmp(title, index_names[0]);
    return s;
}

/* --- one line --- */

/* A whole number, "3" or, as data frames with holes write it, "3.0"; -1: none. */
static long whole_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    if (*rest == '.') rest += 1 + strspn(rest + 1, "0");
    return digits && digits < 10 && !*rest ? strtol(text, NULL, 10) : -1;
}

static ll_status read_row(const reader *r, const char *text, uint8_t *gene, ll_error *e)
{
    const ll_dataset *into = r->job->into;
    long row = whole_number(text);
    if (!into)
        return ll_csv_fail(&r->csv, e, "row %.40s of what? `import csv FILE into NAME` says which dataset",
                           text);
    if (row < 0 || row >= into->n_archs)
        return ll_csv_fail(&r->csv, e, "%.40s has rows 0..%d, not %.40s", into->name, into->n_archs - 1,
                           text);
    memcpy(gene, ll_gene(into, (int)row), (size_t)r->job->space->n_positions);
    return LL_OK;
}

/* In tables of one's own spaces a number was a row once. Where that is another architecture, somebody has to say which. */
static ll_status check_meaning(const reader *r, const char *text, const uint8_t *gene, ll_error *e)
{
    uint8_t there[LL_MAX_POSITIONS];
    if (r->by_index || !r->job->into || !r->job->space->own) return LL_OK;
    if (read_row(r, text, there, NULL) || !memcmp(there, gene, (size_t)r->job->space->n_positions))
        return LL_OK;
    return ll_csv_fail(
        &r->csv, e,
        "%.40s is one architecture as row of %.60s and another one in the space %.60s: call the "
        "column row, or arch_index",
        text, r->job->into->name, r->job->space->name);
}

static ll_status read_text(reader *r, const char *text, uint8_t *gene, ll_error *e)
{
    long number = whole_number(text);
    char index[24];
    if (number >= 0 && text[strspn(text, "0123456789")]) {
        snprintf(index, sizeof index, "%ld", number);
        text = index;
    }
    if (number >= 0 && !r->job->space->n_archs && ll_space_parse(r->job->space, text, gene, NULL))
        return ll_fail(e, LL_BAD_DATA,
                       "the number %ld names no architecture of %s, which has no list of them; a row number "
                       "of a dataset stands in a column called row",
                       number, r->job->space->name);
    return ll_arch_text_read(&r->text, text, gene, e);
}

/* What a check column says; false: nothing that could be read. */
static bool read_check(const reader *r, const ll_table_check *x, uint8_t *gene)
{
    const char *text = r->csv.cells[x->column];
    if (!strcasecmp(r->header.v[x->column], row_name)) return !read_row(r, text, gene, NULL);
    reader scratch = *r; /* its counts are of another column */
    return *text && !read_text(&scratch, text, gene, NULL);
}

static void note_contradiction(const reader *r, ll_table_check *x, const uint8_t *theirs)
{
    ll_str text = {0};
    r->job->space->format(r->job->space, theirs, &text);
    x->line = r->csv.line;
    snprintf(x->says, sizeof x->says, "%.100s", r->csv.cells[x->column]);
    if (strcmp(x->says, ll_str_text(&text)))
        snprintf(x->means, sizeof x->means, ", which is %.150s", ll_str_text(&text));
    snprintf(x->instead, sizeof x->instead, "%.150s", ll_str_text(&r->arch));
    ll_str_free(&text);
}

static ll_status contradicts(const reader *r, const ll_table_check *x, ll_error *e)
{
    return ll_fail(e, LL_BAD_DATA,
                   "%s: line %d: column %.60s says %s%s, and column %.60s says %s: two architectures; arch= "
                   "names the column that counts",
                   r->csv.what, x->line, r->header.v[x->column], x->says, x->means,
                   r->header.v[r->at.column[0] < 0 ? 0 : r->at.column[0]], x->instead);
}

/* "index" is the label of a data frame's row as often as an architecture's: a column that counts the lines is that. */
static ll_status check(reader *r, ll_table_check *x, const uint8_t *gene, ll_error *e)
{
    uint8_t theirs[LL_MAX_POSITIONS];
    long number = whole_number(r->csv.cells[x->column]);
    if (!r->n_records) x->first = number;
    x->counts = (!r->n_records || x->counts) && number == x->first + r->n_records && x->first >= 0 &&
                x->first <= 1 && ll_heading_among(index_names, r->header.v[x->column]);
    if (!read_check(r, x, theirs)) {
        x->unread++;
        return LL_OK;
    }
    x->read++;
    if (!x->line && memcmp(theirs, gene, (size_t)r->job->space->n_positions))
        note_contradiction(r, x, theirs);
    return x->line && !x->counts ? contradicts(r, x, e) : LL_OK;
}

ll_status ll_table_read_arch(reader *r, uint8_t *gene, ll_error *e)
{
    const char *text;
    ll_str_clear(&r->arch);
    ll_arch_columns_text(&r->at, &r->csv, r->job->space, &r->arch);
    text = ll_str_text(&r->arch);
    long number = whole_number(text); /* six digits may be a list of operations */
    r->saw_index |= number >= 0 && (!r->job->space->n_archs || number < (long)r->job->space->n_archs);
    ll_status s = r->by_row ? read_row(r, text, gene, e) : read_text(r, text, gene, e);
    if (s && !r->by_row) s = ll_fail_in(e, "%s: line %d: unknown architecture: ", r->csv.what, r->csv.line);
    if (!s && !r->by_row && number >= 0) s = check_meaning(r, text, gene, e);
    for (int i = 0; i < r->n_checks && !s; i++) s = check(r, &r->checks[i], gene, e);
    r->n_records++;
    return s;
}

/* --- what is said of it --- */

void ll_table_note_archs(reader *r)
{
    if (r->job->space->facts->columns && r->at.n > 1)
        ll_table_note_numbers(r);
    else if (r->at.n > 1)
        ll_import_note(r->job, "the architectures stand in %d %s, %s to %s", r->at.n,
                       ll_noun(r->at.n, "column", "columns"),
                       r->header.v[r->at.column[0] < 0 ? 0 : r->at.column[0]],
                       r->header.v[r->at.column[r->at.n - 1] < 0 ? 0 : r->at.column[r->at.n - 1]]);
    ll_arch_text_note(r->job, &r->text);
    if (r->text.n_one_hots)
        ll_import_note(r->job, "%d %s were given as one-hots", r->text.n_one_hots,
                       ll_noun(r->text.n_one_hots, "architecture", "architectures"));
    if (r->saw_index && r->by_row)
        ll_import_note(r->job, "bare numbers were read as row numbers of %s", r->job->into->name);
    else if (r->saw_index)
        ll_import_note(r->job, "bare numbers were read as architecture indices of the search space");
    for (int i = 0; i < r->n_checks; i++) {
        const ll_table_check *x = &r->checks[i];
        if (x->line)
            ll_import_note(r->job, "column %s counts the lines and names no architecture",
                           r->header.v[x->column]);
        else if (x->read)
            ll_import_note(r->job, "column %s names the same architectures", r->header.v[x->column]);
    }
}
