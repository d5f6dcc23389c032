/* help: topics, the options of each predictor under its name, and what fits a terminal. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/topics.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/commands.h"
#include "core/predict/predictor.h"
#include "core/transfer/metrics.h"
#include "data/commands/commands.h"
#include "data/machines/codesign.h"
#include "data/machines/measure.h"
#include "data/machines/simulate.h"
#include "tests/check.h"
#include "tui/draw/render.h"

static ll_app *new_app(void)
{
    static const ll_command *const tables[] = {
        ll_help_commands,         ll_diagnose_commands,  ll_look_commands,    ll_map_commands,
        ll_monotonicity_commands, ll_partition_commands, ll_sources_commands, ll_sample_commands,
        ll_predict_commands,      ll_score_commands,     ll_active_commands,  ll_search_commands};
    ll_app *a = ll_app_new(&(ll_app_config){.data_dir = check_tmpdir(), .threads = 1});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    return a;
}

/* The result of a line, or its error event; the caller deletes. */
static cJSON *answer(ll_app *a, const char *line)
{
    cJSON *found = NULL;
    ll_app_submit(a, line);
    for (cJSON *o; (o = ll_app_wait(a));) {
        const char *kind = ll_json_get_str(o, "event", "");
        bool wanted = !found && (!strcmp(kind, "result") || !strcmp(kind, "error"));
        if (wanted)
            found = o;
        else
            cJSON_Delete(o);
    }
    return found;
}

static cJSON *help(ll_app *a, const char *word)
{
    ll_str line = {0};
    ll_str_addf(&line, "help ");
    ll_quote_word(&line, word);
    cJSON *o = answer(a, ll_str_text(&line));
    ll_str_free(&line);
    return o;
}

static bool is_explained(ll_app *a, const char *word, const char *what)
{
    cJSON *o = help(a, word);
    bool good = strstr(ll_json_get_str(o, "text", ""), what) != NULL;
    if (!good) fprintf(stderr, "help %s: no %s\n", word, what);
    cJSON_Delete(o);
    return good;
}

static void every_record_is_explained(void)
{
    ll_app *a = new_app();
    ll_topic t;
    for (const ll_shelf *s = ll_shelves; s->what; s++)
        for (int i = 0; s->at(i, &t); i++) {
            char *name = ll_strdup(t.name);
            name[strcspn(name, "|")] = 0;
            CHECK(is_explained(a, name, s->what));
            CHECK(is_explained(a, name, t.text));
            free(name);
        }
    ll_app_free(a);
}

static void every_metric_is_explained(void)
{
    ll_app *a = new_app();
    cJSON *all = cJSON_CreateObject(), *metric;
    ll_metrics_json(&(ll_metrics){.n = 1}, all);
    cJSON_ArrayForEach(metric, all) if (strcmp(metric->string, "n"))
        CHECK(is_explained(a, metric->string, "(term)"));
    cJSON_Delete(all);
    ll_app_free(a);
}

static void what_people_ask_is_explained(void)
{
    static const char *const words[] = {
        "k",      "dopt",    "kendall",       "cost",          "gp",       "Spearman",
        "budget", "samples", "regret",        "violation",     "interval", "target",
        "MACs",   "zcp",     "source device", "noise ceiling", "coverage", "protocol"};
    ll_app *a = new_app();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) CHECK(is_explained(a, words[i], " ("));
    cJSON *o = answer(a, "help noise ceiling");
    CHECK_HAS(ll_json_get_str(o, "text", ""), "any predictor");
    cJSON_Delete(o);
    ll_app_free(a);
}

static const ll_shelf *terms(void)
{
    const ll_shelf *s = ll_shelves;
    while (strcmp(s->what, "term")) s++;
    return s;
}

