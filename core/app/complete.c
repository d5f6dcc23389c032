/* Completion: what may stand at the end of a line, from the command table and the state. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/parse.h"
#include "core/app/saved_tasks.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/device/task.h"
#include "core/sample/sampler.h"

typedef struct candidates {
    const char *head;   /* what stands before the part to complete: "sampler=", "a,b," */
    const char *prefix; /* what has been typed of it */
    ll_strs *out;
} candidates;

static void offer(candidates *c, const char *word)
{
    if (strncmp(word, c->prefix, strlen(c->prefix))) return;
    ll_str whole = {0};
    ll_str_add(&whole, c->head);
    ll_str_add(&whole, word);
    if (!ll_strs_has(c->out, ll_str_text(&whole))) ll_strs_add(c->out, ll_str_text(&whole));
    ll_str_free(&whole);
}

static void offer_devices(ll_app *a, candidates *c)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    for (int i = 0; s.data && i < s.data->n_devices; i++) offer(c, s.data->devices[i].name);
    ll_state_free(&s);
}

/* Folders in the data directories that hold a dataset.json. */
static void offer_datasets(ll_app *a, candidates *c)
{
    ll_strs dirs = {0};
    ll_app_data_dirs(a, &dirs);
    for (int i = 0; i < dirs.n; i++) {
        ll_strs names = {0};
        if (!ll_list_dir(dirs.v[i], NULL, &names, NULL))
            for (int j = 0; j < names.n; j++) {
                char *dir = ll_path_join(dirs.v[i], names.v[j]), *file = ll_path_join(dir, "dataset.json");
                if (ll_is_file(file)) offer(c, names.v[j]);
                free(file);
                free(dir);
            }
        ll_strs_free(&names);
    }
    ll_strs_free(&dirs);
}

static void offer_tasks(ll_app *a, candidates *c)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    const ll_published_task *t;
    for (int i = 0; (t = ll_published_task_at(i)); i++)
        if (!s.data || !strcmp(t->space, s.data->space->name)) offer(c, t->name);
    cJSON *saved;
    if (!ll_saved_tasks_read(a, &saved, NULL)) {
        const cJSON *own;
        cJSON_ArrayForEach(own, saved) offer(c, own->string);
        cJSON_Delete(saved);
    }
    ll_state_free(&s);
}

