/* What the REPL's prompt and the full screen's command line share: history, completion, the state in
 * a word. */
#ifndef LL_TUI_FACES_PROMPT_H
#define LL_TUI_FACES_PROMPT_H

#include "core/app/app.h"

/* "nb201 ND": dataset and task, or "latlab" when nothing is loaded. */
void ll_prompt_state(ll_app *app, ll_str *out);

/* Where the last command of a line begins (behind the last ';' outside quotes). */
size_t ll_prompt_command_start(const char *line);
/* Candidates for the last word of `line`, quoted where they need it; *word is where that word begins. */
void ll_prompt_complete(ll_app *app, const char *line, size_t *word, ll_strs *out);
/* What may replace the word that was typed so far: the longest common beginning of the candidates (its quotes may be
 * open), or the word itself where they have none that goes on from it. The caller frees. */
char *ll_prompt_common(const char *typed, const ll_strs *candidates);
/* The word is complete with it; false: more belongs to it, as behind a folder's '/'. */
bool ll_prompt_ends(const char *candidate);

/* The commands of one typed line, one after another: the rest of a line is dropped when one of them does not end
 * well, as in a script. */
typedef struct ll_chain {
    ll_strs rest;
    int id;     /* of the command under way; 0: none */
    bool typed; /* lines keep their order: ll_app_submit_typed */
} ll_chain;
/* Submits the first command (or puts all behind those of an unfinished line); returns its id or 0. */
int ll_chain_begin(ll_chain *c, ll_app *app, const char *line);
/* To be told of every END: submits the next command and returns its id, else 0. */
int ll_chain_end(ll_chain *c, ll_app *app, const cJSON *end);
void ll_chain_free(ll_chain *c);

/* History file in the XDG state folder, shared by both faces; created when a line is added. */
typedef struct ll_history {
    ll_strs lines;
    char *path;
} ll_history;
void ll_history_load(ll_history *h);
/* Also to the file; a repeat of the last is not added. */
void ll_history_add(ll_history *h, const char *line);
void ll_history_free(ll_history *h);

#endif
