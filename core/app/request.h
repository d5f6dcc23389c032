/* A request: one submitted command line while it runs. A command speaks only through its request.
 *
 * Events on the stream, one JSON object each:
 *   {"event":"begin","id":N,"command":"..."}
 *   {"event":"result","id":N,"kind":"...",...}     data
 *   {"event":"note"|"warning","id":N,"message":"..."}   talk
 *   {"event":"progress","id":N,"phase":"...","done":..,"total":..,...}
 *   {"event":"error","id":N,"message":"..."}   with "in_the_way":"FILE" where force=on would write over that file
 *   {"event":"end","id":N,"status":"ok"|"failed"|"cancelled","seconds":S}
 *
 * `latlab --json -` adds {"event":"ready","line":N} when all events of a line it read have been written, whatever was on
 * that line, so that another program knows when to write the next one (data/latlab.py).
 *
 * A result is an object of machine-readable fields, and a face can draw any of them without knowing its kind:
 *   "title"    a line above
 *   "summary"  a paragraph below that, which may be broken anywhere: what it all comes to
 *   "text"     lines to be shown as they are (a drawing)
 *   "columns"  [{"key","title","unit","digits"}]: how to show "rows" (array of objects) or, when there are no
 *              rows, the fields of the result itself, one per line
 *   "notes"    array of sentences below
 *   "live"     true: how things stand until the next result of the command; a page shows it in its place, a stream of text
 *              leaves it to progress
 * Times that differ from run to run live only in fields whose name ends in "_s" or is "seconds". */
#ifndef LL_APP_REQUEST_H
#define LL_APP_REQUEST_H

#include "core/app/command.h"
#include "core/app/state.h"
#include "core/base/observer.h"
#include "core/num/pool.h"

typedef struct ll_app ll_app;

struct ll_request {
    ll_app *app;
    int id;
    double begun_s;   /* clock of ll_now_s */
    const char *line; /* the command line as submitted */
    const ll_command *command;
    ll_values args;      /* of command->options */
    ll_values more;      /* of command->more_options(); table NULL: none */
    ll_state state;      /* private copy: read it, replace parts of it */
    bool quiet;          /* results are kept for who asked, not sent */
    bool said_simulated; /* a result of this command has said which devices are simulated */
    bool unchanged; /* set by a command that left the state as it is after all: there is no step to undo */
    bool commit_on_cancel; /* set when a cancelled command leaves something worth keeping */
    ll_pool *pool;         /* NULL in a quick look beside a long command */
    ll_observer *observer;
    /* Who spoke for the thread before; a look beside a command is stopped by it too. */
    const ll_observer *outer;
    cJSON *results; /* copies of what was emitted, for the commit hook; NULL: not kept */
    /* Files it has made anew for the user (core/app/output.h), and of a step that is replayed those that it made then,
     * [{"path","hash"}], NULL: none. */
    ll_strs outputs;
    const cJSON *made_then;
    ll_error error; /* the message END(failed) carries */
    char *
        in_the_way; /* it failed because this file is there, and would write over it with force=on; NULL: no */
};

/* How a table column (or a field) is shown. Ends with key NULL. */
typedef struct ll_column {
    const char *key, *title, *unit; /* unit NULL: none */
    int digits;                     /* decimals of a number; -1: shortest, text as it is */
} ll_column;

/* A new result of this kind; fill it with ll_json_*, then emit it (which takes ownership). */
cJSON *ll_result_new(const char *kind);
void ll_result_columns(cJSON *result, const ll_column *columns);
/* One more sentence below a result; printf-like. */
void ll_result_note(cJSON *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_emit(ll_request *rq, cJSON *result);
void ll_note(ll_request *rq, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Tells whoever has waited for long, once a program, what slows it down (core/num/blas_choice.h). */
void ll_advise(ll_request *rq);
void ll_warn(ll_request *rq, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The note beside a worklist that was written: how its table comes back when it is filled in. */
void ll_note_fill_in(ll_request *rq, const char *table, const char *dataset, const char *device);
/* The same as text. */
void ll_add_fill_in(ll_str *out, const char *table, const char *dataset, const char *device);

#define LL_FAIL(rq, status, ...) ll_fail(&(rq)->error, status, __VA_ARGS__)

#endif
