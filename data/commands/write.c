/* write: what a command answers, as a file. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "data/commands/commands.h"

const ll_option ll_write_options[] = {
    LL_OPT_WORD("file", NULL, "the file to write: .csv, or .json for all of it", LL_REQUIRED, LL_OF(FILE)),
    LL_OPT_WORD("command", NULL, "a command line in quotes", LL_REQUIRED, LL_OF(COMMAND)),
    LL_OPT_FORCE,
    {0},
};

static const cJSON *member(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static void write_value(FILE *f, const cJSON *v)
{
    if (cJSON_IsNumber(v))
        ll_csv_write_number(f, v->valuedouble);
    else if (cJSON_IsString(v))
        ll_csv_write(f, v->valuestring);
    else if (cJSON_IsBool(v))
        fputs(cJSON_IsTrue(v) ? "yes" : "no", f);
}

/* Which members of the rows become columns. */
static void add_key(ll_strs *keys, const char *key)
{
    if (!ll_strs_has(keys, key)) ll_strs_add(keys, key);
}

static bool is_cell(const cJSON *v)
{
    return cJSON_IsNumber(v) || cJSON_IsString(v) || cJSON_IsBool(v);
}

/* Of a table of architectures first `arch` and `row`, and behind the columns whatever else its rows say. */
static void list_keys(const cJSON *result, ll_strs *keys)
{
    const cJSON *column, *columns = member(result, "columns"), *rows = member(result, "rows"), *row, *v;
    ll_strs named = {0};
    cJSON_ArrayForEach(column, columns) ll_strs_add(&named, ll_json_get_str(column, "key", ""));
    bool archs = rows && ll_strs_has(&named, "arch");
    if (archs) add_key(keys, "arch");
    if (archs && ll_strs_has(&named, "row")) add_key(keys, "row");
    for (int i = 0; i < named.n; i++) add_key(keys, named.v[i]);
    for (row = archs ? rows->child : NULL; row; row = row->next)
        cJSON_ArrayForEach(v, row) if (is_cell(v)) add_key(keys, v->string);
    ll_strs_free(&named);
}

static void write_record(FILE *f, const ll_strs *keys, const cJSON *row)
{
    for (int i = 0; i < keys->n; i++) {
        if (i) putc(',', f);
        write_value(f, member(row, keys->v[i]));
    }
    putc('\n', f);
}

static void write_rows(FILE *f, const cJSON *result)
{
    const cJSON *rows = member(result, "rows"), *row;
    ll_strs keys = {0};
    list_keys(result, &keys);
    for (int i = 0; i < keys.n; i++) {
        if (i) putc(',', f);
        ll_csv_write(f, keys.v[i]);
    }
    putc('\n', f);
    if (!rows) write_record(f, &keys, result);
    cJSON_ArrayForEach(row, rows) write_record(f, &keys, row);
    ll_strs_free(&keys);
}

/* "devices" heads the rows and columns of "matrix". */
static void write_matrix(FILE *f, const cJSON *result)
{
    const cJSON *names = member(result, "devices"), *row = member(result, "matrix")->child, *name, *v;
    fputs("device", f);
    cJSON_ArrayForEach(name, names)
    {
        putc(',', f);
        write_value(f, name);
    }
    putc('\n', f);
    cJSON_ArrayForEach(name, names)
    {
        write_value(f, name);
        cJSON_ArrayForEach(v, row)
        {
            putc(',', f);
            write_value(f, v);
        }
        putc('\n', f);
        row = row ? row->next : NULL;
    }
}

static bool is_sequence(const cJSON *v, int n)
{
    return cJSON_IsArray(v) && cJSON_GetArraySize(v) == n && n > 0 &&
           (cJSON_IsNumber(v->child) || cJSON_IsString(v->child) || cJSON_IsNull(v->child));
}

/* Length of the longest sequence of values in the result. */
static int longest_sequence(const cJSON *result)
{
    const cJSON *v;
    int n = 0;
    cJSON_ArrayForEach(v, result)
    {
        if (cJSON_GetArraySize(v) > n && is_sequence(v, cJSON_GetArraySize(v))) n = cJSON_GetArraySize(v);
    }
    return n;
}

/* Sequences of the same length are columns: the two coordinates of a map. */
static void write_sequences(FILE *f, const cJSON *result, int n)
{
    enum { MOST = 16 };
    const cJSON *v, *at[MOST];
    int k = 0;
    fputs("row", f);
    cJSON_ArrayForEach(v, result)
    {
        if (k == MOST || !is_sequence(v, n)) continue;
        at[k++] = v->child;
        putc(',', f);
        ll_csv_write(f, v->string);
    }
    for (int i = 0; i < n; i++) {
        fprintf(f, "\n%d", i);
        for (int j = 0; j < k; j++) {
            putc(',', f);
            write_value(f, at[j]);
            at[j] = at[j]->next;
        }
    }
    putc('\n', f);
}

static ll_status write_csv(const cJSON *result, const char *path, ll_error *e)
{
    ll_writer w;
    int n = longest_sequence(result);
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    if (cJSON_IsArray(member(result, "matrix")))
        write_matrix(w.f, result);
    else if (member(result, "rows") || !n)
        write_rows(w.f, result);
    else
        write_sequences(w.f, result, n);
    return ll_writer_commit(&w, e);
}

static ll_status write_json(const cJSON *result, const char *path, ll_error *e)
{
    char *text = ll_json_line(result);
    ll_status s = ll_write_file(path, text, strlen(text), e);
    cJSON_free(text);
    return s;
}

/* The last result is the answer; what comes before it leads there. */
ll_status ll_run_write(ll_request *rq)
{
    const char *line = ll_word(&rq->args, "command");
    cJSON *results = NULL;
    char *path = NULL;
    ll_status s = ll_output_new(rq, ll_word(&rq->args, "file"), &path);
    if (!s) s = ll_app_ask_line(rq, line, &results);
    const cJSON *last = cJSON_GetArrayItem(results, cJSON_GetArraySize(results) - 1);
    if (!s && !last) s = LL_FAIL(rq, LL_FAILED, "`%s` answers nothing that could be written", line);
    if (!s) {
        size_t n = strlen(path);
        bool json = n > 5 && !strcmp(path + n - 5, ".json");
        s = json ? write_json(last, path, &rq->error) : write_csv(last, path, &rq->error);
        if (!s) ll_note(rq, "written to %s", path);
    }
    free(path);
    cJSON_Delete(results);
    return s;
}
