#include "sessions/course/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"

const ll_lesson_entry ll_lessons[] = {
    {"tour", "a first look: load, correlate, split, transfer, improve", 2},
    {"flops", "proxy tasks: multiply-adds are no latency", 10},
    {"tables", "look-up tables: layers timed once and added up, and where the sum is wrong", 15},
    {"roofline", "why the small layer does not pay: ridge, utilisation, batch", 10},
    {"shots", "few-shot transfer: five measurements, chosen badly, by chance, by design", 10},
    {"worst", "why does my device transfer badly?", 10},
    {"sources", "whom to learn from: a stranger, a relative, or whom five samples choose", 10},
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

char *ll_lesson_name(const char *path)
{
    return ll_path_stem(path);
}

/* --- what was played --------------------------------------------------------------------------------------- */

enum { LONGEST = 1 << 20 };

static char *done_path(void)
{
    char *dir = ll_xdg_dir(LL_XDG_STATE), *path = ll_path_join(dir, "lessons.json");
    free(dir);
    return path;
}

cJSON *ll_lessons_done(void)
{
    cJSON *done = NULL;
    char *path = done_path(), *text;
    size_t len;
    if (ll_is_file(path) && !ll_read_own_file(path, LONGEST, &text, &len, NULL)) {
        ll_json_parse(text, len, &done, NULL);
        free(text);
    }
    free(path);
    return done;
}

typedef struct played {
    const char *name, *how;
} played;

/* A file that is damaged is begun anew: it holds nothing that cannot be played again. */
static ll_status add_done(void *ctx, const char *text, size_t len, ll_str *out, ll_error *e)
{
    const played *p = ctx;
    cJSON *done = NULL;
    (void)e;
    if (text) ll_json_parse(text, len, &done, NULL);
    if (!cJSON_IsObject(done)) {
        cJSON_Delete(done);
        done = cJSON_CreateObject();
    }
    cJSON_DeleteItemFromObjectCaseSensitive(done, p->name);
    ll_json_str(done, p->name, p->how);
    char *line = ll_json_text(done);
    ll_str_addf(out, "%s\n", line);
    free(line);
    cJSON_Delete(done);
    return LL_OK;
}

ll_status ll_lesson_set_done(const char *name, const char *how, ll_error *e)
{
    played p = {name, how};
    char *path = done_path();
    ll_status s = ll_shared_file_change(path, LONGEST, add_done, &p, e);
    free(path);
    return s;
}
