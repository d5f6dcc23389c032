/* Encodings that are fitted once and used by name: the set of them, zcp, the commands, samplers on an encoding. */
#include "core/encode/encoders.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/sample/sampler.h"
#include "data/formats/encoder_file.h"
#include "tests/say.h"
#include "tests/spaces.h"
#include "tests/toy.h"

static float at(const ll_matrix_f *m, int row, int col)
{
    return m->v[(size_t)row * (size_t)m->cols + (size_t)col];
}

/* --- the set --- */

static ll_encoder *fitted(const ll_dataset *d, const char *name)
{
    ll_encoder *c;
    ll_error e = {0};
    CHECK_OK(ll_encoder_fit(name, &(ll_encode_job){.archs = d->archs}, &c, &e));
    return c;
}

static void the_latest_of_a_name_is_kept(void)
{
    ll_dataset *cells = all_cells(), *fbnets = some_fbnets(8);
    ll_encoders set = {0}, copy;
    ll_encoder *first = fitted(cells, "graf"), *second = fitted(cells, "graf"),
               *other = fitted(fbnets, "graf");
    CHECK(!ll_encoders_find(NULL, "graf", cells->space));
    ll_encoders_add(&set, first);
    ll_encoders_add(&set, other);
    ll_encoders_copy(&copy, &set);
    ll_encoders_add(&set, second);
    CHECK_INT(set.n, 2);
    CHECK(ll_encoders_find(&set, "graf", cells->space) == second);
    CHECK(ll_encoders_find(&copy, "graf", cells->space) == first);
    CHECK(ll_encoders_find(&set, "graf", fbnets->space) == other);
    CHECK(!ll_encoders_find(&set, "path", cells->space));
    ll_encoders_free(&copy);
    ll_encoders_free(&set);
    ll_dataset_unref(cells);
    ll_dataset_unref(fbnets);
}

/* Features of seventeen names: the oldest goes. */
static void a_full_set_loses_its_oldest(void)
{
    ll_dataset *d = toy_data(4, "a");
    ll_encoders set = {0};
    char name[16];
    for (int i = 0; i <= LL_MOST_ENCODERS; i++) {
        snprintf(name, sizeof name, "f%d", i);
        ll_archs_set_feature(d->archs, name, 1, (float[]){1, 2, 3, 4});
        ll_encoders_add(&set, fitted(d, name));
    }
    CHECK_INT(set.n, LL_MOST_ENCODERS);
    CHECK(!ll_encoders_find(&set, "f0", d->space));
    CHECK(ll_encoders_find(&set, "f1", d->space) && ll_encoders_find(&set, "f16", d->space));
    ll_encoders_free(&set);
    ll_dataset_unref(d);
}

/* --- zcp --- */

enum { PROXIES = 13, FLOPS = 2, GRASP = 4, JACOV = 5 };

/* Of 4 architectures; the last knows none. */
static ll_dataset *with_proxies(float v[4][PROXIES])
{
    ll_dataset *d = some_fbnets(4);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < PROXIES; k++) v[i][k] = i == 3 ? NAN : (float)(i + 1);
    v[1][JACOV] = NAN;
    ll_archs_set_feature(d->archs, "zcp", PROXIES, v[0]);
    return d;
}

