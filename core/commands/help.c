/* help: the command table as text. */
#include <string.h>

#include "core/app/app.h"
#include "core/app/parse.h"
#include "core/base/json.h"
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
    ll_json_str(result, "title", "Commands (`help COMMAND` or `COMMAND?` says more)");
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
    bool bounded = o->lo != o->hi;
    bool number = o->type == LL_INT || o->type == LL_REAL || bounded;
    if (o->type == LL_CHOICE)
        ll_option_choices_text(o, out);
    else
        ll_str_add(out, number && o->type == LL_WORD ? "number" : names[o->type]);
    if (bounded) ll_str_add(out, ", ");
    ll_option_range(o, out);
    if (o->unit && !bounded) ll_str_addf(out, " (%s)", o->unit);
}

static void add_option_rows(cJSON *rows, const ll_option *table)
{
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

static void command_text(const ll_command *c, ll_str *text)
{
    ll_command_usage(c, text);
    ll_str_addf(text, "\n\n%s.\n", c->summary);
    if (c->help) ll_str_addf(text, "%s\n", c->help);
    if (c->examples) ll_str_addf(text, "\nExamples:\n%s\n", c->examples);
}

static ll_status help_one(ll_request *rq, const char *name, const char *topic)
{
    const ll_command *c;
    ll_status s = ll_app_need_command(rq->app, name, &c, &rq->error);
    if (s) return s;
    ll_str text = {0};
    command_text(c, &text);
    cJSON *result = ll_result_new("help");
    ll_json_str(result, "command", c->name);
    ll_json_str(result, "text", ll_str_text(&text));
    ll_str_free(&text);
    ll_result_columns(result, option_columns);
    char *words[] = {(char *)topic};
    const ll_option *more = c->more_options ? c->more_options(words, topic ? 1 : 0) : NULL;
    cJSON *rows = c->options || more ? ll_json_arr(result, "rows") : NULL;
    add_option_rows(rows, c->options);
    add_option_rows(rows, more);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status run_help(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "command");
    return name ? help_one(rq, name, ll_word(&rq->args, "topic")) : help_all(rq);
}

static const ll_option help_options[] = {
    LL_OPT_WORD("command", NULL, "the command to explain", LL_POSITIONAL, LL_OF(COMMAND)),
    LL_OPT_WORD("topic", NULL, "a predictor, for its own options: help pretrain nasflat", LL_POSITIONAL,
                LL_OF(PREDICTOR)),
    {0},
};

const ll_command ll_help_commands[] = {
    {.name = "help",
     .alias = "h",
     .group = "help",
     .summary = "List the commands or explain one",
     .options = help_options,
     .flags = LL_CMD_LOOK,
     .run = run_help,
     .examples = "  help\n  help transfer\n  help pretrain nasflat\n  corr?"},
    {0},
};
