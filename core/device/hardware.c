#include "core/device/hardware.h"

#include <strings.h>

/* Names of HELP (card_batch), EAGLE in NASFLAT's spelling, OneProxy (eagle_, rice_ of HW-NAS-Bench, true_ of
 * nn-Meter). The first pattern that fits counts. */
static const struct {
    const char *pattern, *hardware;
} known[] = {
    {"1080ti_*", "GeForce GTX 1080 Ti"},
    {"desktop_gpu_gtx_1080ti_*", "GeForce GTX 1080 Ti"},
    {"eagle_gtx", "GeForce GTX 1080 Ti"},
    {"2080ti_*", "GeForce RTX 2080 Ti"},
    {"titan_rtx_*", "Titan RTX"},
    {"titanxp_*", "Titan Xp"},
    {"titan_xp_*", "Titan Xp"},
    {"titanx_*", "Titan X"},
    {"v100_*", "Tesla V100"},
    {"gold_6226*", "Xeon Gold 6226"},
    {"gold_6240*", "Xeon Gold 6240"},
    {"silver_4114*", "Xeon Silver 4114"},
    {"silver_4210r*", "Xeon Silver 4210R"},
    {"desktop_cpu_core_i7_7820x_*", "Core i7-7820X"},
    {"eagle_i7", "Core i7-7820X"},
    {"samsung_a50", "Samsung Galaxy A50"},
    {"samsung_s7", "Samsung Galaxy S7"},
    {"essential_ph_1", "Essential PH-1"},
    {"pixel2", "Google Pixel 2"},
    {"pixel3", "Google Pixel 3"},
    {"rice_pixel3", "Google Pixel 3"},
    {"raspi4", "Raspberry Pi 4"},
    {"rice_raspi4", "Raspberry Pi 4"},
    {"eyeriss", "Eyeriss"},
    {"rice_eyeriss", "Eyeriss"},
    {"fpga", "HW-NAS-Bench FPGA (ZC706)"},
    {"rice_fpga", "HW-NAS-Bench FPGA (ZC706)"},
    {"rice_edgegpu", "Jetson TX2"},
    {"embedded_gpu_jetson_nano_*", "Jetson Nano"},
    {"eagle_jetson*", "Jetson Nano"},
    {"embedded_tpu_edge_tpu_*", "Edge TPU"},
    {"eagle_tpu", "Edge TPU"},
    {"rice_edgetpu", "Edge TPU"},
    {"mobile_cpu_snapdragon_855_*", "Snapdragon 855 CPU (Kryo 485)"},
    {"eagle_cpu_855", "Snapdragon 855 CPU (Kryo 485)"},
    {"mobile_gpu_snapdragon_855_*", "Adreno 640"},
    {"eagle_gpu_855", "Adreno 640"},
    {"true_640", "Adreno 640"},
    {"mobile_dsp_snapdragon_855_*", "Hexagon 690"},
    {"eagle_dsp_855", "Hexagon 690"},
    {"mobile_cpu_snapdragon_675_*", "Snapdragon 675 CPU (Kryo 460)"},
    {"mobile_gpu_snapdragon_675_*", "Adreno 612"},
    {"mobile_dsp_snapdragon_675_*", "Hexagon 685"},
    {"mobile_cpu_snapdragon_450_*", "Snapdragon 450 CPU (Cortex-A53)"},
    {"mobile_gpu_snapdragon_450_*", "Adreno 506"},
    {"true_630", "Adreno 630"},
    {"true_a76", "Cortex-A76"},
    {"true_vpu", "Myriad VPU"},
};

const char *ll_hardware_named(const char *device_name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ll_glob(known[i].pattern, device_name)) return known[i].hardware;
    return NULL;
}

const char *ll_hardware(const ll_dataset *d, int device)
{
    const ll_device *v = &d->devices[device];
    return v->hardware ? v->hardware : ll_hardware_named(v->name);
}

bool ll_same_hardware(const ll_dataset *d, int a, int b)
{
    const char *ha = ll_hardware(d, a), *hb = ll_hardware(d, b);
    return ha && hb && !strcasecmp(ha, hb);
}