/* 1, 2, 3: log(1 + x) from log 2 to log 4; the range of x; mean 2 and deviation sqrt(2 / 3). */
static void proxies_of_the_data_are_scaled(void)
{
    float v[4][PROXIES];
    ll_dataset *d = with_proxies(v);
    ll_archs *known = ll_archs_slice(d->archs, 0, 3);
    ll_encoder *c = fitted(d, "zcp");
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(c->dim, PROXIES + 1);
    CHECK_OK(ll_encoder_apply(c, known, &m, &e));
    CHECK_NEAR(at(&m, 1, FLOPS), (log(3) - log(2)) / (log(4) - log(2)), 1e-6);
    CHECK_NEAR(at(&m, 2, GRASP), 1 / sqrt(2. / 3), 1e-6);
    CHECK_NEAR(at(&m, 2, JACOV), 1, 1e-6);
    CHECK_NEAR(at(&m, 1, JACOV), 0, 0);
    CHECK_NEAR(at(&m, 1, PROXIES), 1, 0);
    CHECK_NEAR(at(&m, 0, PROXIES), 0, 0);
    ll_matrix_f_free(&m);
    CHECK_INT(ll_encoder_apply(c, d->archs, &m, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "has no zcp");
    ll_encoder_unref(c);
    ll_archs_unref(known);
    ll_dataset_unref(d);
}

static ll_status fit_counts(const ll_dataset *d, ll_encoder **c, ll_error *e)
{
    ll_values v = {0};
    ll_values_init(&v, ll_encoding_find("zcp")->options);
    CHECK_OK(ll_values_set(&v, "proxies", "params,l2_norm", e));
    ll_status s = ll_encoder_fit("zcp", &(ll_encode_job){.archs = d->archs, .options = &v}, c, e);
    ll_values_free(&v);
    return s;
}

/* An architecture that was not there when it was fitted has a vector as well, also from a file. */
static void computed_proxies_reach_beyond_the_table(void)
{
    ll_dataset *d = some_fbnets(6), *more = some_fbnets(7);
    ll_encoder *c, *back;
    ll_matrix_f a, b;
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "zcp.safetensors");
    CHECK_OK(fit_counts(d, &c, &e));
    CHECK_OK(ll_encoder_apply(c, more->archs, &a, &e));
    for (int j = 0; j < 2; j++) {
        float least = INFINITY, most = -INFINITY;
        for (int i = 0; i < 6; i++) least = fminf(least, at(&a, i, j)), most = fmaxf(most, at(&a, i, j));
        CHECK_NEAR(least, 0, 1e-6);
        CHECK_NEAR(most, 1, 1e-6);
    }
    CHECK(isfinite(at(&a, 6, 0)) && at(&a, 6, 0) != 0);
    CHECK_OK(ll_encoder_write(c, path, &e));
    CHECK_OK(ll_encoder_read(path, &back, &e));
    CHECK_OK(ll_encoder_apply(back, more->archs, &b, &e));
    CHECK(!memcmp(a.v, b.v, (size_t)a.rows * (size_t)a.cols * sizeof *a.v));
    CHECK_INT(back->fitted_on, 6);
    ll_matrix_f_free(&a);
    ll_matrix_f_free(&b);
    ll_encoder_unref(c);
    ll_encoder_unref(back);
    ll_dataset_unref(d);
    ll_dataset_unref(more);
    free(path);
}

static void a_space_without_layers_has_no_proxies(void)
{
    ll_dataset *d = toy_data(5, "a");
    ll_encoder *c;
    ll_error e = {0};
    CHECK_INT(ll_encoder_fit("zcp", &(ll_encode_job){.archs = d->archs}, &c, &e), LL_USAGE);
    CHECK_HAS(e.message, "layers of space toy are not known");
    ll_dataset_unref(d);
}

/* What a file says of its width decides about memory. */
static void a_width_that_is_not_the_spaces_is_refused(void)
{
    static const char *const names[] = {"onehot", "graph", "graf", "cost", "path"};
    ll_dataset *d = all_cells();
    for (int i = 0; i < 5; i++) {
        ll_encoder *c = fitted(d, names[i]), *back = NULL;
        ll_tensors file = {0};
        ll_error e = {0};
        CHECK_OK(ll_encoder_save(c, "z/", &file, &e));
        CHECK_OK(ll_encoder_load(&file, "z/", d->space, &back, &e));
        ll_encoder_unref(back);
        ll_tensors_set_text(&file, "z/dim", "1");
        CHECK_INT(ll_encoder_load(&file, "z/", d->space, &back, &e), LL_BAD_DATA);
        ll_tensors_set_text(&file, "z/dim", "1000");
        CHECK_INT(ll_encoder_load(&file, "z/", d->space, &back, &e), LL_BAD_DATA);
        ll_tensors_free(&file);
        ll_encoder_unref(c);
    }
    ll_dataset_unref(d);
}

