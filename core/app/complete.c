/* Completion: what may stand at the end of a line, from the command table and the state. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/parse.h"
#include "core/app/saved_tasks.h"
#include "core/app/topics.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/device/task.h"
#include "core/encode/encoding.h"
#include "core/proxies/proxies.h"
#include "core/sample/sampler.h"

typedef struct candidates {
    const char *head;   /* what stands before the part to complete, as it was typed: "sampler=", "a,b," */
    const char *prefix; /* what has been typed of it, without quotes */
    ll_strs *out;
} candidates;

static void offer_typed(candidates *c, const char *text)
{
    ll_str whole = {0};
    ll_str_addf(&whole, "%s%s", c->head, text);
    if (!ll_strs_has(c->out, ll_str_text(&whole))) ll_strs_add(c->out, ll_str_text(&whole));
    ll_str_free(&whole);
}

static void offer(candidates *c, const char *word)
{
    if (strncmp(word, c->prefix, strlen(c->prefix))) return;
    ll_str quoted = {0};
    ll_quote_word(&quoted, word);
    offer_typed(c, ll_str_text(&quoted));
    ll_str_free(&quoted);
}

/* "kmeans:gr": what may stand behind "kmeans:"; false: something else is being typed. */
static bool offer_behind(ll_app *a, const char *name, void (*what)(ll_app *a, candidates *c), candidates *c)
{
    size_t n = strlen(name);
    if (strncmp(c->prefix, name, n) || c->prefix[n] != ':') return false;
    ll_str head = {0};
    ll_str_addf(&head, "%s%s:", c->head, name);
    candidates rest = {ll_str_text(&head), c->prefix + n + 1, c->out};
    what(a, &rest);
    ll_str_free(&head);
    return true;
}

/* What `gp:` learns: a score of the data, or a proxy that is computed where it is wanted. */
static void offer_learnable(ll_app *a, candidates *c);

