/* HELP's data folders (Lee et al., NeurIPS 2021; github HayeonLee/HELP): data/nasbench201, data/fbnet and data/ofa. */
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/device/scores.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"

enum { ARCHS_MOST = 1000000 };

/* "titan_rtx_256" was measured with batches of 256. NULL when the name ends otherwise. */
static char *batch_note(const char *device)
{
    const char *last = strrchr(device, '_');
    static const char *const batches[] = {"1", "32", "64", "256"};
    for (size_t i = 0; last && i < sizeof batches / sizeof *batches; i++) {
        if (strcmp(last + 1, batches[i]) || !strcmp(device, "essential_ph_1")) continue;
        ll_str t = {0};
        ll_str_addf(&t, "batch %s", batches[i]);
        return ll_str_take(&t);
    }
    return NULL;
}

/* --- architectures --- */

typedef struct archs {
    const ll_space *space;
    uint8_t *genes;
    int n;
} archs;

static ll_status start_archs(const char *path, const char *space, ll_pickled_kind kind, const ll_pickled *v,
                             archs *a, ll_error *e)
{
    size_t n = v->kind == kind ? v->items.n / (kind == LL_PICKLED_DICT ? 2 : 1) : 0;
    if (!n || n > ARCHS_MOST)
        return ll_fail(e, LL_BAD_DATA, "%s: a %s, a %s of architectures was expected", path,
                       ll_pickled_word(v), kind == LL_PICKLED_DICT ? "dict" : "list");
    a->space = ll_space_find(space);
    a->n = (int)n;
    a->genes = LL_NEW_ARRAY(uint8_t, n * (size_t)a->space->n_positions);
    return LL_OK;
}

static uint8_t *gene_at(const archs *a, int i)
{
    return a->genes + (size_t)i * (size_t)a->space->n_positions;
}

/* nasbench201: a dict {string: index}, the indices 0 .. n-1 each once. */
static ll_status read_index(const char *path, const ll_pickled *v, archs *a, ll_error *e)
{
    ll_status s = start_archs(path, "nasbench201", LL_PICKLED_DICT, v, a, e);
    if (s) return s;
    bool *seen = LL_NEW_ARRAY(bool, a->n);
    for (int i = 0; !s && i < a->n; i++) {
        const ll_pickled *key = v->items.v[2 * i];
        int row;
        if (key->kind != LL_PICKLED_TEXT || !ll_pickled_int(v->items.v[2 * i + 1], 0, a->n - 1, &row) ||
            seen[row]) {
            s = ll_fail(e, LL_BAD_DATA, "%s: entry %d is no pair of an architecture and its index", path, i);
            break;
        }
        seen[row] = true;
        s = ll_space_parse(a->space, key->text.s, gene_at(a, row), e);
        if (s) ll_fail_in(e, "%s: entry %d: ", path, i);
    }
    free(seen);
    return s;
}

/* fbnet: a list of lists of operation indices. */
static ll_status read_lists(const char *path, const ll_pickled *v, archs *a, ll_error *e)
{
    ll_status s = start_archs(path, "fbnet", LL_PICKLED_LIST, v, a, e);
    if (s) return s;
    size_t positions = (size_t)a->space->n_positions;
    for (int i = 0; i < a->n; i++) {
        const ll_pickled *list = v->items.v[i];
        bool good = list->kind == LL_PICKLED_LIST && list->items.n == positions;
        for (size_t p = 0; good && p < positions; p++) {
            int op;
            good = ll_pickled_int(list->items.v[p], 0, a->space->n_ops - 1, &op);
            gene_at(a, i)[p] = good ? (uint8_t)op : 0;
        }
        if (!good)
            return ll_fail(e, LL_BAD_DATA, "%s: entry %d is no list of %zu operations 0..%d", path, i,
                           positions, a->space->n_ops - 1);
    }
    return LL_OK;
}

/* A number, or a list of as many as an architecture may have. */
static bool add_numbers(const ll_pickled *v, ll_str *out)
{
    bool list = v->kind == LL_PICKLED_LIST || v->kind == LL_PICKLED_TUPLE;
    size_t n = list ? v->items.n : 1;
    if (n > LL_MAX_POSITIONS) return false;
    if (list) ll_str_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        int x;
        if (!ll_pickled_int(list ? v->items.v[i] : v, INT32_MIN, INT32_MAX, &x)) return false;
        ll_str_addf(out, "%s%d", i ? ", " : "", x);
    }
    if (list) ll_str_addc(out, ']');
    return true;
}

