/* The command `measure`: a device is added, extended, kept on the disk; stopped and gone on with. Engine blas, because
 * it is there in every build. */
#include <unistd.h>

#include "core/base/clock.h"
#include "data/datasets/folder.h"
#include "tests/say.h"

static int device_of(const ll_state *s, const char *name, int *known)
{
    int at = ll_dataset_device(s->data, name);
    *known = at < 0 ? -1 : ll_dataset_count(s->data, at);
    return at;
}

static ll_app *app_with_cells(void)
{
    ll_app *a = app_new();
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    CHECK_INT(say(a, "simulate dataset=cells space=nasbench201 n=12 seed=5 machines=sim_eyeriss replace=on"),
              LL_OK);
    return a;
}

static void a_device_is_added_and_extended(void)
{
    ll_app *a = app_with_cells();
    ll_state s;
    int known;
    CHECK_INT(say(a, "measure device=mine engine=blas archs=3,1,4 repeats=2"), LL_OK);
    cJSON *result = said_result("measure");
    CHECK_INT(ll_json_get_int(result, "architectures", 0), 3);
    CHECK_INT(ll_json_get_int(result, "runs", 0), 6);
    CHECK_STR(ll_json_get_str(result, "kind_of_device", ""), "measured");
    cJSON_Delete(result);
    CHECK_INT(say(a, "measure device=mine engine=blas archs=3,1,4 repeats=2"), LL_OK);
    CHECK_HAS(said, "already");
    CHECK_INT(say(a, "measure device=mine engine=blas archs=0,4 repeats=2"), LL_OK);
    ll_app_snapshot(a, &s);
    int at = device_of(&s, "mine", &known);
    CHECK_INT(known, 4);
    for (int i = 0; i < 12; i++) {
        double ms = ll_latencies(s.data, at)[i], std = s.data->std_ms[at * 12 + i];
        bool measured = i == 0 || i == 1 || i == 3 || i == 4;
        CHECK(measured ? ms > 0 && ms < 1000 : isnan(ms));
        CHECK(measured ? std >= 0 && std < 1000 : isnan(std));
    }
    CHECK(isnan(s.data->std_ms[0])); /* a model has none */
    ll_state_free(&s);
    ll_app_free(a);
}

static void what_was_measured_is_on_the_disk(void)
{
    ll_app *a = app_with_cells();
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(say(a, "measure device=kept engine=blas archs=2 repeats=1"), LL_OK);
    char *dir = ll_path_join(check_tmpdir(), "data/cells");
    CHECK_INT(ll_folder_load(dir, &d, &e), LL_OK);
    int at = ll_dataset_device(d, "kept");
    CHECK(at >= 0 && d->devices[at].kind == LL_MEASURED && ll_known(d, at, 2));
    CHECK_STR(d->devices[at].note, "engine=blas dtype=f32 isa=native threads=1 batch=1");
    const cJSON *record = cJSON_GetArrayItem(cJSON_GetObjectItem(d->provenance, "measured"), 0);
    CHECK_STR(ll_json_get_str(record, "device", ""), "kept");
    CHECK_HAS(ll_json_get_str(record, "command", ""), "archs=2");
    CHECK_HAS(ll_json_get_str(record, "engine", ""), "OpenBLAS");
    CHECK(cJSON_GetObjectItem(cJSON_GetObjectItem(record, "machine"), "cpu"));
    ll_dataset_unref(d);
    free(dir);
    ll_app_free(a);
}

