/* Dataset folders. Who writes a hostile one writes hashes that fit, so they are made to fit here. What is accepted is
 * saved, loaded again and the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "data/datasets/folder.h"
#include "tests/fuzz/fuzz.h"

static bool plain(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

static const ll_fuzz_part *find_part(const ll_fuzz_part *parts, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(parts[i].name, name)) return &parts[i];
    return NULL;
}

/* Spaces live as long as the process, so a few names must do. */
static void bound_spaces(const cJSON *json)
{
    cJSON *name = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "space"), "name");
    char few[8];
    if (!cJSON_IsString(name) || !*name->valuestring) return;
    snprintf(few, sizeof few, "own-%.2s", ll_hash_bytes(name->valuestring, strlen(name->valuestring)).hex);
    if (strlen(name->valuestring) >= strlen(few)) cJSON_SetValuestring(name, few);
}

static void fit_hashes(cJSON *json, const ll_fuzz_part *parts, int count)
{
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(json, "files");
    for (cJSON *entry = files ? files->child : NULL; entry; entry = entry->next) {
        const ll_fuzz_part *p = entry->string ? find_part(parts, count, entry->string) : NULL;
        if (p && cJSON_IsString(entry)) cJSON_SetValuestring(entry, ll_hash_bytes(p->bytes, p->n).hex);
    }
}

static void write_json(const char *dir, const cJSON *json)
{
    char *text = ll_json_text(json), *path = ll_path_join(dir, "dataset.json");
    if (text) ll_fuzz_file(path, (const uint8_t *)text, strlen(text));
    free(text);
    free(path);
}

static void write_parts(const char *dir, const ll_fuzz_part *parts, int count)
{
    for (int i = 0; i < count; i++) {
        if (!plain(parts[i].name)) continue;
        char *path = ll_path_join(dir, parts[i].name);
        ll_fuzz_file(path, parts[i].bytes, parts[i].n);
        free(path);
    }
}

/* The reader says which hash it found. */
static bool fit_hash(cJSON *json, const char *message)
{
    const char *found = strstr(message, "the hash of the latencies is ");
    cJSON *hash = cJSON_GetObjectItemCaseSensitive(json, "hash");
    char hex[33];
    if (!found || !hash || sscanf(found, "the hash of the latencies is %32s", hex) != 1) return false;
    cJSON_ReplaceItemInObjectCaseSensitive(json, "hash", cJSON_CreateString(hex));
    return true;
}

static ll_status load(const char *dir, cJSON *json, ll_dataset **out, ll_error *e)
{
    ll_status s = ll_folder_load(dir, out, e);
    if (!s || !json || !fit_hash(json, e->message)) return s;
    write_json(dir, json);
    *e = (ll_error){0};
    return ll_folder_load(dir, out, e);
}

static void come_back(const ll_dataset *d)
{
    char *dir = ll_fuzz_path("again");
    ll_dataset *again = NULL;
    ll_error e = {0};
    size_t cells = (size_t)d->n_archs * (size_t)d->n_devices;
    LAW(!ll_folder_save(d, dir, NULL, &e), "%s", e.message);
    LAW(!ll_folder_load(dir, &again, &e), "%s", e.message);
    LAW(!strcmp(d->hash.hex, again->hash.hex) && d->archs->n_features == again->archs->n_features,
        "came back different");
    LAW(!d->std_ms == !again->std_ms && ll_scores_same(d, again), "a table came or went");
    if (d->std_ms) ll_fuzz_same_numbers(d->std_ms, again->std_ms, cells, "deviations");
    ll_dataset_unref(again);
    ll_remove_tree(dir, NULL);
    free(dir);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_fuzz_part parts[LL_FUZZ_PARTS];
    int count = ll_fuzz_split(bytes, n, parts);
    const ll_fuzz_part *header = find_part(parts, count, "dataset.json");
    if (!header) return;
    char *dir = ll_fuzz_path("folder");
    ll_dataset *d = NULL;
    ll_error e = {0};
    LAW(!ll_make_dirs(dir, &e), "%s", e.message);
    write_parts(dir, parts, count);
    cJSON *json = cJSON_ParseWithLength((const char *)header->bytes, header->n);
    if (json) {
        bound_spaces(json);
        fit_hashes(json, parts, count);
        write_json(dir, json);
    }
    if (ll_fuzz_good(load(dir, json, &d, &e), &e)) {
        come_back(d);
        ll_dataset_unref(d);
    }
    cJSON_Delete(json);
    ll_remove_tree(dir, NULL);
    free(dir);
}

const ll_fuzz_target ll_fuzz_dataset = {"dataset", run};
