#include "sessions/course/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"

/* --- by name ----------------------------------------------------------------------------------------------- */

static ll_fact *fact_called(ll_facts *f, const char *name)
{
    ll_fact *fact = (ll_fact *)ll_facts_find(f, name);
    if (fact) return fact;
    f->v = ll_realloc(f->v, (size_t)f->n + 1, sizeof *f->v);
    f->v[f->n] = (ll_fact){.name = ll_strdup(name)};
    return &f->v[f->n++];
}

static void put(ll_fact *fact, const char *text, double x)
{
    char *copy = ll_strdup(text);
    free(fact->text);
    fact->text = copy;
    fact->x = x;
}

void ll_facts_set(ll_facts *f, const char *name, const char *text, double x)
{
    ll_fact *fact = fact_called(f, name);
    if (!fact->own) put(fact, text, x);
}

void ll_facts_keep(ll_facts *f, const char *name, const char *text, double x)
{
    ll_fact *fact = fact_called(f, name);
    fact->own = true;
    put(fact, text, x);
}

const ll_fact *ll_facts_find(const ll_facts *f, const char *name)
{
    for (int i = 0; i < f->n; i++)
        if (!strcmp(f->v[i].name, name)) return &f->v[i];
    return NULL;
}

void ll_facts_free(ll_facts *f)
{
    for (int i = 0; i < f->n; i++) {
        free(f->v[i].name);
        free(f->v[i].text);
    }
    free(f->v);
    *f = (ll_facts){0};
}

void ll_facts_copy(ll_facts *to, const ll_facts *from)
{
    ll_facts copy = {.v = ll_memdup(from->v, (size_t)from->n, sizeof *from->v), .n = from->n};
    for (int i = 0; i < copy.n; i++) {
        copy.v[i].name = ll_strdup(from->v[i].name);
        copy.v[i].text = ll_strdup(from->v[i].text);
    }
    ll_facts_free(to);
    *to = copy;
}

/* --- what results say -------------------------------------------------------------------------------------- */

static const cJSON *rows_of(const cJSON *result)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "rows");
    return cJSON_IsArray(rows) ? rows : NULL;
}

static const cJSON *plain(const cJSON *value)
{
    return cJSON_IsNumber(value) || cJSON_IsString(value) || cJSON_IsBool(value) ? value : NULL;
}

/* Does the row have a cell of this text, or of this number? */
static bool has_cell(const cJSON *row, const char *wanted)
{
    const cJSON *cell;
    char *end;
    double x = strtod(wanted, &end);
    bool is_number = *wanted && !*end;
    cJSON_ArrayForEach(cell, row)
    {
        if (cJSON_IsString(cell) && !strcmp(cell->valuestring, wanted)) return true;
        if (is_number && cJSON_IsNumber(cell) && cell->valuedouble == x) return true;
    }
    return false;
}

static bool has_cells(const cJSON *row, const ll_strs *wanted)
{
    for (int i = 0; i < wanted->n; i++)
        if (!has_cell(row, wanted->v[i])) return false;
    return true;
}

/* The cells that name a row; the name of an answer is the answer. */
static void split_cells(const ll_facts *f, const char *text, ll_strs *out)
{
    ll_strs names = {0};
    ll_strs_split(&names, text, ',');
    for (int i = 0; i < names.n; i++) {
        const ll_fact *fact = ll_facts_find(f, names.v[i]);
        ll_str cell = {0};
        if (fact && !fact->text) ll_str_addf(&cell, "%.17g", fact->x);
        ll_strs_add(out, !fact ? names.v[i] : fact->text ? fact->text : ll_str_text(&cell));
        ll_str_free(&cell);
    }
    ll_strs_free(&names);
}

/* Of `devices` and `matrix` (corr): the number where the two meet. */
static const cJSON *matrix_cell(const cJSON *result, const char *row, const char *column)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(result, "devices"), *name;
    const cJSON *matrix = cJSON_GetObjectItemCaseSensitive(result, "matrix");
    int i = -1, j = -1, at = 0;
    cJSON_ArrayForEach(name, names)
    {
        if (cJSON_IsString(name) && !strcmp(name->valuestring, row)) i = at;
        if (cJSON_IsString(name) && !strcmp(name->valuestring, column)) j = at;
        at++;
    }
    return i < 0 || j < 0 ? NULL : plain(cJSON_GetArrayItem(cJSON_GetArrayItem(matrix, i), j));
}

static const cJSON *cell_of(const ll_facts *f, const cJSON *result, const char *which, const char *field)
{
    ll_strs wanted = {0};
    const cJSON *found = NULL, *row;
    split_cells(f, which, &wanted);
    cJSON_ArrayForEach(row, rows_of(result))
    {
        if (!found && wanted.n && has_cells(row, &wanted))
            found = plain(cJSON_GetObjectItemCaseSensitive(row, field));
    }
    ll_strs one = {0};
    split_cells(f, field, &one);
    if (!found && wanted.n == 1 && one.n == 1) found = matrix_cell(result, wanted.v[0], one.v[0]);
    ll_strs_free(&one);
    ll_strs_free(&wanted);
    return found;
}

/* The first text of a row is its name. */
static const char *name_of(const cJSON *row)
{
    const cJSON *cell;
    cJSON_ArrayForEach(cell, row)
    {
        if (cJSON_IsString(cell)) return cell->valuestring;
    }
    return NULL;
}

enum { MIN, MAX, MEAN, LEAST, MOST, FOLDS };
static const char *const folds[FOLDS] = {"min ", "max ", "mean ", "least ", "most "};

