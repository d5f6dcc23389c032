/* Which devices can share a proxy. */
#include "core/device/cover.h"
#include "tests/say.h"

/* A corr of D devices from its lower triangle, row by row. */
static ll_corr corr_of(int D, const double *lower)
{
    ll_corr c = {.devices = ll_ints_range(D), .r = LL_NEW_ARRAY(double, D *D), .n = LL_NEW_ARRAY(int, D *D)};
    for (int i = 0; i < D; i++)
        for (int j = 0; j <= i; j++) c.r[i * D + j] = c.r[j * D + i] = i == j ? 1 : *lower++;
    return c;
}

/* 1 is close to 0, 2 and 3; 4 only to 3; 5 has no correlation at all. */
static void the_device_that_serves_most_comes_first(void)
{
    const double lower[] = {.95, .5, .92, .6, .97, .7, .2, .3, .4, .93, NAN, NAN, NAN, NAN, NAN};
    ll_corr c = corr_of(6, lower);
    ll_cover cover;
    ll_cover_devices(&c, .9, &cover);
    CHECK_INT(cover.proxies.n, 3);
    CHECK_INT(cover.proxies.v[0], 1);
    CHECK_INT(cover.proxies.v[1], 4); /* 4 and 5 serve themselves alone: the first */
    CHECK_INT(cover.proxies.v[2], 5);
    const int of[] = {1, 1, 1, 1, 4, 5}; /* 3: .97 to 1, .93 to 4 */
    for (int i = 0; i < 6; i++) CHECK_INT(cover.of.v[i], of[i]);
    ll_cover_free(&cover);
    ll_cover_devices(&c, .98, &cover);
    CHECK_INT(cover.proxies.n, 6);
    ll_cover_free(&cover);
    ll_cover_devices(&c, -1, &cover);
    CHECK_INT(cover.proxies.n, 2); /* whatever the threshold, 5 follows nobody */
    ll_cover_free(&cover);
    ll_corr_free(&c);
}

/* Of two that serve as many, the closer one. */
static void ties_go_to_the_closer_device(void)
{
    const double lower[] = {.91, .99, .99};
    ll_corr c = corr_of(3, lower);
    ll_cover cover;
    ll_cover_devices(&c, .9, &cover);
    CHECK_INT(cover.proxies.n, 1);
    CHECK_INT(cover.proxies.v[0], 2);
    ll_cover_free(&cover);
    ll_corr_free(&c);
}

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

/* Every device is served, by a proxy it follows as closely as was asked. */
static void the_command_covers_all_devices(void)
{
    ll_app *a = app_new();
    CHECK_INT(say(a, "monotonicity"), LL_FAILED);
    SAY(a, "load toy");
    SAY(a, "monotonicity threshold=0.85");
    cJSON *matrix = said_result("corr"), *o = said_result("monotonicity");
    const cJSON *at;
    int devices = cJSON_GetArraySize(get(matrix, "devices")), served = 0;
    CHECK_INT(cJSON_GetArraySize(get(o, "assigned")), devices);
    cJSON_ArrayForEach(at, get(o, "assigned")) CHECK(ll_json_get_num(at, "r", 0) >= .85);
    cJSON_ArrayForEach(at, get(o, "rows"))
    {
        served += 1 + ll_json_get_int(at, "serves", 0);
        CHECK(!(ll_json_get_num(at, "weakest", NAN) < .85));
    }
    CHECK_INT(served, devices);
    CHECK(cJSON_GetArraySize(get(o, "rows")) < devices);
    cJSON_Delete(matrix);
    cJSON_Delete(o);
    CHECK_INT(say(a, "monotonicity sim_eyeriss"), LL_USAGE);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"the device that serves most comes first", the_device_that_serves_most_comes_first},
    {"ties go to the closer device", ties_go_to_the_closer_device},
    {"the command covers all devices", the_command_covers_all_devices},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_monotonicity", cases, argc, argv);
}
