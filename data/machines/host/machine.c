#include "data/machines/host/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* First "key : value" of a file like /proc/cpuinfo; value gets "" when it is not there. */
static void field(const char *path, const char *key, char *value, size_t size)
{
    char line[4096];
    FILE *f = fopen(path, "re");
    *value = 0;
    while (f && fgets(line, sizeof line, f)) {
        size_t n = strlen(key);
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, n) || !strchr("\t :", line[n])) continue;
        snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        value[strcspn(value, "\n")] = 0;
        break;
    }
    if (f) fclose(f);
}

static void first_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f || !fgets(out, (int)size, f)) snprintf(out, size, "unknown");
    if (f) fclose(f);
    out[strcspn(out, "\n")] = 0;
}

/* Boards say what they are in their device tree, their processors nothing by which one knows them. */
static bool board_model(char *out, size_t size)
{
    first_line("/sys/firmware/devicetree/base/model", out, size);
    return strcmp(out, "unknown") != 0;
}

void ll_machine_cpu(ll_str *out)
{
    char name[200], family[40], model[40];
    field("/proc/cpuinfo", "model name", name, sizeof name);
    field("/proc/cpuinfo", "cpu family", family, sizeof family);
    field("/proc/cpuinfo", "model", model, sizeof model);
    if (!*name && !board_model(name, sizeof name)) snprintf(name, sizeof name, "unknown processor");
    ll_str_add(out, name);
    if (*family && *model) ll_str_addf(out, " (family %s, model %s)", family, model);
}

/* A guest that says so has the word among its flags; which hypervisor it is may stand in sysfs. */
static const char *hypervisor(void)
{
    char flags[4096];
    field("/proc/cpuinfo", "flags", flags, sizeof flags);
    return strstr(flags, " hypervisor") ? "guest of a hypervisor" : "none seen";
}

static void kernel(ll_machine_fact *fact, void *ctx)
{
    struct utsname system;
    char text[200];
    if (uname(&system)) return;
    char *dot = strchr(system.release, '.'); /* major.minor: what is behind may name an owner */
    if (dot) dot[1 + strspn(dot + 1, "0123456789")] = 0;
    snprintf(text, sizeof text, "%.60s %.60s", system.sysname, system.release);
    fact(ctx, "kernel", text);
}

void ll_machine_facts(ll_machine_fact *fact, void *ctx)
{
    static const struct {
        const char *key, *path;
    } settings[] = {
        {"governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
        {"energy_policy", "/sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference"},
        {"turbo_off", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
        {"smt", "/sys/devices/system/cpu/smt/active"},
    };
    char text[200];
    ll_str cpu = {0};
    ll_machine_cpu(&cpu);
    fact(ctx, "cpu", ll_str_text(&cpu));
    ll_str_free(&cpu);
    snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    fact(ctx, "cores", text);
    fact(ctx, "hypervisor", hypervisor());
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        first_line(settings[i].path, text, sizeof text);
        fact(ctx, settings[i].key, text);
    }
    kernel(fact, ctx);
}

/* A file that holds thousandths (kHz, millidegrees). */
static void thousandth(const char *path, const char *key, ll_machine_fact *fact, void *ctx)
{
    char text[40], *end;
    first_line(path, text, sizeof text);
    double value = strtod(text, &end);
    if (end == text) return;
    snprintf(text, sizeof text, "%.6g", value / 1000);
    fact(ctx, key, text);
}

void ll_machine_state(int core, ll_machine_fact *fact, void *ctx)
{
    char path[120], text[40];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", core);
    thousandth(path, "mhz", fact, ctx);
    thousandth("/sys/class/thermal/thermal_zone0/temp", "celsius", fact, ctx);
    first_line("/sys/devices/platform/soc/soc:firmware/get_throttled", text, sizeof text);
    if (strcmp(text, "unknown")) fact(ctx, "throttled", text);
}

int ll_machine_core(void)
{
    cpu_set_t set;
    int last = 0;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((size_t)i, &set)) last = i;
    return last;
}