/* {name: numbers} as JSON, which the space reads; names need no quoting. */
static bool add_dict(const ll_pickled *v, ll_str *out)
{
    if (v->kind != LL_PICKLED_DICT || v->items.n > 2 * LL_MAX_POSITIONS) return false;
    ll_str_addc(out, '{');
    for (size_t i = 0; i + 1 < v->items.n; i += 2) {
        const ll_pickled *key = v->items.v[i];
        if (key->kind != LL_PICKLED_TEXT || key->text.n > 16 || strpbrk(key->text.s, "\"\\")) return false;
        ll_str_addf(out, "%s\"%s\": ", i ? ", " : "", key->text.s);
        if (!add_numbers(v->items.v[i + 1], out)) return false;
    }
    ll_str_addc(out, '}');
    return true;
}

/* ofa: {"arch": a list of {"ks": [20], "e": [20], "d": [5], "r": resolution}}. */
static ll_status read_dicts(const char *path, const ll_pickled *v, archs *a, ll_error *e)
{
    const ll_pickled *member = ll_pickled_get(v, "arch"), *list = member ? member : v;
    ll_status s = start_archs(path, "ofa", LL_PICKLED_LIST, list, a, e);
    for (int i = 0; !s && i < a->n; i++) {
        ll_str text = {0};
        s = add_dict(list->items.v[i], &text)
                ? ll_space_parse(a->space, text.s, gene_at(a, i), e)
                : ll_fail(e, LL_BAD_DATA, "no dict of numbers and lists of numbers");
        if (s) ll_fail_in(e, "%s: entry %d: ", path, i);
        ll_str_free(&text);
    }
    return s;
}

