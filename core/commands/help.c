/* help: the command table as text, and the topics. */
#include <string.h>

#include "core/app/app.h"
#include "core/app/parse.h"
#include "core/app/topics.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/commands/commands.h"

/* What stands behind the '=' where there is no default. */
static void value_usage(const ll_option *o, ll_str *out)
{
    static const char *const any[] = {
        [LL_BOOL] = "on|off", [LL_INT] = "N", [LL_REAL] = "X", [LL_WORD] = "...", [LL_LIST] = "..."};
    if (o->type == LL_CHOICE)
        ll_option_choices_text(o, out);
    else
        ll_str_add(out, o->type > LL_BOOL && o->complete == LL_COMPLETE_FILE ? "FILE" : any[o->type]);
}

static void option_usage(const ll_option *o, ll_str *out)
{
    ll_str body = {0};
    if (o->positional) {
        for (const char *p = o->name; *p; p++)
            ll_str_addc(&body, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
        if (o->rest) ll_str_add(&body, "...");
    } else {
        ll_str_addf(&body, "%s=%s", o->name, o->otherwise ? o->otherwise : "");
        if (!o->otherwise) value_usage(o, &body);
    }
    ll_str_addf(out, o->required ? " %s" : " [%s]", ll_str_text(&body));
    ll_str_free(&body);
}

void ll_command_usage(const ll_command *c, ll_str *out)
{
    ll_str_add(out, c->name);
    for (const ll_option *o = c->options; o && o->name; o++) option_usage(o, out);
}

static const ll_column list_columns[] = {
    {"group", "", NULL, -1}, {"name", "command", NULL, -1}, {"summary", "", NULL, -1}, {0}};

static void add_command_row(cJSON *rows, const ll_command *c, bool first)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "group", first ? c->group : "");
    ll_json_str(row, "name", c->name);
    ll_json_str(row, "summary", c->summary);
}

/* All commands of the group of number i, unless an earlier one has brought them. */
static void add_group(const ll_app *app, int i, cJSON *rows)
{
    const ll_command *first = ll_app_command_at(app, i), *c;
    for (int j = 0; j < i; j++)
        if (!strcmp(ll_app_command_at(app, j)->group, first->group)) return;
    for (int j = i; (c = ll_app_command_at(app, j)); j++)
        if (!strcmp(c->group, first->group)) add_command_row(rows, c, c == first);
}

static ll_status help_all(ll_request *rq)
{
    cJSON *result = ll_result_new("help"), *rows;
    ll_json_str(result, "title",
                "Commands (`help COMMAND` or `COMMAND?` says more, `help TERM` explains one)");
    ll_result_columns(result, list_columns);
    rows = ll_json_arr(result, "rows");
    for (int i = 0; ll_app_command_at(rq->app, i); i++) add_group(rq->app, i, rows);
    ll_emit(rq, result);
    return LL_OK;
}

static void type_text(const ll_option *o, ll_str *out)
{
    static const char *const names[] = {[LL_INT] = "whole number",
                                        [LL_REAL] = "number",
                                        [LL_BOOL] = "on|off",
                                        [LL_WORD] = "text",
                                        [LL_LIST] = "a,b,..."};
    if (o->type == LL_CHOICE)
        ll_option_choices_text(o, out);
    else if (o->lo == o->hi)
        ll_str_addf(out, o->unit ? "%s (%s)" : "%s", names[o->type], o->unit);
    else
        ll_str_add(out, o->type == LL_INT ? "whole, " : "");
    ll_option_bounds(o, out);
}

static void add_option_rows(cJSON *o, const ll_option *table)
{
    cJSON *rows = ll_json_arr(o, "rows");
    for (; table && table->name; table++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_str type = {0};
        type_text(table, &type);
        ll_json_str(row, "option", table->name);
        ll_json_str(row, "value", ll_str_text(&type));
        ll_json_str(row, "default", table->required ? "required" : table->otherwise ? table->otherwise : "");
        ll_json_str(row, "help", table->help);
        ll_str_free(&type);
    }
}

static const ll_column option_columns[] = {{"option", "option", NULL, -1},
                                           {"value", "value", NULL, -1},
                                           {"default", "default", NULL, -1},
                                           {"help", "", NULL, -1},
                                           {0}};

/* --- topics --- */

/* A command, or nothing yet, is described in `text`; what else is called `word` follows. */
static void add_topics(const char *word, ll_str *text)
{
    ll_topic t;
    for (const ll_shelf *s = ll_shelves; s->what; s++)
        for (int i = 0; s->at(i, &t); i++) {
            if (!ll_topic_is(&t, word)) continue;
            ll_str_addf(text, "%s%.*s (%s): %s", text->len ? "\n" : "", (int)strcspn(t.name, "|"), t.name,
                        s->what, t.text);
            ll_str_add(text, t.text[strlen(t.text) - 1] == '.' ? "\n" : ".\n");
            if (t.more) ll_str_addf(text, "  %s\n", t.more);
        }
}