/* Over the rows that have the number; false: none has. */
static bool fold(ll_facts *f, const char *reference, int how, const cJSON *result)
{
    const char *field = reference + strlen(folds[how]);
    const cJSON *row, *best = NULL;
    double sum = 0, extreme = 0;
    int n = 0;
    bool low = how == MIN || how == LEAST;
    cJSON_ArrayForEach(row, rows_of(result))
    {
        const cJSON *cell = cJSON_GetObjectItemCaseSensitive(row, field);
        if (!cJSON_IsNumber(cell)) continue;
        double x = cell->valuedouble;
        if (!n || (low ? x < extreme : x > extreme)) extreme = x, best = row;
        sum += x;
        n++;
    }
    const char *name = how >= LEAST ? name_of(best) : NULL;
    if (!n || (how >= LEAST && !name)) return false;
    ll_facts_set(f, reference, name, name ? 0 : how == MEAN ? sum / n : extreme);
    return true;
}

static const cJSON *look_up(const ll_facts *f, const char *reference, const cJSON *result)
{
    const cJSON *rows = rows_of(result), *value = plain(cJSON_GetObjectItemCaseSensitive(result, reference));
    if (!value && cJSON_GetArraySize(rows) == 1)
        value = plain(cJSON_GetObjectItemCaseSensitive(rows->child, reference));
    const char *dot = strrchr(reference, '.');
    if (value || !dot) return value;
    char *which = ll_strndup(reference, (size_t)(dot - reference));
    value = cell_of(f, result, which, dot + 1);
    free(which);
    return value;
}

static bool read_one(ll_facts *f, const char *reference, const cJSON *result)
{
    for (int how = 0; how < FOLDS; how++)
        if (!strncmp(reference, folds[how], strlen(folds[how]))) return fold(f, reference, how, result);
    const cJSON *value = look_up(f, reference, result);
    if (value) {
        double x = cJSON_IsBool(value) ? cJSON_IsTrue(value) : value->valuedouble;
        ll_facts_set(f, reference, cJSON_IsString(value) ? value->valuestring : NULL, x);
    } else if (!strcmp(reference, "rows") && rows_of(result)) {
        ll_facts_set(f, reference, NULL, cJSON_GetArraySize(rows_of(result)));
    } else {
        return false;
    }
    return true;
}

void ll_facts_read(ll_facts *f, const ll_strs *references, const cJSON *results, cJSON *read)
{
    for (int i = 0; i < references->n; i++) {
        const char *reference = references->v[i];
        bool found = false;
        for (int j = cJSON_GetArraySize(results) - 1; j >= 0 && !found; j--)
            found = read_one(f, reference, cJSON_GetArrayItem(results, j));
        const ll_fact *fact = found && read ? ll_facts_find(f, reference) : NULL;
        if (fact && fact->text)
            ll_json_str(read, reference, fact->text);
        else if (fact)
            ll_json_num(read, reference, fact->x);
    }
}

/* --- texts ------------------------------------------------------------------------------------------------- */

ll_status ll_references(const char *text, ll_strs *out, ll_error *e)
{
    for (const char *open; (open = strchr(text, '{')); text++) {
        text = strchr(open, '}');
        if (!text)
            return ll_fail(e, LL_BAD_DATA, "\"%.40s\": a brace is never closed; expected {NAME}", open);
        char *name = ll_strndup(open + 1, (size_t)(text - open - 1));
        ll_strs_index(out, name);
        free(name);
    }
    return LL_OK;
}

void ll_fact_show(const ll_fact *fact, ll_str *out)
{
    if (fact->text)
        ll_str_add(out, fact->text);
    else if (fabs(fact->x) < 1e15 && (fact->x == floor(fact->x) || fabs(fact->x) >= 1000))
        ll_str_addf(out, "%.0f", fact->x);
    else
        ll_str_addf(out, "%.3g", fact->x);
}

typedef bool (*add_fn)(const ll_fact *fact, const char *name, ll_str *out);

/* Each {REF} as `add` writes it; false: it did not want one, whose name is at *bad. */
static bool fill(const ll_facts *f, const char *text, add_fn add, ll_str *out, ll_str *bad)
{
    for (const char *open, *close; (open = strchr(text, '{')) && (close = strchr(open, '}'));
         text = close + 1) {
        ll_str_addn(out, text, (size_t)(open - text));
        char *name = ll_strndup(open + 1, (size_t)(close - open - 1));
        bool good = add(ll_facts_find(f, name), name, out);
        if (!good) ll_str_add(bad, name);
        free(name);
        if (!good) return false;
    }
    ll_str_add(out, text);
    return true;
}

static bool add_shown(const ll_fact *fact, const char *name, ll_str *out)
{
    (void)name;
    if (fact)
        ll_fact_show(fact, out);
    else
        ll_str_add(out, "(unknown)");
    return true;
}

void ll_facts_tell(const ll_facts *f, const char *text, ll_str *out)
{
    fill(f, text, add_shown, out, NULL);
}

static bool add_word(const ll_fact *fact, const char *name, ll_str *out)
{
    (void)name;
    if (fact && fact->text)
        ll_quote_word(out, fact->text);
    else if (fact)
        ll_str_addf(out, "%.17g", fact->x);
    return fact != NULL;
}

ll_status ll_facts_command(const ll_facts *f, const char *line, ll_str *out, ll_error *e)
{
    ll_str bad = {0};
    ll_status s = fill(f, line, add_word, out, &bad)
                      ? LL_OK
                      : ll_fail(e, LL_FAILED, "%.200s: {%s} is not known here", line, ll_str_text(&bad));
    ll_str_free(&bad);
    return s;
}
