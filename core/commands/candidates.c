#include "core/commands/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

/* Architectures stand below one of these titles, or in the first column of a table without titles. */
static const char *const titles[] = {"arch", "architecture", "arch_str", "arch_string", "string", NULL};

/* --- opening --- */

static ll_status open_table(ll_candidates *c, const char *path, ll_error *e)
{
    ll_status s = ll_csv_open_stream(&c->csv, path, e);
    if (!s) s = ll_csv_next(&c->csv, &c->pending, e);
    int titled = s ? -1 : ll_csv_column_among(&c->csv, titles);
    c->titled = titled >= 0;
    c->column = c->titled ? titled : 0;
    if (c->titled) c->pending = false;
    if (s) ll_csv_close(&c->csv);
    return s;
}

static ll_status open_stdin(ll_candidates *c, ll_request *rq)
{
    if (!ll_app_input_is_free(rq->app))
        return LL_FAIL(rq, LL_USAGE,
                       "archs=- reads the standard input, which the commands come from: give a file, or the "
                       "commands with -c");
    return open_table(c, NULL, &rq->error);
}

static void add_json(ll_candidates *c, const cJSON *arch)
{
    char *text = cJSON_IsString(arch) ? ll_strdup(arch->valuestring) : ll_json_line(arch);
    ll_strs_take(&c->names, text);
}

/* A .json file holds one architecture or a list of them, as texts or as what the space writes in JSON (OFA's dicts). */
static ll_status open_json(ll_candidates *c, const char *path, ll_error *e)
{
    cJSON *json;
    const cJSON *arch;
    ll_status s = ll_json_read_file(path, &json, e);
    if (s) return s;
    bool numbers = cJSON_IsNumber(cJSON_GetArrayItem(json, 0));
    if (cJSON_IsArray(json) && !numbers)
        cJSON_ArrayForEach(arch, json) add_json(c, arch);
    else
        add_json(c, json);
    cJSON_Delete(json);
    c->from = ll_strdup(path);
    return LL_OK;
}

/* Joined by commas; the first one tells whether that is meant, else it is the name of a file that is not there. */
static ll_status open_list(ll_candidates *c, const char *text, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error why = {0};
    ll_strs_split(&c->names, text, ',');
    if (!c->names.n) return ll_fail(e, LL_USAGE, "archs= names no architecture and no file");
    if (c->names.n && !ll_space_read(c->space, c->names.v[0], gene, &why)) return LL_OK;
    ll_strs_free(&c->names);
    return ll_fail(e, LL_BAD_DATA, "%.200s: there is no such file, and it is no architecture either: %.300s",
                   text, why.message);
}

ll_status ll_candidates_open(ll_candidates *c, ll_request *rq, const ll_space *space, const char *archs)
{
    *c = (ll_candidates){.space = space};
    if (!strcmp(archs, "-")) return open_stdin(c, rq);
    char *path = ll_path_expand(archs);
    ll_status s = !ll_is_there(path)        ? open_list(c, archs, &rq->error)
                  : ll_glob("*.json", path) ? open_json(c, path, &rq->error)
                                            : open_table(c, path, &rq->error);
    free(path);
    return s;
}

void ll_candidates_one(ll_candidates *c, const ll_space *space, const char *arch)
{
    *c = (ll_candidates){.space = space};
    ll_strs_add(&c->names, arch);
}

void ll_candidates_close(ll_candidates *c)
{
    ll_csv_close(&c->csv);
    ll_strs_free(&c->names);
    free(c->from);
    c->from = NULL;
}

/* --- reading --- */

/* Without titles, a line of as many numbers as there are positions is one architecture and not an index with remarks. */
static bool is_spelt_out(const ll_candidates *c)
{
    if (c->titled || c->csv.n != c->space->n_positions || c->csv.n < 2) return false;
    for (int i = 0; i < c->csv.n; i++)
        if (!*c->csv.cells[i] || strspn(c->csv.cells[i], "0123456789") != strlen(c->csv.cells[i]))
            return false;
    return true;
}

static ll_status read_record(const ll_candidates *c, uint8_t *gene, ll_error *e)
{
    ll_error own = {0};
    if (c->column >= c->csv.n) return ll_csv_fail(&c->csv, e, "no architecture stands here");
    if (is_spelt_out(c))
        return ll_csv_fail(&c->csv, e,
                           "an operation in each column: join them by '_', or put them in quotes");
    ll_status s = ll_space_read(c->space, c->csv.cells[c->column], gene, &own);
    return s ? ll_csv_fail(&c->csv, e, "%s", own.message) : LL_OK;
}

/* *more false: there is none. */
static ll_status read_one(ll_candidates *c, uint8_t *gene, bool *more, ll_error *e)
{
    ll_status s = LL_OK;
    if (!c->csv.text) {
        *more = c->next < c->names.n;
        if (!*more || !ll_space_read(c->space, c->names.v[c->next++], gene, e)) return LL_OK;
        return c->from ? ll_fail_in(e, "%s: entry %d: ", c->from, c->next) : LL_BAD_DATA;
    }
    *more = c->pending;
    c->pending = false;
    if (!*more) s = ll_csv_next(&c->csv, more, e);
    return s || !*more ? s : read_record(c, gene, e);
}

ll_status ll_candidates_next(ll_candidates *c, ll_archs *to, int most, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < most; i++) {
        bool more;
        if (i % 256 == 0 && ll_interrupted()) return ll_interrupt_fail(e);
        ll_status s = read_one(c, gene, &more, e);
        if (s || !more) return s;
        ll_archs_push(to, gene);
    }
    return LL_OK;
}
