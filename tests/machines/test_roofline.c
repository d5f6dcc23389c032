/* Layers under the roof: each has its letter, and nothing is said to be limited by arithmetic that is idle. */
#include <math.h>
#include <string.h>

#include "tests/say.h"

static int times(const char *text, char letter)
{
    int n = 0;
    for (const char *p = text; (p = strchr(p, letter)); p++) n++;
    return n;
}

/* The drawing without its labels: what stands between the axis and the end of each line. */
static void keep_plot(const char *text, ll_str *out)
{
    static const char axis[] = "\xe2\x94\x82";
    for (const char *p = text; (p = strstr(p, axis));) {
        p += strlen(axis);
        ll_str_addn(out, p, strcspn(p, "\n"));
    }
}

static void check_row(const cJSON *row, const char *plot, double ridge)
{
    const char *bound = ll_json_get_str(row, "bound", ""), *mark = ll_json_get_str(row, "mark", "?");
    double intensity = ll_json_get_num(row, "intensity", NAN), share = ll_json_get_num(row, "of_peak", NAN);
    CHECK(share >= 0 && share <= 100.1);
    CHECK(strcmp(bound, "compute") || intensity >= ridge);
    if (ll_json_get_num(row, "gflops", 0) > 0) CHECK_INT(times(plot, *mark), 1);
}

static void every_layer_has_its_place(void)
{
    static const char *const devices[] = {"sim_tpu_v1", "sim_raspi4", "sim_v100_b1", "sim_eyeriss",
                                          "sim_edge_tpu"};
    ll_app *a = app_new();
    CHECK_OK(say(a, "simulate dataset=t space=nasbench201 n=50"));
    CHECK_OK(say(a, "load t"));
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        ll_str line = {0}, plot = {0};
        ll_str_addf(
            &line,
            "roofline "
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2| "
            "device=%s",
            devices[i]);
        CHECK_OK(say(a, line.s));
        cJSON *result = said_result("roofline");
        double ridge =
            ll_json_get_num(result, "peak_gflops", 0) / ll_json_get_num(result, "bandwidth_gbs", 1);
        keep_plot(ll_json_get_str(result, "text", ""), &plot);
        const cJSON *rows = cJSON_GetObjectItem(result, "rows"), *row;
        CHECK(cJSON_GetArraySize(rows) > 5);
        double flops = 0, bytes = 0;
        cJSON_ArrayForEach(row, rows)
        {
            double each = ll_json_get_num(row, "gflops", 0) * ll_json_get_num(row, "layer_ms", 0) *
                          ll_json_get_num(row, "count", 0);
            check_row(row, ll_str_text(&plot), ridge);
            flops += each;
            bytes += each > 0 ? each / ll_json_get_num(row, "intensity", NAN) : 0;
        }
        CHECK_NEAR(ll_json_get_num(result, "network_intensity", NAN), flops / bytes, 1e-9 * flops / bytes);
        CHECK_NEAR(ll_json_get_num(result, "network_gflops", NAN) *
                       ll_json_get_num(result, "network_ms", NAN),
                   flops, 1e-9 * flops);
        cJSON_Delete(result);
        ll_str_free(&plot);
        ll_str_free(&line);
    }
    ll_app_free(a);
}

static const check_case cases[] = {
    {"every layer has its place", every_layer_has_its_place},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_roofline", cases, argc, argv);
}
