#include "core/app/saved_tasks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"

enum { LONGEST = 64 << 20 };

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

/* The tasks in the text of a file; text NULL: there is none yet. */
static ll_status parse_file(const char *text, size_t len, const char *path, cJSON **out, ll_error *e)
{
    ll_status s = LL_OK;
    *out = NULL;
    if (text)
        s = ll_json_read_text(text, len, path, out, e);
    else
        *out = cJSON_CreateObject();
    if (!s) s = check_file(*out, path, e);
    if (s) cJSON_Delete(*out), *out = NULL;
    return s;
}

ll_status ll_saved_tasks_read(const ll_app *a, cJSON **out, ll_error *e)
{
    char *path = file_of(a), *text = NULL;
    size_t len = 0;
    ll_status s = ll_is_missing(path) ? LL_OK : ll_read_own_file(path, LONGEST, &text, &len, e);
    *out = NULL;
    if (!s) s = parse_file(text, len, path, out, e);
    free(text);
    free(path);
    return s;
}

/* --- changing the file --- */

/* What a change does to all tasks: takes the one of this name out, and puts `task` in its place (NULL: none). */
typedef struct edit {
    const char *path, *name;
    cJSON *task; /* handed over to the tasks when they are changed */
} edit;

static ll_status no_such_task(const char *name, const cJSON *tasks, ll_error *e);

static ll_status change_file(void *ctx, const char *text, size_t len, ll_str *out, ll_error *e)
{
    edit *x = ctx;
    cJSON *tasks;
    ll_status s = parse_file(text, len, x->path, &tasks, e);
    if (s) return s;
    if (!x->task && !member(tasks, x->name)) s = no_such_task(x->name, tasks, e);
    if (!s) {
        cJSON_DeleteItemFromObjectCaseSensitive(tasks, x->name);
        if (x->task) cJSON_AddItemToObject(tasks, x->name, x->task);
        x->task = NULL;
        char *all = ll_json_text(tasks);
        ll_str_add(out, all);
        free(all);
    }
    cJSON_Delete(tasks);
    return s;
}

/* Takes `task`. */
static ll_status change(const ll_app *a, const char *name, cJSON *task, ll_error *e)
{
    char *path = file_of(a);
    edit x = {path, name, task};
    ll_status s = ll_shared_file_change(path, LONGEST, change_file, &x, e);
    cJSON_Delete(x.task);
    free(path);
    return s;
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
    ll_status s = ll_saved_task_check_name(name, e);
    if (s) return s;
    cJSON *task = cJSON_CreateObject();
    ll_json_str(task, "space", d->space->name);
    ll_json_str(task, "dataset", d->name);
    add_names(task, "source", d, &t->source);
    add_names(task, "target", d, &t->target);
    return change(a, name, task, e);
}

static ll_status no_such_task(const char *name, const cJSON *tasks, ll_error *e)
{
    ll_str all = {0};
    const cJSON *t;
    const ll_published_task *p;
    ll_near near = ll_near_to(name);
    for (int i = 0; (p = ll_published_task_at(i)); i++) {
        ll_str_addf(&all, "%s%s", i ? ", " : "", p->name);
        ll_near_offer(&near, p->name);
    }
    cJSON_ArrayForEach(t, tasks)
    {
        ll_str_addf(&all, ", %s", t->string);
        ll_near_offer(&near, t->string);
    }
    ll_near_fail(&near, e, LL_USAGE, NULL, "there is no task \"%.80s\"; there are %s", name,
                 ll_str_text(&all));
    ll_str_free(&all);
    return LL_USAGE;
}

ll_status ll_saved_task_remove(const ll_app *a, const char *name, ll_error *e)
{
    return change(a, name, NULL, e);
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