static void emit_topic(ll_request *rq, const char *word, const ll_str *text)
{
    cJSON *result = ll_result_new("help");
    ll_json_str(result, "topic", word);
    ll_json_str(result, "text", ll_str_text(text));
    ll_emit(rq, result);
}

static ll_status unknown_topic(ll_request *rq, const char *word)
{
    ll_near near = ll_near_to(word);
    ll_strs topics = {0};
    const ll_command *c;
    for (int i = 0; (c = ll_app_command_at(rq->app, i)); i++) ll_near_offer(&near, c->name);
    ll_topic_names(&topics);
    ll_near_offer_all(&near, &topics);
    ll_strs_free(&topics);
    return ll_near_fail(&near, &rq->error, LL_USAGE, "`help` lists the commands",
                        "no command and no topic '%s'", word);
}

static ll_status help_topic(ll_request *rq, const char *word)
{
    ll_str text = {0};
    add_topics(word, &text);
    ll_status s = text.len ? LL_OK : unknown_topic(rq, word);
    if (!s) emit_topic(rq, word, &text);
    ll_str_free(&text);
    return s;
}

/* --- commands --- */

/* A line each, indented: what is not would be wrapped as one paragraph. */
static void add_examples(const char *lines, ll_str *text)
{
    ll_str_add(text, "\nExamples:\n");
    while (*lines) {
        lines += strspn(lines, " ");
        int length = (int)strcspn(lines, "\n");
        ll_str_addf(text, "  %.*s\n", length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void command_text(const ll_command *c, ll_str *text)
{
    ll_command_usage(c, text);
    ll_str_addf(text, "\n\n%s.\n", c->summary);
    if (c->help) ll_str_addf(text, "%s\n", c->help);
    if (c->examples) add_examples(c->examples, text);
    add_topics(c->name, text);
}

static ll_status unknown_group(ll_request *rq, const ll_command *c, const char *one)
{
    ll_option_group g;
    ll_near near = ll_near_to(one);
    for (int i = 0; c->option_group(i, &g); i++) ll_near_offer(&near, g.name);
    return ll_near_fail(&near, &rq->error, LL_USAGE, "`predictors` lists them", "%s has no options for '%s'",
                        c->name, one);
}

/* The options of each group, or of the one that is named. */
static ll_status add_groups(ll_request *rq, const ll_command *c, const char *one, cJSON *result)
{
    ll_option_group g;
    cJSON *groups = ll_json_arr(result, "groups");
    for (int i = 0; c->option_group(i, &g); i++) {
        if (one && strcmp(one, g.name)) continue;
        cJSON *o = ll_json_obj(groups, NULL);
        ll_json_str(o, "name", g.name);
        ll_json_str(o, "summary", g.summary);
        add_option_rows(o, g.options);
    }
    return !one || groups->child ? LL_OK : unknown_group(rq, c, one);
}

static ll_status help_command(ll_request *rq, const ll_command *c, const char *topic)
{
    ll_str text = {0};
    command_text(c, &text);
    cJSON *result = ll_result_new("help");
    ll_json_str(result, "command", c->name);
    ll_json_str(result, "text", ll_str_text(&text));
    ll_str_free(&text);
    ll_result_columns(result, option_columns);
    if (c->options) add_option_rows(result, c->options);
    ll_status s = c->option_group ? add_groups(rq, c, topic, result) : LL_OK;
    if (s)
        cJSON_Delete(result);
    else
        ll_emit(rq, result);
    return s;
}

/* "help noise ceiling" */
static ll_status help_words(ll_request *rq, const char *first, const char *second)
{
    ll_str both = {0};
    ll_str_addf(&both, second ? "%s %s" : "%s", first, second);
    ll_status s = help_topic(rq, ll_str_text(&both));
    ll_str_free(&both);
    return s;
}

static ll_status run_help(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "command"), *topic = ll_word(&rq->args, "topic");
    const ll_command *c = name ? ll_app_find(rq->app, name) : NULL;
    if (!name) return help_all(rq);
    return c ? help_command(rq, c, topic) : help_words(rq, name, topic);
}

static const ll_option help_options[] = {
    LL_OPT_WORD("command", NULL, "the command, predictor, sampler, ... or term to explain", LL_POSITIONAL,
                LL_OF(TOPIC)),
    LL_OPT_WORD("topic", NULL, "a predictor, for its own options: help pretrain nasflat", LL_POSITIONAL,
                LL_OF(PREDICTOR)),
    {0},
};

const ll_command ll_help_commands[] = {
    {.name = "help",
     .alias = "h",
     .group = "help",
     .summary = "List the commands, or explain one, or a term",
     .options = help_options,
     .flags = LL_CMD_LOOK,
     .run = run_help,
     .examples = "  help\n  help transfer\n  help pretrain nasflat\n  help spearman\n  corr?"},
    {0},
};