/* What a folder has is what its list of architectures is called. */
static const struct {
    const char *file;
    ll_status (*read)(const char *path, const ll_pickled *v, archs *a, ll_error *e);
} kinds[] = {{"str_arch2idx.pt", read_index}, {"ofa_archs.pt", read_dicts}, {"arch.pt", read_lists}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static ll_status read_archs(const char *dir, archs *a, ll_error *e)
{
    for (int k = 0; k < KINDS; k++) {
        char *path = ll_path_join(dir, kinds[k].file);
        bool there = ll_is_file(path);
        ll_pickle p;
        ll_status s = there ? ll_pickle_read(path, &p, e) : LL_OK;
        if (there && !s) {
            s = kinds[k].read(path, p.root, a, e);
            ll_pickle_free(&p);
        }
        free(path);
        if (there) return s;
    }
    return ll_fail(e, LL_BAD_DATA,
                   "%s: no str_arch2idx.pt, ofa_archs.pt or arch.pt: not a data folder of HELP "
                   "(data/nasbench201, data/ofa or data/fbnet of its repository)",
                   dir);
}

/* --- latencies --- */

static ll_status read_device(const char *folder, const char *file, ll_dataset *d, int j, ll_error *e)
{
    char *path = ll_path_join(folder, file), *name = ll_path_stem(file), *note = batch_note(name);
    ll_device_set(&d->devices[j], name, LL_MEASURED, "HELP", "ms", NULL, note);
    ll_status s = ll_import_column(path, false, ll_latencies(d, j), d->n_archs, e);
    free(path);
    free(name);
    free(note);
    return s;
}

static ll_status read_devices(ll_import *job, const archs *a, ll_dataset **out, ll_error *e)
{
    char *folder = ll_path_join(job->path, "latency");
    ll_strs files = {0};
    ll_status s = ll_list_dir(folder, ".pt", &files, e);
    if (!s && !files.n) s = ll_fail(e, LL_BAD_DATA, "%s: no DEVICE.pt in it", folder);
    if (!s) s = ll_import_room(folder, &files, a->n, e);
    if (!s) {
        *out = ll_dataset_new(job->name, a->space, a->n, files.n);
        memcpy((*out)->archs->genes, a->genes, (size_t)a->n * (size_t)a->space->n_positions);
    }
    for (int j = 0; !s && j < files.n; j++) s = read_device(folder, files.v[j], *out, j, e);
    ll_strs_free(&files);
    free(folder);
    return s;
}

/* --- what comes beside them --- */

static ll_status read_reference(const char *path, ll_dataset *d, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_read(path, &p, e);
    if (s) return s;
    if (p.root->kind != LL_PICKLED_LIST)
        s = ll_fail(e, LL_BAD_DATA, "%s: a %s, a list of indices was expected", path,
                    ll_pickled_word(p.root));
    for (size_t i = 0; !s && i < p.root->items.n; i++) {
        int row;
        if (ll_pickled_int(p.root->items.v[i], 0, d->n_archs - 1, &row))
            ll_ints_add(&d->reference, row);
        else
            s = ll_fail(e, LL_BAD_DATA, "%s: element %zu is no index of an architecture", path, i);
    }
    ll_pickle_free(&p);
    return s;
}

enum { ACCURACY, PREDICTED }; /* of d->scores */

/* A row "string, accuracy in percent, MetaD2A score"; an architecture may come twice with equal accuracy. */
static ll_status read_accuracy_row(const ll_csv *c, ll_dataset *d, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    double accuracy, predicted = NAN;
    if (c->n < 2) return ll_csv_fail(c, e, "architecture, accuracy and score were expected");
    if (ll_space_parse(d->space, c->cells[0], gene, e))
        return ll_fail_in(e, "%s: line %d: ", c->what, c->line);
    int row = ll_dataset_row(d, gene);
    if (row < 0) return ll_csv_fail(c, e, "%s is not in the dataset", c->cells[0]);
    if (!ll_decimal_parse(c->cells[1], &accuracy) || !(accuracy >= 0 && accuracy <= 100))
        return ll_csv_fail(c, e, "\"%.40s\" is no accuracy in percent", c->cells[1]);
    if (c->n > 2 && !ll_decimal_parse(c->cells[2], &predicted))
        return ll_csv_fail(c, e, "\"%.40s\" is no score", c->cells[2]);
    d->scores[ACCURACY].v[row] = accuracy;
    d->scores[PREDICTED].v[row] = predicted;
    return LL_OK;
}

static ll_status read_accuracies(const char *path, ll_dataset *d, ll_error *e)
{
    ll_csv c;
    bool more;
    ll_status s = ll_csv_open(&c, path, e);
    if (s) return s;
    c.separator = ',';
    ll_score_describe(ll_dataset_make_score(d, "cifar100_metad2a"), "%", "test", "HELP (MetaD2A's list)");
    ll_score_describe(ll_dataset_make_score(d, "metad2a"), NULL, NULL, "HELP (MetaD2A's own score)");
    s = ll_csv_next(&c, &more, e); /* the first line is a time in seconds */
    while (!s && !(s = ll_csv_next(&c, &more, e)) && more) s = read_accuracy_row(&c, d, e);
    ll_csv_close(&c);
    return s;
}

static ll_status read_extras(ll_import *job, ll_dataset *d, ll_error *e)
{
    char *reference = ll_path_join(job->path, "hardware_embedding_index.pt");
    char *list = ll_path_join(job->path, "arch_generated_by_metad2a.txt");
    ll_status s = ll_is_file(reference) ? read_reference(reference, d, e) : LL_OK;
    if (!s && ll_is_file(list)) s = read_accuracies(list, d, e);
    if (!s && d->reference.n) ll_import_note(job, "%d reference architectures", d->reference.n);
    if (!s && d->n_scores)
        ll_import_note(job, "CIFAR-100 accuracies of %d architectures from MetaD2A's list",
                       ll_score_count(d, &d->scores[ACCURACY]));
    free(reference);
    free(list);
    return s;
}

ll_status ll_import_help(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    archs a = {0};
    ll_dataset *d = NULL;
    ll_status s = read_archs(job->path, &a, e);
    if (!s) s = read_devices(job, &a, &d, e);
    free(a.genes);
    if (!s) ll_import_provenance(d, "help", job->path, "ms");
    if (!s) s = ll_dataset_index(d, e); /* accuracies are found by architecture */
    if (!s) s = read_extras(job, d, e);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