/* Vectors that are no numbers are not handed on. */
static void a_vector_of_no_numbers_is_refused(void)
{
    ll_dataset *d = some_fbnets(6);
    ll_encoder *c = fitted(d, "cost");
    ll_matrix_f m;
    ll_error e = {0};
    c->scale[1] = INFINITY;
    CHECK_INT(ll_encoder_apply(c, d->archs, &m, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "is no number");
    ll_encoder_unref(c);
    ll_dataset_unref(d);
}

/* --- samplers on an encoding --- */

static void a_sampler_takes_an_encoding_by_name(void)
{
    const ll_sampler *s = ll_sampler_find("kmeans:graf");
    CHECK(s && s != ll_sampler_find("kmeans") && s == ll_sampler_find("kmeans:graf"));
    CHECK_STR(s->name, "kmeans:graf");
    CHECK_STR(s->encoding, "graf");
    CHECK(!ll_sampler_find("random:graf"));
    CHECK(!ll_sampler_find("kmeans:"));
    CHECK(!ll_sampler_find("kmean:graf"));
}

/* --- the commands --- */

/* Other architectures than those whose proxies come with latlab. */
static ll_app *app_with_encodings(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_score_commands);
    CHECK_INT(say(a, "simulate dataset=small space=fbnet n=12 seed=9 replace=on"), LL_OK);
    CHECK_INT(say(a, "load small"), LL_OK);
    return a;
}

static void what_is_fitted_is_listed_and_used(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "map zcp"), LL_FAILED);
    CHECK_HAS(said, "`encode zcp` does that");
    CHECK_INT(say(a, "encode zcp proxies=params,flops"), LL_OK);
    CHECK_HAS(said, "\"kind\":\"encoding\",\"name\":\"zcp\"");
    CHECK_HAS(said, "\"rows\":12,\"dim\":3");
    CHECK_INT(say(a, "encodings"), LL_OK);
    CHECK_HAS(said, "\"name\":\"zcp\",\"state\":\"fitted\",\"space\":\"fbnet\",\"dim\":3,\"fitted_on\":12");
    CHECK_INT(say(a, "map zcp"), LL_OK);
    CHECK_INT(say(a, "sample k=3 sampler=kmeans encoding=zcp"), LL_OK);
    CHECK_HAS(said, "\"sampler\":\"kmeans:zcp\"");
    CHECK_INT(say(a, "sample k=3 sampler=cosine:graf"), LL_OK);
    CHECK_INT(say(a, "sample k=3 encoding=graf"), LL_USAGE);
    CHECK_HAS(said, "sampler=random looks at no vectors");
    CHECK_INT(say(a, "sample k=3 sampler=kmeans:nothing"), LL_USAGE);
    CHECK_HAS(said, "'nothing' is no encoding");
    for (int i = 0; i < 3; i++) CHECK_INT(say(a, "undo"), LL_OK);
    CHECK_INT(say(a, "map zcp"), LL_FAILED);
    ll_app_free(a);
}

/* It is a step of its own, and in another process it is there again, bit for bit. */
static void check_completed(ll_app *a, const char *line, const char *one, int most)
{
    ll_strs out = {0};
    ll_app_complete(a, line, &out);
    CHECK(ll_strs_has(&out, one) && out.n <= most);
    ll_strs_free(&out);
}

static void names_are_completed(void)
{
    ll_app *a = app_with_encodings();
    ll_app_register(a, ll_proxies_commands);
    check_completed(a, "map gr", "graf", 2);
    check_completed(a, "sample k=3 sampler=kmeans encoding=arch", "encoding=arch2vec", 1);
    check_completed(a, "encode zcp proxies=params,syn", "proxies=params,synflow", 1);
    check_completed(a, "proxies nw", "nwot", 1);
    ll_app_free(a);
}

