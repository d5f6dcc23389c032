#include "core/device/unit.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *unit;
} measurands[LL_MEASURANDS] = {
    [LL_LATENCY] = {"latency", "ms"},
    [LL_ENERGY] = {"energy", "mJ"},
    [LL_POWER] = {"power", "W"},
    [LL_MEMORY] = {"memory", "KB"},
};

static const ll_unit units[] = {
    {"ms", LL_LATENCY, 1, 1, false},
    {"us", LL_LATENCY, 1, 1e3, false},
    {"ns", LL_LATENCY, 1, 1e6, false},
    {"s", LL_LATENCY, 1e3, 1, false},
    {"fps", LL_LATENCY, 1, 1, true},
    {"img/s", LL_LATENCY, 1, 1, true},
    {"images/s", LL_LATENCY, 1, 1, true},
    {"mJ", LL_ENERGY, 1, 1, false},
    {"uJ", LL_ENERGY, 1, 1e3, false},
    {"J", LL_ENERGY, 1e3, 1, false},
    {"W", LL_POWER, 1, 1, false},
    {"mW", LL_POWER, 1, 1e3, false},
    {"KB", LL_MEMORY, 1, 1, false},
    {"B", LL_MEMORY, 1, 1e3, false},
    {"MB", LL_MEMORY, 1e3, 1, false},
    {"KiB", LL_MEMORY, 1024, 1e3, false},
    {"MiB", LL_MEMORY, 1024 * 1024, 1e3, false},
};
enum { N_UNITS = sizeof units / sizeof *units };

const char *ll_measurand_name(ll_measurand m)
{
    return measurands[m].name;
}

const char *ll_measurand_noun(ll_measurand m, long n)
{
    static const char *const many[] = {[LL_LATENCY] = "latencies",
                                       [LL_ENERGY] = "energies",
                                       [LL_POWER] = "powers",
                                       [LL_MEMORY] = "memory sizes"};
    static const char *const one[] = {
        [LL_LATENCY] = "latency", [LL_ENERGY] = "energy", [LL_POWER] = "power", [LL_MEMORY] = "memory size"};
    return ll_noun(n, one[m], many[m]);
}

const char *ll_measurand_unit(ll_measurand m)
{
    return measurands[m].unit;
}

int ll_measurand_find(const char *name)
{
    for (int m = 0; name && m < LL_MEASURANDS; m++)
        if (!strcmp(measurands[m].name, name)) return m;
    return name ? -1 : LL_LATENCY;
}

const ll_unit *ll_unit_at(int i)
{
    return i >= 0 && i < N_UNITS ? &units[i] : NULL;
}

/* As people and their tools write them; the sign of micro is two characters of Unicode. */
static const char *spelt_short(const char *name)
{
    static const char *const other[][2] = {
        {"\xc2\xb5s", "us"}, {"\xce\xbcs", "us"},    {"usec", "us"},      {"microseconds", "us"},
        {"msec", "ms"},      {"milliseconds", "ms"}, {"nsec", "ns"},      {"nanoseconds", "ns"},
        {"sec", "s"},        {"seconds", "s"},       {"\xc2\xb5J", "uJ"}, {"\xce\xbcJ", "uJ"},
        {"frames/s", "fps"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (!strcasecmp(other[i][0], name)) return other[i][1];
    return name;
}

const ll_unit *ll_unit_find(const char *word)
{
    const char *name = spelt_short(word);
    for (int i = 0; i < N_UNITS; i++)
        if (!strcmp(units[i].name, name)) return &units[i];
    for (int i = 0; i < N_UNITS; i++)
        if (!strcasecmp(units[i].name, name)) return &units[i];
    return NULL;
}

double ll_unit_convert(const ll_unit *u, double x, int batch)
{
    return u->per_second ? 1e3 * batch / x : x * u->times / u->over;
}

void ll_unit_list(ll_str *out)
{
    for (int i = 0; i < N_UNITS; i++) ll_str_addf(out, "%s%s", i ? ", " : "", units[i].name);
}
