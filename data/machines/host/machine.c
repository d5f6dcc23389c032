#include "data/machines/host/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/json.h"

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

void ll_machine_cpu(ll_str *out)
{
    char name[200], family[40], model[40];
    field("/proc/cpuinfo", "model name", name, sizeof name);
    field("/proc/cpuinfo", "cpu family", family, sizeof family);
    field("/proc/cpuinfo", "model", model, sizeof model);
    ll_str_add(out, *name ? name : "unknown processor");
    if (*family && *model) ll_str_addf(out, " (family %s, model %s)", family, model);
}

/* A guest that says so has the word among its flags; which hypervisor it is may stand in sysfs. */
static void hypervisor(char *out, size_t size)
{
    char flags[4096];
    field("/proc/cpuinfo", "flags", flags, sizeof flags);
    snprintf(out, size, "%s", strstr(flags, " hypervisor") ? "guest of a hypervisor" : "none seen");
}

cJSON *ll_machine_describe(void)
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
    struct utsname system;
    ll_str cpu = {0};
    cJSON *o = cJSON_CreateObject();
    ll_machine_cpu(&cpu);
    ll_json_str(o, "cpu", ll_str_text(&cpu));
    ll_json_int(o, "cores", sysconf(_SC_NPROCESSORS_ONLN));
    hypervisor(text, sizeof text);
    ll_json_str(o, "hypervisor", text);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        first_line(settings[i].path, text, sizeof text);
        ll_json_str(o, settings[i].key, text);
    }
    if (!uname(&system)) {
        char *dot = strchr(system.release, '.'); /* major.minor: what is behind may name an owner */
        if (dot) dot[1 + strspn(dot + 1, "0123456789")] = 0;
        snprintf(text, sizeof text, "%.60s %.60s", system.sysname, system.release);
        ll_json_str(o, "kernel", text);
    }
    ll_str_free(&cpu);
    return o;
}
