#include "core/app/saved_tasks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/fs.h"
#include "core/base/json.h"

static char *file_of(const ll_app *a)
{
    return ll_path_join(ll_app_data_dir(a), "tasks.json");
}

ll_status ll_saved_task_check_name(const char *name, ll_error *e)
{
    static const char *const words[] = {"save", "list", "show", "remove"};
    bool good = isalnum((unsigned char)name[0]) && strlen(name) <= 64;
    for (const char *c = name; *c && good; c++) good = isalnum((unsigned char)*c) || strchr("._-", *c);
    if (!good)
        return ll_fail(
            e, LL_USAGE,
            "\"%.80s\" cannot name a task: at most 64 letters, digits, dots, dashes and underscores", name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(name, words[i]))
            return ll_fail(e, LL_USAGE, "\"%s\" is a word of the task command", name);
    if (ll_published_task_find(name))
        return ll_fail(e, LL_USAGE, "%s is the name of a published task; choose another", name);
    return LL_OK;
}

/* --- the file --- */

static bool is_names(const cJSON *list)
{
    const cJSON *item;
    if (!cJSON_IsArray(list)) return false;
    cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return false;
    return true;
}

static const cJSON *member(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static ll_status check_file(const cJSON *tasks, const char *path, ll_error *e)
{
    const cJSON *t;
    if (!cJSON_IsObject(tasks)) return ll_fail(e, LL_BAD_DATA, "%s: an object of tasks was expected", path);
    cJSON_ArrayForEach(t, tasks)
    {
        if (cJSON_IsString(member(t, "space")) && is_names(member(t, "source")) &&
            is_names(member(t, "target")))
            continue;
        return ll_fail(e, LL_BAD_DATA,
                       "%s: task \"%s\" needs a space and lists of source and target device names", path,
                       t->string);
    }
    return LL_OK;
}

ll_status ll_saved_tasks_read(const ll_app *a, cJSON **out, ll_error *e)
{
    char *path = file_of(a);
    ll_status status = LL_OK;
    *out = NULL;
    if (!ll_is_file(path)) {
        *out = cJSON_CreateObject();
    } else {
        status = ll_json_read_file(path, out, e);
        if (!status) status = check_file(*out, path, e);
        if (status) cJSON_Delete(*out), *out = NULL;
    }
    free(path);
    return status;
}

static ll_status write_all(const ll_app *a, const cJSON *tasks, ll_error *e)
{
    char *path = file_of(a), *text = ll_json_text(tasks);
    ll_status status = ll_make_dirs(ll_app_data_dir(a), e);
    if (!status) status = ll_write_file(path, text, strlen(text), e);
    free(path);
    free(text);
    return status;
}

static void add_names(cJSON *o, const char *key, const ll_dataset *d, const ll_ints *devices)
{
    cJSON *list = ll_json_arr(o, key);
    for (int i = 0; i < devices->n; i++)
        cJSON_AddItemToArray(list, ll_json_string(d->devices[devices->v[i]].name));
}

ll_status ll_saved_task_write(const ll_app *a, const char *name, const ll_dataset *d, const ll_task *t,
                              ll_error *e)
{
    cJSON *tasks;
    ll_status status = ll_saved_task_check_name(name, e);
    if (!status) status = ll_saved_tasks_read(a, &tasks, e);
    if (status) return status;
    cJSON_DeleteItemFromObjectCaseSensitive(tasks, name);
    cJSON *o = ll_json_obj(tasks, name);
    ll_json_str(o, "space", d->space->name);
    ll_json_str(o, "dataset", d->name);
    add_names(o, "source", d, &t->source);
    add_names(o, "target", d, &t->target);
    status = write_all(a, tasks, e);
    cJSON_Delete(tasks);
    return status;
}

static ll_status no_such_task(const char *name, const cJSON *tasks, ll_error *e)
{
    ll_str all = {0};
    const cJSON *t;
    const ll_published_task *p;
    for (int i = 0; (p = ll_published_task_at(i)); i++) ll_str_addf(&all, "%s%s", i ? ", " : "", p->name);
    cJSON_ArrayForEach(t, tasks) ll_str_addf(&all, ", %s", t->string);
    ll_fail(e, LL_USAGE, "there is no task \"%.80s\"; there are %s", name, ll_str_text(&all));
    ll_str_free(&all);
    return LL_USAGE;
}

ll_status ll_saved_task_remove(const ll_app *a, const char *name, ll_error *e)
{
    cJSON *tasks;
    ll_status status = ll_saved_tasks_read(a, &tasks, e);
    if (status) return status;
    if (!member(tasks, name)) {
        status = no_such_task(name, tasks, e);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(tasks, name);
        status = write_all(a, tasks, e);
    }
    cJSON_Delete(tasks);
    return status;
}

static void read_names(const cJSON *list, ll_strs *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list) ll_strs_add(out, item->valuestring);
}

static ll_status resolve(const char *name, const cJSON *t, const ll_dataset *d, ll_task **out, ll_error *e)
{
    const char *space = member(t, "space")->valuestring;
    if (strcmp(space, d->space->name))
        return ll_fail(e, LL_BAD_DATA, "task %s is for %s, but %s is %s", name, space, d->name,
                       d->space->name);
    ll_strs source = {0}, target = {0};
    read_names(member(t, "source"), &source);
    read_names(member(t, "target"), &target);
    ll_status status = ll_task_of_names(name, d, &source, &target, out, e);
    ll_strs_free(&source);
    ll_strs_free(&target);
    return status;
}

ll_status ll_saved_task_find(const ll_app *a, const char *name, const ll_dataset *d, ll_task **out,
                             ll_error *e)
{
    cJSON *tasks;
    ll_status status = ll_saved_tasks_read(a, &tasks, e);
    if (status) return status;
    const cJSON *t = member(tasks, name);
    status = t ? resolve(name, t, d, out, e) : no_such_task(name, tasks, e);
    cJSON_Delete(tasks);
    return status;
}