static void offer_scores(ll_app *a, candidates *c)
{
    if (offer_behind(a, "gp", offer_learnable, c)) return;
    ll_state s;
    ll_app_snapshot(a, &s);
    for (int i = 0; s.data && i < s.data->n_scores; i++) offer(c, s.data->scores[i].name);
    ll_state_free(&s);
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

static void offer_files(ll_app *a, candidates *c)
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

static void offer_spaces(ll_app *a, candidates *c)
{
    for (int i = 0; ll_space_at(i); i++) offer(c, ll_space_at(i)->name);
}

static void offer_sessions(ll_app *a, candidates *c)
{
    char *data = ll_xdg_dir(LL_XDG_DATA), *dir = ll_path_join(data, "sessions");
    ll_strs names = {0};
    if (!ll_list_dir(dir, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++)
            if (names.v[i][0] != '.') offer(c, names.v[i]); /* hidden ones are no sessions */
    ll_strs_free(&names);
    free(dir);
    free(data);
}

static void offer_commands(ll_app *a, candidates *c)
{
    for (int i = 0; ll_app_command_at(a, i); i++) offer(c, ll_app_command_at(a, i)->name);
}

/* The built-in ones, those of features, and what was fitted under another name. */
static void offer_encodings(ll_app *a, candidates *c)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    for (int i = 0; ll_encodings[i]; i++) offer(c, ll_encodings[i]->name);
    for (int i = 0; s.data && i < s.data->archs->n_features; i++) offer(c, s.data->archs->features[i].name);
    for (int i = 0; i < s.encoders.n; i++) offer(c, s.encoders.v[i]->name);
    ll_state_free(&s);
}

static void offer_predictors(ll_app *a, candidates *c)
{
    for (int i = 0; ll_predictors[i]; i++) offer(c, ll_predictors[i]->name);
}

/* One that uses an encoding takes it behind a colon. */
static void offer_samplers(ll_app *a, candidates *c)
{
    for (int i = 0; ll_samplers[i]; i++) {
        offer(c, ll_samplers[i]->name);
        if (ll_samplers[i]->uses_encoding) offer_behind(a, ll_samplers[i]->name, offer_encodings, c);
    }
}

static void offer_proxies(ll_app *a, candidates *c)
{
    for (int i = 0; ll_proxies[i]; i++) offer(c, ll_proxies[i]->name);
}

static void offer_learnable(ll_app *a, candidates *c)
{
    offer_scores(a, c);
    offer_proxies(a, c);
}

static void offer_measured(ll_app *a, candidates *c)
{
    offer_devices(a, c);
    offer_scores(a, c);
}

static void offer_topics(ll_app *a, candidates *c)
{
    ll_strs names = {0};
    ll_topic_names(&names);
    offer_commands(a, c);
    for (int i = 0; i < names.n; i++) offer(c, names.v[i]);
    ll_strs_free(&names);
}

/* Those that came with the program, the words of the command, and files of one's own once a path is typed. */
static void offer_lessons(ll_app *a, candidates *c)
{
    static const char *const words[] = {"list", "next", "back",  "repeat", "skip",
                                        "hint", "stop", "grade", "run",    NULL};
    char *dir = ll_came_along("sessions/lessons", "lessons");
    ll_strs names = {0};
    if (!ll_list_dir(dir, ".latlab", &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *stem = ll_path_stem(names.v[i]);
            offer(c, stem);
            free(stem);
        }
    for (int i = 0; words[i]; i++) offer(c, words[i]);
    if (strchr(c->prefix, '/')) offer_files(a, c);
    ll_strs_free(&names);
    free(dir);
}

static void (*const offers[LL_COMPLETE_KINDS])(ll_app *a, candidates *c) = {
    [LL_COMPLETE_DEVICE] = offer_devices,       [LL_COMPLETE_FILE] = offer_files,
    [LL_COMPLETE_DATASET] = offer_datasets,     [LL_COMPLETE_TASK] = offer_tasks,
    [LL_COMPLETE_PREDICTOR] = offer_predictors, [LL_COMPLETE_SAMPLER] = offer_samplers,
    [LL_COMPLETE_SESSION] = offer_sessions,     [LL_COMPLETE_COMMAND] = offer_commands,
    [LL_COMPLETE_SPACE] = offer_spaces,         [LL_COMPLETE_SCORE] = offer_scores,
    [LL_COMPLETE_ENCODING] = offer_encodings,   [LL_COMPLETE_PROXY] = offer_proxies,
    [LL_COMPLETE_TOPIC] = offer_topics,         [LL_COMPLETE_LESSON] = offer_lessons,
    [LL_COMPLETE_MEASURED] = offer_measured,
};

static void offer_kind(ll_app *a, ll_complete kind, candidates *c)
{
    if (offers[kind]) offers[kind](a, c);
}

/* Where the part begins that a list still lacks: behind the last comma outside quotes. */
static size_t last_member(const char *typed, size_t from)
{
    ll_quotes quotes = {0};
    for (size_t i = from; typed[i]; i++)
        if (!ll_quotes_step(&quotes, typed[i]) && typed[i] == ',') from = i + 1;
    return from;
}

/* The word a typed text stands for, whether its quotes are closed or not. */
static char *plain(const char *typed)
{
    ll_strs words = {0};
    ll_split_marked(typed, &words, NULL);
    char *word = ll_unmarked(words.n ? words.v[0] : "");
    ll_strs_free(&words);
    return word;
}

static void offer_words(const ll_option *o, candidates *c)
{
    ll_strs words = {0};
    if (o->words) ll_strs_split(&words, o->words, '|');
    for (int i = 0; i < words.n; i++) offer(c, words.v[i]);
    for (int i = 0; o->type != LL_CHOICE && o->choice_at && o->choice_at(i); i++) offer(c, o->choice_at(i));
    ll_strs_free(&words);
}

/* Values of one option that begin at `from` of the typed word; a list completes its last member. */
static void offer_value(ll_app *a, const ll_option *o, const char *typed, size_t from, ll_strs *out)
{
    if (o->type == LL_LIST) from = last_member(typed, from);
    char *head = ll_strdup(typed), *prefix = plain(typed + from);
    head[from] = 0;
    candidates c = {head, prefix, out};
    if (o->type == LL_CHOICE) {
        ll_strs choices = {0};
        ll_option_choices(o, &choices);
        for (int i = 0; i < choices.n; i++) offer(&c, choices.v[i]);
        ll_strs_free(&choices);
    } else if (o->type == LL_BOOL) {
        offer(&c, "on");
        offer(&c, "off");
    }
    offer_words(o, &c);
    offer_kind(a, o->complete, &c);
    free(prefix);
    free(head);
}

static void offer_keys(const ll_option *table, const char *typed, ll_strs *out)
{
    for (; table && table->name; table++) {
        if (table->positional || strncmp(table->name, typed, strlen(typed))) continue;
        ll_str key = {0};
        ll_str_addf(&key, "%s=", table->name);
        offer_typed(&(candidates){"", "", out}, ll_str_text(&key));
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

static const ll_option *find_option(const ll_command *cmd, const ll_option *more, const char *typed, size_t n)
{
    char *key = ll_strdup(typed);
    key[n] = 0;
    const ll_option *o = ll_option_find(cmd->options, key);
    if (!o) o = ll_option_find(more, key);
    free(key);
    return o;
}

/* `words` are those before the typed one. */
static void complete_option(ll_app *a, const ll_command *cmd, const ll_strs *words, const char *typed,
                            ll_strs *out)
{
    const ll_option *more = cmd->more_options ? cmd->more_options(words->v + 1, words->n - 1) : NULL, *o;
    size_t key = strcspn(typed, "='\"");
    if (typed[key] == '=') {
        o = find_option(cmd, more, typed, key);
        if (o) offer_value(a, o, typed, key + 1, out);
        return;
    }
    int bare = 0;
    for (int i = 1; i < words->n; i++) bare += !ll_find_unmarked(words->v[i], '=');
    o = positional(cmd->options, bare);
    if (o) offer_value(a, o, typed, 0, out);
    offer_keys(cmd->options, typed, out);
    offer_keys(more, typed, out);
}

void ll_app_complete(ll_app *a, const char *line, ll_strs *out)
{
    ll_strs words = {0};
    const char *typed = line + ll_last_word(line);
    char *before = ll_strdup(line), *prefix = plain(typed);
    before[typed - line] = 0;
    ll_split_marked(before, &words, NULL);
    const ll_command *cmd = words.n ? ll_app_find(a, words.v[0]) : NULL;
    if (cmd)
        complete_option(a, cmd, &words, typed, out);
    else if (!words.n)
        offer_commands(a, &(candidates){"", prefix, out});
    free(prefix);
    free(before);
    ll_strs_free(&words);
}