/* Positions of fbnet that were drawn independently say nothing of one another. */
static void a_fit_that_learns_nothing_says_so(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "simulate dataset=many space=fbnet n=150 seed=9 replace=on"), LL_OK);
    CHECK_INT(say(a, "load many"), LL_OK);
    CHECK_INT(say(a, "encode cate epochs=1 batch=32"), LL_OK);
    CHECK_HAS(said, "cate has learnt nothing here: tokens");
    ll_app_free(a);
}

/* All 13 as scores are what zcp reads, of two architectures; the others are not known. */
static void proxies_that_were_kept_are_encoded(void)
{
    ll_app *a = app_with_encodings();
    ll_app_register(a, ll_proxies_commands);
    CHECK_INT(say(a, "proxies all archs=random:2 batch=2 repeats=1 save=on"), LL_OK);
    CHECK_INT(say(a, "encode zcp"), LL_BAD_DATA);
    CHECK_HAS(said, "zcp");
    CHECK_INT(say(a, "proxies params,flops batch=2 repeats=1 save=on"), LL_OK);
    CHECK_INT(say(a, "encode zcp"), LL_OK);
    CHECK_HAS(said, "\"computed\":0");
    CHECK_INT(say(a, "scores against=params,params,nwot"), LL_OK);
    CHECK_HAS(said, "\"notes\":[\"over ");
    cJSON *result = said_result("worth");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(result, "columns")), 3);
    cJSON_Delete(result);
    CHECK_INT(say(a, "scores against="), LL_USAGE);
    ll_app_free(a);
}

static void a_session_keeps_what_is_fitted(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "encode zcp proxies=params seed=4"), LL_OK);
    CHECK_INT(say(a, "sample k=3 sampler=maxmin:zcp seed=2"), LL_OK);
    CHECK_INT(say(a, "undo"), LL_OK);
    CHECK_INT(say(a, "encodings"), LL_OK);
    CHECK_HAS(said, "\"name\":\"zcp\",\"state\":\"fitted\"");
    CHECK_INT(say(a, "undo"), LL_OK);
    CHECK_INT(say(a, "encodings"), LL_OK);
    CHECK_HAS(said, "\"name\":\"zcp\",\"state\":\"not fitted yet\"");
    CHECK_INT(say(a, "redo"), LL_OK);
    CHECK_INT(say(a, "save kept"), LL_OK);
    ll_app_free(a);
    a = app_new();
    CHECK_INT(say(a, "open kept"), LL_OK);
    CHECK_INT(say(a, "encodings"), LL_OK);
    CHECK_HAS(said, "\"name\":\"zcp\",\"state\":\"fitted\",\"space\":\"fbnet\",\"dim\":2");
    ll_app_free(a);
}

/* Proxies that came along are no part of the data, and are there all the same when a session is opened. */
static void a_session_finds_what_came_along(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "simulate dataset=cells space=nasbench201 n=30 replace=on"), LL_OK);
    CHECK_INT(say(a, "load cells"), LL_OK);
    CHECK_INT(say(a, "encode zcp"), LL_OK);
    CHECK_INT(say(a, "save along"), LL_OK);
    ll_app_free(a);
    a = app_new();
    CHECK_INT(say(a, "open along"), LL_OK);
    CHECK_INT(say(a, "map zcp"), LL_OK);
    ll_app_free(a);
}