/* A sentence that a record holds has no second copy among the terms, and no word is two terms. */
static void terms_are_nothing_else(void)
{
    ll_topic term, other;
    for (int i = 0; terms()->at(i, &term); i++) {
        ll_strs names = {0};
        ll_strs_split(&names, term.name, '|');
        for (int n = 0; n < names.n; n++)
            for (const ll_shelf *s = ll_shelves; s->what; s++)
                for (int j = 0; s->at(j, &other); j++) {
                    bool itself = s == terms() && j == i;
                    CHECK(itself || s != terms() || !ll_topic_is(&other, names.v[n]));
                    CHECK(itself || strcmp(term.text, other.text));
                }
        ll_strs_free(&names);
    }
}

/* "help lut; help k": what a term sends its reader to is there. */
static void terms_lead_somewhere(void)
{
    ll_app *a = new_app();
    ll_topic t;
    for (int i = 0; terms()->at(i, &t); i++) {
        ll_strs lines = {0};
        if (t.more) ll_split_lines(t.more, &lines);
        for (int n = 0; n < lines.n; n++) {
            cJSON *o = !strncmp(lines.v[n], "help ", 5) ? answer(a, lines.v[n]) : NULL;
            CHECK(!o || !strcmp(ll_json_get_str(o, "event", ""), "result") || strstr(lines.v[n], "import") ||
                  strstr(lines.v[n], "roofline") || strstr(lines.v[n], "compare"));
            cJSON_Delete(o);
        }
        ll_strs_free(&lines);
    }
    ll_app_free(a);
}

static int rows_of(const cJSON *o)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(o, "rows"));
}

static int options_of(const ll_option *table)
{
    int n = 0;
    while (table && table[n].name) n++;
    return n;
}

static void options_stand_under_their_predictor(void)
{
    ll_app *a = new_app();
    cJSON *o = help(a, "transfer"), *group;
    CHECK_INT(rows_of(o), 7);
    int n = 0, with_options = 0;
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(o, "groups"))
    {
        const ll_predictor *p = ll_predictor_find(ll_json_get_str(group, "name", ""));
        CHECK(p && rows_of(group) == options_of(p->transfer_options));
        n++;
    }
    for (int i = 0; ll_predictors[i]; i++) with_options += options_of(ll_predictors[i]->transfer_options) > 0;
    CHECK_INT(n, with_options);
    cJSON_Delete(o);
    o = answer(a, "help transfer lowrank");
    group = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(o, "groups"), 0);
    CHECK_STR(ll_json_get_str(group, "name", ""), "lowrank");
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(group, "rows"), 0);
    CHECK_STR(ll_json_get_str(row, "default", ""), "0.1");
    cJSON_Delete(o);
    o = answer(a, "help transfer lowrnak");
    CHECK_HAS(ll_json_get_str(o, "message", ""), "did you mean lowrank?");
    cJSON_Delete(o);
    ll_app_free(a);
}

static int longest_line(const char *text)
{
    int longest = 0;
    for (; *text; text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n')) {
        int n = (int)strcspn(text, "\n");
        if (n > longest) longest = n;
    }
    return longest;
}

/* Nothing is cut off: the last word of every option's help is there. */
static void check_whole(const cJSON *o, const char *text)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(o, "rows"))
    {
        const char *said = ll_json_get_str(row, "help", ""), *last = strrchr(said, ' ');
        CHECK_HAS(text, last ? last + 1 : said);
        CHECK_HAS(text, ll_json_get_str(row, "default", ""));
    }
}

/* The word means the same for all of them; those that cannot do without a file are no such. */
static void none_is_no_file_for_all_commands(void)
{
    ll_app *a = new_app();
    const ll_command *c;
    for (int i = 0; (c = ll_app_command_at(a, i)); i++) {
        const ll_option *o = ll_option_find(c->options, "out");
        if (o && !o->required && o->complete == LL_COMPLETE_FILE)
            check_report(o->may_be_none, __FILE__, __LINE__, "%s out=none", c->name);
    }
    ll_app_free(a);
}

static void help_fits_eighty_columns(void)
{
    ll_app *a = new_app();
    ll_look look = ll_look_plain(80);
    const ll_command *c;
    for (int i = 0; (c = ll_app_command_at(a, i)); i++) {
        cJSON *o = help(a, c->name), *group;
        ll_str text = {0};
        ll_render_result(o, &look, &text);
        CHECK(longest_line(ll_str_text(&text)) <= 80);
        check_whole(o, ll_str_text(&text));
        cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(o, "groups"))
            check_whole(group, ll_str_text(&text));
        ll_str_free(&text);
        cJSON_Delete(o);
    }
    ll_app_free(a);
}

