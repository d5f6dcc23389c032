/* The log: every command the user gave and what came of it, with results kept for folding out. Views' own
 * questions are not in it. */
#ifndef LL_TUI_SCREEN_LOG_H
#define LL_TUI_SCREEN_LOG_H

#include <cjson/cJSON.h>

#include "tui/draw/canvas.h"

typedef enum ll_log_kind { LL_LOG_COMMAND, LL_LOG_TALK, LL_LOG_RESULT } ll_log_kind;

typedef struct ll_log_entry {
    int id; /* of the request; 0: the face's own words */
    ll_log_kind kind;
    ll_style style;
    char *text;      /* the command, the message, the result's title */
    char *end;       /* of a command: "ok 0.2 s", NULL while it runs */
    cJSON *result;   /* of LL_LOG_RESULT */
    bool folded_out; /* the result is shown in full */
} ll_log_entry;

typedef struct ll_log {
    ll_log_entry *v;
    int n, cap;
} ll_log;

void ll_log_event(ll_log *l, const cJSON *event); /* begin, note, warning, error, result, end */
void ll_log_say(ll_log *l, ll_style style, const char *text);
const char *ll_log_command(const ll_log *l, int id); /* the command of a request, "" when it is not known */
void ll_log_free(ll_log *l);
/* One entry in w columns: a line, what is said in as many as its words need. Returns the rows. */
int ll_log_draw_entry(const ll_log_entry *e, ll_canvas *c, int y, int x, int w);
int ll_log_entry_rows(const ll_log_entry *e, int w);
/* Rows that entries 0 .. n-1 need, counted up to `most`. */
int ll_log_rows(const ll_log *l, int n, int w, int most);
/* A result in one line: its title, else its kind and first fields. The caller frees. */
char *ll_log_summary(const cJSON *result);

#endif
