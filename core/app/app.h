/* The app: the only thing a face talks to. Faces submit command lines and read events.
 *
 * Threads: all functions are for the face's thread unless they say otherwise. Commands run in order on one
 * worker thread; a LL_CMD_LOOK command submitted while a long one runs is carried out at once on the caller's
 * thread against the last committed state. Only progress events are merged when the face is slow. */
#ifndef LL_APP_APP_H
#define LL_APP_APP_H

#include "core/app/command.h"
#include "core/app/request.h"
#include "core/app/state.h"
#include "core/base/system/owned.h"
#include "core/base/text/quote.h"

typedef struct ll_app_config {
    const char *data_dir; /* --data, else LATLAB_DATA, else XDG data; NULL: find it */
    int threads;          /* 0: all cores */
} ll_app_config;

/* One that has the commands and the reader of `a`, with nothing loaded, for work that shall not touch what `a` holds.
 * Rooms start in it what they need. NULL: as below. */
ll_app *ll_app_like(const ll_app *a, const ll_app_config *config);
/* NULL: the system gives no thread or no descriptor, see errno. */
ll_app *ll_app_new(const ll_app_config *config);
void ll_app_free(ll_app *a); /* cancels what runs and waits for it */
/* Cancels what runs and what is queued, for good, and waits for the end of what has taken notice. False: after
 * `patience_s` the command has not; then only _exit() ends the program, and no other function may be called. */
bool ll_app_stop(ll_app *a, double patience_s);
void ll_app_abandon(ll_app *a); /* nobody waits for the worker any more: the process ends at once */
/* A table that ends with name NULL; before the first submit. */
void ll_app_register(ll_app *a, const ll_command *commands);

/* Do the commands come from elsewhere, so that one of them may read the standard input? No, until a face says so. */
void ll_app_set_input_free(ll_app *a, bool is_free);
bool ll_app_input_is_free(const ll_app *a);

/* Queue a line; returns its request id (> 0). A line that does not parse still gives BEGIN, error, END.
 * Blank lines and comments (#) return 0. */
int ll_app_submit(ll_app *a, const char *line);
/* The same for a line typed at a prompt, where pasted lines and those typed ahead keep their order: what only looks
 * overtakes nothing but a command that has run for a second, or was cancelled, and has nothing behind it. */
int ll_app_submit_typed(ll_app *a, const char *line);
int ll_app_fd(const ll_app *a); /* readable when events are waiting */
cJSON *ll_app_next(ll_app *a);  /* the next event (caller deletes), NULL: none now */
cJSON *ll_app_wait(ll_app *a);  /* blocks; NULL: nothing is queued, nothing runs, nothing left to read */
void ll_app_cancel(ll_app *a);  /* the running command; async-signal-safe */
/* The running command was cancelled and has not taken notice yet: it waits for a file that does not come, or is in a
 * long step. Async-signal-safe. */
bool ll_app_deaf(const ll_app *a);
void ll_app_cancel_all(ll_app *a); /* also drops the queue: those END as cancelled */
/* Hold the running command at its next step, or let it go on; it goes on by itself when it is cancelled. */
void ll_app_pause(ll_app *a, bool paused);
bool ll_app_paused(const ll_app *a);
bool ll_app_busy(const ll_app *a); /* something runs or is queued */

const ll_command *ll_app_find(const ll_app *a, const char *name); /* by name or alias */
/* One of these flags (LL_CMD_...) of the command that the line begins with. */
bool ll_app_line_has(const ll_app *a, const char *line, unsigned flags);
/* The same; LL_USAGE with the nearest name. */
ll_status ll_app_need_command(const ll_app *a, const char *name, const ll_command **out, ll_error *e);
const ll_command *ll_app_command_at(const ll_app *a, int i); /* NULL behind the last */
/* Candidates for completing `line` at its end: fills `out` with whole words, quoted where they need it, that may replace
 * the last one, which begins at ll_last_word(line) and may have a quote open. */
void ll_app_complete(ll_app *a, const char *line, ll_strs *out);
/* Signature such as "transfer DEVICE [k=20] [sampler=random]"; for help, man page and shell completion. */
void ll_command_usage(const ll_command *c, ll_str *out);

/* Snapshot of the committed state; any thread. Free with ll_state_free. */
void ll_app_snapshot(ll_app *a, ll_state *out);
/* Replace the committed state (a session that is opened); from a command: set rq->state instead. */
void ll_app_restore(ll_app *a, const ll_state *s);

/* Carry out a line inside a running command, as if it had been typed: its change is committed and seen by the
 * hook, and outer->state becomes the new state; its events carry the outer request's id, without a BEGIN and
 * END of their own. A failure leaves its sentence in outer->error. *results (may be NULL) receives copies of
 * what it emitted, an array for the caller to delete. Thread: that of the running command. */
ll_status ll_app_run_line(ll_request *outer, const char *line, cJSON **results);
/* The same; its results go to the caller alone. */
ll_status ll_app_ask_line(ll_request *outer, const char *line, cJSON **results);

/* Called on the running thread when a command with LL_CMD_CHANGES has succeeded, before its END: rq->state is
 * about to be committed, ll_app_snapshot() still gives the state before it. `sessions` journals here; what
 * goes wrong there becomes a warning. */
typedef void (*ll_commit_hook)(void *ctx, ll_request *rq);
void ll_app_on_commit(ll_app *a, ll_commit_hook hook, void *ctx);
/* How core loads a dataset by name or path: `data` registers its reader here. */
typedef ll_status (*ll_dataset_loader)(ll_app *a, const char *name, ll_dataset **out, ll_error *e);
void ll_app_set_loader(ll_app *a, ll_dataset_loader loader);
ll_status ll_app_load_dataset(ll_app *a, const char *name, ll_dataset **out, ll_error *e);

/* Folders that latlab keeps for itself, by their kinds: no command writes its output into one (core/app/output.h). */
void ll_app_keep(ll_app *a, const ll_owned_kind *kind);        /* before the first submit; a few */
const ll_owned_kind *ll_app_kept_kind(const ll_app *a, int i); /* NULL behind the last */

/* One slot per room for its own data (sessions, data, plots); freed by `release` in ll_app_free. */
typedef enum ll_slot {
    LL_SLOT_SESSIONS,
    LL_SLOT_DATA,
    LL_SLOT_PLOTS,
    LL_SLOT_FACE,
    LL_SLOT_LESSON,
    LL_SLOTS
} ll_slot;
void ll_app_set_slot(ll_app *a, ll_slot slot, void *p, void (*release)(void *));
void *ll_app_slot(const ll_app *a, ll_slot slot);

/* Folders of datasets, in the order they are searched: --data, LATLAB_DATA, XDG data, bundled. */
void ll_app_data_dirs(const ll_app *a, ll_strs *out);
const char *ll_app_data_dir(const ll_app *a); /* where imports go */
char *ll_app_find_data_dir(
    const char *asked);         /* that folder for a new app: `asked`, else found; the caller frees */
char *ll_app_bundled_dir(void); /* the data that came with the program; the caller frees */
int ll_app_threads(const ll_app *a);

#define LL_VERSION "0.1.0"

#endif