static void offer_files(candidates *c)
{
    const char *base = ll_path_base(c->prefix);
    char *typed = ll_memdup(c->prefix, strlen(c->prefix) + 1, 1);
    typed[base - c->prefix] = 0;
    char *dir = ll_path_expand(*typed ? typed : ".");
    ll_strs names = {0};
    if (!ll_list_dir(dir, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            ll_str path = {0};
            char *full = ll_path_join(dir, names.v[i]);
            ll_str_addf(&path, "%s%s%s", typed, names.v[i], ll_is_dir(full) ? "/" : "");
            if (names.v[i][0] != '.' || base[0] == '.') offer(c, ll_str_text(&path));
            ll_str_free(&path);
            free(full);
        }
    ll_strs_free(&names);
    free(dir);
    free(typed);
}

static void offer_spaces(candidates *c)
{
    for (int i = 0; ll_space_at(i); i++) offer(c, ll_space_at(i)->name);
}

static void offer_sessions(candidates *c)
{
    char *data = ll_xdg_dir(LL_XDG_DATA), *dir = ll_path_join(data, "sessions");
    ll_strs names = {0};
    if (!ll_list_dir(dir, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) offer(c, names.v[i]);
    ll_strs_free(&names);
    free(dir);
    free(data);
}

static void offer_commands(const ll_app *a, candidates *c)
{
    for (int i = 0; ll_app_command_at(a, i); i++) offer(c, ll_app_command_at(a, i)->name);
}

static void offer_kind(ll_app *a, ll_complete kind, candidates *c)
{
    switch (kind) {
    case LL_COMPLETE_DEVICE:
        offer_devices(a, c);
        break;
    case LL_COMPLETE_FILE:
        offer_files(c);
        break;
    case LL_COMPLETE_DATASET:
        offer_datasets(a, c);
        break;
    case LL_COMPLETE_TASK:
        offer_tasks(a, c);
        break;
    case LL_COMPLETE_PREDICTOR:
        for (int i = 0; ll_predictors[i]; i++) offer(c, ll_predictors[i]->name);
        break;
    case LL_COMPLETE_SAMPLER:
        for (int i = 0; ll_samplers[i]; i++) offer(c, ll_samplers[i]->name);
        break;
    case LL_COMPLETE_SESSION:
        offer_sessions(c);
        break;
    case LL_COMPLETE_COMMAND:
        offer_commands(a, c);
        break;
    case LL_COMPLETE_SPACE:
        offer_spaces(c);
        break;
    case LL_NO_COMPLETION:
        break;
    }
}

/* Values of one option; a list completes its last member. */
static void offer_value(ll_app *a, const ll_option *o, candidates c)
{
    char *head = NULL;
    if (o->type == LL_LIST && strrchr(c.prefix, ',')) {
        const char *part = strrchr(c.prefix, ',') + 1;
        ll_str joined = {0};
        ll_str_add(&joined, c.head);
        ll_str_addn(&joined, c.prefix, (size_t)(part - c.prefix));
        c.head = head = ll_str_take(&joined);
        c.prefix = part;
    }
    if (o->type == LL_CHOICE) {
        ll_strs choices = {0};
        ll_strs_split(&choices, o->choices, '|');
        for (int i = 0; i < choices.n; i++) offer(&c, choices.v[i]);
        ll_strs_free(&choices);
    } else if (o->type == LL_BOOL) {
        offer(&c, "on");
        offer(&c, "off");
    }
    offer_kind(a, o->complete, &c);
    free(head);
}

static void offer_keys(const ll_option *table, candidates *c)
{
    for (; table && table->name; table++) {
        if (table->positional) continue;
        ll_str key = {0};
        ll_str_addf(&key, "%s=", table->name);
        offer(c, ll_str_text(&key));
        ll_str_free(&key);
    }
}

/* The positional that the next bare word fills, given how many came before. */
static const ll_option *positional(const ll_option *table, int nth)
{
    for (; table && table->name; table++) {
        if (!table->positional) continue;
        if (table->rest || nth-- == 0) return table;
    }
    return NULL;
}

static void complete_option(ll_app *a, const ll_command *cmd, const ll_strs *words, candidates c)
{
    const ll_option *more = cmd->more_options ? cmd->more_options(words->v + 1, words->n - 1) : NULL;
    const char *equals = strchr(c.prefix, '=');
    if (equals) {
        char *key = ll_strdup(c.prefix), *head = ll_strdup(c.prefix);
        key[equals - c.prefix] = 0;
        head[equals - c.prefix + 1] = 0;
        const ll_option *o = ll_option_find(cmd->options, key);
        if (!o) o = ll_option_find(more, key);
        if (o) offer_value(a, o, (candidates){head, equals + 1, c.out});
        free(head);
        free(key);
        return;
    }
    int bare = 0;
    for (int i = 1; i < words->n; i++) bare += !strchr(words->v[i], '=');
    const ll_option *o = positional(cmd->options, bare);
    if (o) offer_value(a, o, c);
    offer_keys(cmd->options, &c);
    offer_keys(more, &c);
}

void ll_app_complete(ll_app *a, const char *line, ll_strs *out)
{
    ll_strs words = {0};
    ll_error e;
    if (ll_split_words(line, &words, &e)) {
        ll_strs_free(&words);
        return;
    }
    size_t len = strlen(line);
    bool fresh = !len || isspace((unsigned char)line[len - 1]); /* a new word begins */
    char *last = fresh || !words.n ? ll_strdup("") : words.v[--words.n];
    candidates c = {"", last, out};
    if (!words.n) {
        offer_commands(a, &c);
    } else {
        const ll_command *cmd = ll_app_find(a, words.v[0]);
        if (cmd) complete_option(a, cmd, &words, c);
    }
    free(last);
    ll_strs_free(&words);
}
