#include "tui/faces/lessons.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/near.h"
#include "core/base/str.h"

const ll_lesson_entry ll_lessons[] = {
    {"tour", "a first look: load, correlate, split, transfer, improve", 2},
    {"flops", "proxy tasks: multiply-adds are no latency", 10},
    {"tables", "look-up tables: layers timed once and added up, and where the sum is wrong", 15},
    {"roofline", "why the small layer does not pay: ridge, utilisation, batch", 10},
    {"shots", "few-shot transfer: five measurements, chosen badly, by chance, by design", 10},
    {"worst", "why does my device transfer badly?", 10},
    {"proxies", "zero-cost proxies: what they rank and what they do not", 10},
    {"deploy", "search under a constraint, and how sure one can be", 10},
    {"proxyless", "ProxylessNAS: expected latency by gradient over a table", 15},
    {"ofa", "once for all: one network, and each device picks its own", 15},
    {"honest", "honest evaluation: draws, leaks, cost, baselines", 10},
    {"chip", "co-design: the accelerator and the network for each other", 10},
    {"lab3", "MIT 6.5940's Lab 3 with a clock: MCUNet by memory, work and latency", 15},
    {"real_loop", "this machine as the device: measure, transfer, verify", 10},
    {0},
};

static char *place_of(const char *name)
{
    ll_str in_tree = {0}, installed = {0};
    ll_str_addf(&in_tree, "sessions/lessons/%s.latlab", name);
    ll_str_addf(&installed, "lessons/%s.latlab", name);
    char *path = ll_came_along(in_tree.s, installed.s);
    ll_str_free(&in_tree);
    ll_str_free(&installed);
    return path;
}

ll_status ll_lesson_find(const char *name, char **path, ll_error *e)
{
    *path = ll_path_expand(name);
    if (ll_is_file(*path)) return LL_OK;
    if (!strchr(name, '/')) {
        free(*path);
        *path = place_of(name);
    }
    if (ll_is_file(*path)) return LL_OK;
    ll_near near = ll_near_to(name);
    for (const ll_lesson_entry *l = ll_lessons; l->name; l++) ll_near_offer(&near, l->name);
    ll_status s = ll_near_fail(&near, e, LL_FAILED, "`lesson list` shows them; or a script of your own",
                               "%s: no such lesson", strchr(name, '/') ? *path : name);
    free(*path);
    *path = NULL;
    return s;
}