/* check=N: some architectures a second time; how far the two agree stays with the device, on the disk too. */
static void a_second_time_tells_how_far_it_agrees(void)
{
    ll_app *a = app_with_cells();
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_state s;
    int known;
    CHECK_INT(say(a, "measure device=twice engine=blas archs=0,1,2,3,4,5,6 repeats=2"), LL_OK);
    ll_app_snapshot(a, &s);
    CHECK(isnan(s.data->devices[device_of(&s, "twice", &known)].repeat));
    double before = ll_latencies(s.data, device_of(&s, "twice", &known))[3];
    ll_state_free(&s);
    CHECK_INT(say(a, "measure device=twice engine=blas archs=0,1,2 repeats=2 check=6"), LL_OK);
    cJSON *result = said_result("measure");
    CHECK_INT(ll_json_get_int(result, "architectures", -1), 0);
    CHECK_INT(ll_json_get_int(result, "checked", 0), 6);
    double repeat = ll_json_get_num(result, "repeat_spearman", NAN);
    CHECK(fabs(repeat) <= 1);
    cJSON_Delete(result);
    char *dir = ll_path_join(check_tmpdir(), "data/cells");
    CHECK_INT(ll_folder_load(dir, &d, &e), LL_OK);
    int at = ll_dataset_device(d, "twice");
    CHECK_NEAR(d->devices[at].repeat, repeat, 1e-12);
    CHECK_NEAR(ll_latencies(d, at)[3], before, 0); /* the first measurement stays the latency */
    CHECK_INT(ll_dataset_count(d, at), 7);
    ll_dataset_unref(d);
    CHECK_INT(say(a, "measure device=few engine=blas archs=0,1 repeats=1 check=2"), LL_OK);
    result = said_result("measure");
    CHECK(isnan(ll_json_get_num(result, "repeat_spearman", NAN))); /* two are no ranking */
    cJSON_Delete(result);
    free(dir);
    ll_app_free(a);
}

static void other_settings_are_refused(void)
{
    ll_app *a = app_with_cells();
    ll_state s;
    int known;
    CHECK_INT(say(a, "measure device=one engine=blas archs=2 repeats=1"), LL_OK);
    CHECK_INT(say(a, "measure device=one engine=blas archs=3 batch=2 repeats=1"), LL_USAGE);
    CHECK_HAS(said, "batch=2");
    CHECK_INT(say(a, "measure device=sim_eyeriss engine=blas archs=3"), LL_USAGE);
    ll_app_snapshot(a, &s);
    device_of(&s, "one", &known);
    CHECK_INT(known, 1);
    ll_state_free(&s);
    ll_app_free(a);
}

static void picked_architectures_are_measured(void)
{
    ll_app *a = app_with_cells();
    ll_state s;
    int known;
    CHECK_INT(say(a, "measure device=picked engine=blas archs=samples repeats=1"), LL_FAILED);
    CHECK_INT(say(a, "partition source=sim_eyeriss"), LL_OK);
    CHECK_INT(say(a, "sample k=4 sampler=random seed=1"), LL_OK);
    CHECK_INT(say(a, "measure device=picked engine=blas archs=samples repeats=1"), LL_OK);
    CHECK_INT(say(a, "measure device=drawn engine=blas archs=random:5 seed=2 repeats=1"), LL_OK);
    ll_app_snapshot(a, &s);
    device_of(&s, "picked", &known);
    CHECK_INT(known, 4);
    for (int i = 0; i < 4; i++)
        CHECK(ll_known(s.data, ll_dataset_device(s.data, "picked"), s.samples->rows.v[i]));
    device_of(&s, "drawn", &known);
    CHECK_INT(known, 5);
    ll_state_free(&s);
    ll_app_free(a);
}

/* Stopped at the first sign of life; within a second, and the same command then finds what was measured. */
static void stopping_keeps_what_is_measured(void)
{
    ll_app *a = app_with_cells();
    double stopped_s = 0;
    bool cancelled = false;
    ll_state s;
    int known;
    ll_app_submit(a, "measure device=long engine=reference repeats=32");
    for (cJSON *event; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        const char *kind = ll_json_get_str(event, "event", "");
        if (!strcmp(kind, "progress") && !stopped_s) {
            stopped_s = ll_now_s();
            ll_app_cancel(a);
        }
        if (!strcmp(kind, "end")) cancelled = !strcmp(ll_json_get_str(event, "status", ""), "cancelled");
    }
    CHECK(cancelled);
    CHECK(ll_now_s() - stopped_s < 1);
    ll_app_snapshot(a, &s);
    device_of(&s, "long", &known);
    CHECK_INT(known, -1); /* nothing half-measured in the dataset */
    ll_state_free(&s);
    char *journal = ll_path_join(check_tmpdir(), "latlab/measure/nasbench201-long.runs");
    CHECK(ll_is_file(journal));
    free(journal);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"a device is added and extended", a_device_is_added_and_extended},
    {"what was measured is on the disk", what_was_measured_is_on_the_disk},
    {"a second time tells how far a device agrees with itself", a_second_time_tells_how_far_it_agrees},
    {"other settings are refused", other_settings_are_refused},
    {"picked architectures are measured", picked_architectures_are_measured},
    {"stopping keeps what is measured", stopping_keeps_what_is_measured},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_measure", cases, argc, argv);
}
