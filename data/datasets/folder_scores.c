#include "data/datasets/folder_scores.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "data/datasets/export.h"
#include "data/formats/safetensors.h"

/* --- writing --- */

void ll_folder_describe_scores(const ll_dataset *d, cJSON *info)
{
    cJSON *a = ll_json_arr(info, "scores");
    for (int i = 0; i < d->n_scores; i++) {
        const ll_score *v = &d->scores[i];
        cJSON *x = ll_json_obj(a, NULL);
        ll_json_str(x, "name", v->name);
        if (v->unit) ll_json_str(x, "unit", v->unit);
        if (v->split) ll_json_str(x, "split", v->split);
        ll_json_str(x, "source", v->source);
    }
}

static bool is_scored(const ll_dataset *d, int row)
{
    for (int i = 0; i < d->n_scores; i++)
        if (!isnan(d->scores[i].v[row])) return true;
    return false;
}

ll_status ll_folder_write_scores(const ll_dataset *d, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_str text = {0};
    bool digits = ll_space_reads_digits(d->space);
    ll_write_scores_head(w.f, d);
    for (int i = 0; i < d->n_archs; i++) {
        if (!is_scored(d, i)) continue;
        ll_write_brief_arch(w.f, d, i, digits, &text);
        for (int k = 0; k < d->n_scores; k++) {
            putc_unlocked(',', w.f);
            ll_csv_write_number(w.f, d->scores[k].v[i]);
        }
        putc_unlocked('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

/* --- reading --- */

static ll_status read_row(ll_dataset *d, const ll_csv *c, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    if (c->n != 1 + d->n_scores)
        return ll_csv_fail(c, e, "%d cells, %d were expected", c->n, 1 + d->n_scores);
    if (ll_space_parse(d->space, c->cells[0], gene, e))
        return ll_fail_in(e, "%s: line %d: ", c->what, c->line);
    int row = ll_dataset_row(d, gene);
    if (row < 0) return ll_csv_fail(c, e, "architecture %.120s is not in latency.csv", c->cells[0]);
    for (int k = 0; k < d->n_scores; k++) {
        double x = NAN;
        const char *cell = c->cells[1 + k];
        if (*cell && (!ll_decimal_parse(cell, &x) || !ll_score_takes(x)))
            return ll_csv_fail(c, e, "\"%.40s\" is no number", cell);
        double *v = &d->scores[k].v[row];
        if (!isnan(*v) && *v != x) return ll_csv_fail(c, e, "the architecture stands in an earlier line too");
        *v = x;
    }
    return LL_OK;
}

/* "cifar100 (MetaD2A)": the name of the one score, in which its source may stand in brackets. */
static void make_old_score(ll_dataset *d, const char *title)
{
    ll_error ignored;
    const char *bracket = strstr(title, " (");
    char *name = bracket ? ll_strndup(title, (size_t)(bracket - title)) : ll_strdup(title);
    for (char *c = name; *c; c++)
        if (!strchr("._-", *c) && !isalnum((unsigned char)*c)) *c = '_';
    ll_score *s = ll_dataset_make_score(d, ll_score_check_name(name, &ignored) ? "accuracy" : name);
    ll_score_describe(s, NULL, NULL, title);
    free(name);
}

static ll_status make_score(ll_dataset *d, const cJSON *x, ll_error *e)
{
    const char *name = ll_json_get_str(x, "name", "");
    ll_status s = ll_score_check_name(name, e);
    if (s) return s;
    if (ll_dataset_score(d, name)) return ll_fail(e, LL_BAD_DATA, "score %s is stated twice", name);
    if (d->n_scores == LL_SCORES_MOST) return ll_fail(e, LL_BAD_DATA, "more than %d scores", LL_SCORES_MOST);
    ll_score_describe(ll_dataset_make_score(d, name), ll_json_get_str(x, "unit", NULL),
                      ll_json_get_str(x, "split", NULL), ll_json_get_str(x, "source", NULL));
    return LL_OK;
}

static ll_status make_scores(ll_dataset *d, const cJSON *info, ll_error *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(info, "scores"), *x;
    ll_status s = LL_OK;
    if (!list) make_old_score(d, ll_json_get_str(info, "accuracy", "accuracy"));
    cJSON_ArrayForEach(x, list) if (!s) s = make_score(d, x, e);
    return s;
}

static ll_status check_header(const ll_dataset *d, bool stated, const ll_csv *c, ll_error *e)
{
    bool good = c->n == 1 + d->n_scores;
    for (int k = 0; good && stated && k < d->n_scores; k++)
        good = !strcmp(c->cells[1 + k], d->scores[k].name);
    return good ? LL_OK : ll_csv_fail(c, e, "the scores are not those of dataset.json");
}

static ll_status read_table(ll_csv *c, bool stated, ll_dataset *d, ll_error *e)
{
    bool more;
    ll_status s = ll_csv_next(c, &more, e);
    if (!s) s = check_header(d, stated, c, e);
    while (!s && !(s = ll_csv_next(c, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : read_row(d, c, e);
    return s;
}

ll_status ll_folder_read_scores(const char *dir, const cJSON *info, ll_dataset *d, ll_error *e)
{
    ll_csv c;
    ll_status s = make_scores(d, info, e);
    if (s) return ll_fail_in(e, "%s/dataset.json: ", dir);
    char *path = ll_path_join(dir, "accuracy.csv");
    s = ll_csv_open(&c, path, e);
    free(path);
    if (s) return s;
    c.separator = ',';
    s = read_table(&c, cJSON_GetObjectItemCaseSensitive(info, "scores") != NULL, d, e);
    ll_csv_close(&c);
    return s;
}

/* --- models --- */

ll_status ll_folder_write_score_model(const ll_score *s, const char *path, ll_error *e)
{
    return ll_safetensors_write(path, ll_score_model_tensors(s->model), e);
}

ll_status ll_folder_read_score_model(const char *dir, const char *file, ll_dataset *d, ll_error *e)
{
    ll_tensors t = {0};
    ll_score_model *m;
    char *path = ll_path_join(dir, file), *name = ll_path_stem(file);
    ll_status s = ll_dataset_score(d, name)
                      ? ll_safetensors_read(path, &t, e)
                      : ll_fail(e, LL_BAD_DATA, "%s: dataset.json states no score of that name", path);
    if (!s && ll_score_model_new(d->space, &t, &m, e)) s = ll_fail_in(e, "%s: ", path);
    if (!s) ll_score_set_model(ll_dataset_make_score(d, name), m);
    ll_tensors_free(&t);
    free(path);
    free(name);
    return s;
}
