/* Models of nasflat in files: read again they predict the same, damaged ones are refused. */
#include "core/num/blas.h"
#include "tests/predict/nasflat_world.h"

/* In another process, where nothing of the dataset is. */
static void check_saved(const char *name, const char *value)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    set(&s.pretrain, "epochs", "2");
    set(&s.pretrain, "members", "2");
    set(&s.pretrain, name, value);
    s.variance = true;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    void *again = saved_and_loaded(&s, model);
    check_same_predictions(&s, model, again);
    tune(&s, "5");
    check_same_predictions(&s, model, again);
    check_same_predictions(&s, model, again); /* the first transfer left the weights alone */
    ll_nasflat.release(model);
    ll_nasflat.release(again);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void saved_models_predict_the_same(void)
{
    check_saved("encoding", "onehot");
    check_saved("graph", "marked");
}

/* The options of a file say how its graphs are read; a file from before there were marks does not ask for them. */
static void older_models_stay_as_they_were(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL, *old = NULL;
    ll_tensors t = {0};
    set(&s.pretrain, "epochs", "1");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(ll_nasflat.save(model, &t, &s.e), LL_OK);
    ll_tensors_set_text(&t, "nasflat_options", "{\"hidden\":32,\"head\":24,\"graph\":\"auto\"}");
    CHECK_INT(ll_nasflat.load(&(ll_load_job){&t, d->space, d->archs, NULL}, &old, &s.e), LL_OK);
    CHECK_INT(((ll_nasflat_model *)old)->layout.shape.n_ops, 5);
    check_same_predictions(&s, model, old);
    ll_tensors_free(&t);
    ll_nasflat.release(old);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* Loading what is damaged like this. */
static void check_refused(setup *s, ll_tensors *t, ll_status status, const char *says)
{
    void *model = NULL;
    CHECK_INT(ll_nasflat.load(&(ll_load_job){t, s->d->space, s->d->archs, NULL}, &model, &s->e), status);
    CHECK_HAS(s->e.message, says);
    CHECK(!model);
}

static void damaged_models_are_refused(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_tensors t = {0};
    set(&s.pretrain, "epochs", "1");
    set(&s.pretrain, "prior", "off");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(ll_nasflat.save(model, &t, &s.e), LL_OK);
    CHECK(ll_tensors_find(&t, "gcns.2.dense_graph_flow.weight") && !ll_tensors_find(&t, "gp.shift"));
    int32_t *rows = ll_tensors_find(&t, "nasflat.rows")->data, first = rows[0];
    rows[0] = ARCHS;
    check_refused(&s, &t, LL_BAD_DATA, "nasflat.rows: 300");
    rows[0] = first;
    int32_t *members = ll_tensors_find(&t, "nasflat.members")->data;
    *members = 2;
    check_refused(&s, &t, LL_BAD_DATA, "");
    *members = 9;
    check_refused(&s, &t, LL_BAD_DATA, "9, 1 to 8");
    *members = 1;
    char *options = ll_strdup(ll_tensors_text(&t, "nasflat_options"));
    ll_tensors_set_text(&t, "nasflat_options", "{\"gnn\":\"cnn\"}");
    check_refused(&s, &t, LL_USAGE, "nasflat_options");
    ll_tensors_set_text(&t, "nasflat_options", "{\"hidden\":32,\"head\":24,\"graph\":\"marked\"}");
    check_refused(&s, &t, LL_BAD_DATA, "op_emb.weight"); /* weights of a graph without marks */
    ll_tensors_set_text(&t, "nasflat_options", "[");
    check_refused(&s, &t, LL_BAD_DATA, "not a nasflat model");
    ll_tensors_set_text(&t, "nasflat_options", options);
    ll_tensors_set_text(&t, "sources.names", "[\"nobody\"]");
    check_refused(&s, &t, LL_BAD_DATA, "");
    for (int i = 0; i < t.keys.n; i++) /* as an older latlab wrote it */
        if (!strcmp(t.keys.v[i], "sources.names")) t.keys.v[i][0] = 'S';
    check_refused(&s, &t, LL_BAD_DATA, "an older latlab wrote it");
    free(options);
    ll_tensors_free(&t);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"saved models predict the same", saved_models_predict_the_same},
    {"older models stay as they were", older_models_stay_as_they_were},
    {"damaged models are refused", damaged_models_are_refused},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat_kept", cases, argc, argv);
}