/* A sampler that needs an encoding fits it, says so, and the next finds it. */
static void what_is_wanted_is_fitted_once(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "simulate dataset=few space=resnet_tiny n=3 seed=9 replace=on"), LL_OK);
    CHECK_INT(say(a, "load few"), LL_OK);
    CHECK_INT(say(a, "sample k=1 sampler=kmeans:zcp"), LL_OK);
    CHECK_HAS(said, "fitting zcp on the 3 architectures");
    CHECK_INT(say(a, "sample k=2 sampler=kmeans:zcp"), LL_OK);
    CHECK(!strstr(said, "fitting zcp"));
    ll_app_free(a);
}

static void a_file_is_for_its_encoding_and_space(void)
{
    CHECK(!chdir(check_tmpdir()));
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "encode zcp proxies=params save=z.safetensors out=z.csv"), LL_OK);
    CHECK_INT(say(a, "encode zcp from=z.safetensors"), LL_OK);
    CHECK_INT(say(a, "encode graf from=z.safetensors"), LL_USAGE);
    CHECK_HAS(said, "it is zcp, not graf");
    CHECK_INT(say(a, "simulate dataset=cells space=nasbench201 n=20 replace=on"), LL_OK);
    CHECK_INT(say(a, "load cells"), LL_OK);
    CHECK_INT(say(a, "encode zcp from=z.safetensors"), LL_USAGE);
    CHECK_HAS(said, "fitted on space fbnet, the data is of nasbench201");
    CHECK_INT(say(a, "encode zcp from=z.csv"), LL_BAD_DATA);
    CHECK_INT(say(a, "encode zcp proxies=param"), LL_USAGE);
    CHECK_INT(say(a, "encode zcp proxies=,"), LL_USAGE);
    CHECK_INT(say(a, "encode graf out=g.txt"), LL_USAGE);
    CHECK_INT(say(a, "encode graf save=missing/g.safetensors"), LL_FAILED);
    CHECK_INT(say(a, "encode graf save=g.csv out=g.csv"), LL_USAGE);
    CHECK_INT(say(a, "encode graf save=g.csv out=././g.csv"), LL_USAGE);
    CHECK_HAS(said, "name the same file");
    CHECK_INT(say(a, "sample k=3 sampler=kmeans:graf encoding=cost"), LL_USAGE);
    ll_app_free(a);
}

static void experiments_compare_samplers_on_encodings(void)
{
    ll_app *a = app_with_encodings();
    CHECK_INT(say(a, "partition train=6 test=1"), LL_OK);
    CHECK_INT(say(a, "score predictors=gp samplers=random,kmeans:graf,kmeans:cost k=3 trials=1"), LL_OK);
    CHECK_HAS(said, "\"sampler\":\"kmeans:graf\"");
    CHECK_HAS(said, "\"sampler\":\"kmeans:cost\"");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"the latest of a name is kept", the_latest_of_a_name_is_kept},
    {"a full set loses its oldest", a_full_set_loses_its_oldest},
    {"proxies of the data are scaled", proxies_of_the_data_are_scaled},
    {"computed proxies reach beyond the table", computed_proxies_reach_beyond_the_table},
    {"a space without layers has no proxies", a_space_without_layers_has_no_proxies},
    {"a width that is not the space's is refused", a_width_that_is_not_the_spaces_is_refused},
    {"a vector of no numbers is refused", a_vector_of_no_numbers_is_refused},
    {"a sampler takes an encoding by name", a_sampler_takes_an_encoding_by_name},
    {"what is fitted is listed and used", what_is_fitted_is_listed_and_used},
    {"names are completed", names_are_completed},
    {"a fit that learns nothing says so", a_fit_that_learns_nothing_says_so},
    {"proxies that were kept are encoded", proxies_that_were_kept_are_encoded},
    {"a session keeps what is fitted", a_session_keeps_what_is_fitted},
    {"a session finds what came along", a_session_finds_what_came_along},
    {"what is wanted is fitted once", what_is_wanted_is_fitted_once},
    {"a file is for its encoding and space", a_file_is_for_its_encoding_and_space},
    {"experiments compare samplers on encodings", experiments_compare_samplers_on_encodings},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_encoders", cases, argc, argv);
}