static void topics_complete(void)
{
    ll_app *a = new_app();
    ll_strs out = {0};
    ll_app_complete(a, "help ken", &out);
    CHECK_INT(out.n, 1);
    CHECK_STR(out.v[0], "kendall");
    ll_strs_free(&out);
    ll_app_complete(a, "help tra", &out);
    CHECK(ll_strs_has(&out, "transfer"));
    ll_strs_free(&out);
    ll_app_complete(a, "help noise", &out);
    CHECK_INT(out.n, 1);
    ll_strs_free(&out);
    ll_app_free(a);
}

static void what_is_near_a_topic_is_named(void)
{
    static const char *const words[][2] = {{"spearmen", "did you mean spearman?"},
                                           {"kendal", "did you mean kendall?"},
                                           {"tranfser", "did you mean transfer?"},
                                           {"xyz", "`help` lists the commands"},
                                           {"q", "`help` lists the commands"}};
    ll_app *a = new_app();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        cJSON *o = help(a, words[i][0]);
        CHECK_HAS(ll_json_get_str(o, "message", ""), words[i][1]);
        cJSON_Delete(o);
    }
    ll_app_free(a);
}

/* What an option takes is offered: but for numbers, new names, patterns, and what stands in a file of the user's. */
static void options_that_name_things_complete(void)
{
    static const char *const free_text[] = {
        "sample archs",   "arch arch",      "predict arch",   "simulate device",
        "simulate arch",  "lut arch",       "import key",     "import latency",
        "import ignore",  "import missing", "import devices", "import ops",
        "import arch",    "import source",  "device name",    "dataset name",
        "proxies prefix", "search max",     "search where",   "search with",
        "predict max",    "predict where",  "how-many k",     "roofline arch",
        "score k",        "compare k",      "score with",     "compare with",
        "measure via",    "sweep words",    "sweep memory",   NULL};
    static const ll_command *const tables[] = {
        ll_help_commands,     ll_look_commands,    ll_map_commands,      ll_partition_commands,
        ll_sources_commands,  ll_sample_commands,  ll_predict_commands,  ll_score_commands,
        ll_active_commands,   ll_search_commands,  ll_diagnose_commands, ll_data_commands,
        ll_simulate_commands, ll_measure_commands, ll_codesign_commands, ll_encode_commands};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const ll_command *c = tables[i]; c->name; c++)
            for (const ll_option *o = c->options; o && o->name; o++) {
                ll_str name = {0};
                ll_str_addf(&name, "%s %s", c->name, o->name);
                bool listed = false;
                for (int k = 0; free_text[k]; k++) listed |= !strcmp(free_text[k], ll_str_text(&name));
                bool text = o->type == LL_WORD || o->type == LL_LIST;
                bool good = !text || listed || o->complete || o->words || o->choice_at;
                if (!good) fprintf(stderr, "%s= offers nothing\n", ll_str_text(&name));
                CHECK(good);
                ll_str_free(&name);
            }
}

static const check_case cases[] = {
    {"options that name things complete", options_that_name_things_complete},
    {"every record is explained", every_record_is_explained},
    {"every metric is explained", every_metric_is_explained},
    {"what people ask is explained", what_people_ask_is_explained},
    {"terms are nothing else", terms_are_nothing_else},
    {"terms lead somewhere", terms_lead_somewhere},
    {"options stand under their predictor", options_stand_under_their_predictor},
    {"help fits eighty columns", help_fits_eighty_columns},
    {"none is no file for all commands", none_is_no_file_for_all_commands},
    {"topics complete", topics_complete},
    {"what is near a topic is named", what_is_near_a_topic_is_named},
    {0}};

int main(int argc, char **argv)
{
    return check_main("test_topics", cases, argc, argv);
}
