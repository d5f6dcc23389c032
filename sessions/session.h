/* A session: the folder in which the steps of a run are kept, and the steps themselves for undo and redo.
 *
 *   session.json    version, latlab version, name, state when it was saved
 *   journal.jsonl   one line per committed command (sessions/journal.h)
 *   blobs/          models, predictions, architectures, datasets that live in memory (sessions/store.h)
 *   lock            held by the process that has it open
 *
 * An app has one. Its folder is made at the first change, so that a run that changes nothing leaves nothing; of a script at
 * the first step that makes something, which loading a dataset and naming a task do not. A saved
 * session is only changed by `save`: the first change behind `save` or `open` goes to an unsaved copy, which knows where
 * it comes from. So there are both at any moment, whatever ends the process.
 * Thread: the one that runs commands, except where a function says otherwise. */
#ifndef LL_SESSIONS_SESSION_H
#define LL_SESSIONS_SESSION_H

#include <pthread.h>

#include "core/app/app.h"
#include "sessions/store.h"

typedef struct ll_step {
    char *line;      /* the command that led here; "" for the beginning */
    cJSON *manifest; /* of the state after it; NULL when it could not be written */
    ll_state state;
    bool resident; /* is `state` in memory? else it is read again from the manifest */
    cJSON *kept;   /* what the journal says beside: results, files; NULL: it has it, or there is nothing */
} ll_step;

typedef struct ll_session {
    ll_app *app;
    pthread_mutex_t lock; /* guards dir and name for lists on another thread */
    char *dir;            /* NULL: not made yet */
    char *name;           /* NULL: unsaved */
    char *of;             /* folder of the saved session that an unsaved one goes on from; NULL: none */
    int lock_fd, journal_fd;
    bool script;  /* nobody is there: unsaved, it is no person's (sessions/header.h) */
    bool memory;  /* nothing is written: all steps are in memory alone */
    bool behind;  /* the last step could not be journalled */
    bool waiting; /* a script has made nothing yet that is worth a folder: all steps are in memory alone */
    bool handled; /* the running command has done its own bookkeeping: the hook skips it */
    int depth;    /* of replays */
    ll_store store;
    ll_step *steps; /* steps[0] is the beginning, steps[at] is now; those behind it can be redone */
    int n_steps, at;
    int next_n;
} ll_session;

/* Give the app its session and hear of its commits. Once per app, before the first command; freed with it. */
void ll_sessions_start(ll_app *app);
ll_session *ll_session_of(ll_app *app);
/* The commands come from a script, and no interactive face follows. Before the first command. */
void ll_sessions_of_script(ll_app *app);

/* Nothing is kept of what this app does (a lesson that is graded). Before the first command. */
void ll_sessions_in_memory(ll_app *app);

/* Go to a step: rq->state becomes its state and the journal says so. A state that is no longer in memory is read again;
 * what of it has changed meanwhile is said. */
ll_status ll_session_go(ll_session *s, ll_request *rq, int step, const char *op);

/* Before something is written: a folder that may be written to, with all steps so far. */
ll_status ll_session_need_folder(ll_session *s, ll_request *rq, ll_error *e);
/* A line of the journal: what was done (op), the state now, and the members of `kept` (NULL: none). Precondition: a folder. */
ll_status ll_session_append(ll_session *s, const char *op, const char *line, const cJSON *kept, ll_error *e);

/* What to tell somebody who leaves: "session kept: `open` goes on". NULL: nothing is kept of it. The caller frees. Once no
 * command runs any more. */
char *ll_session_farewell(ll_app *app);

/* Leave the present folder and go on without one: the next change makes a fresh one. */
void ll_session_close(ll_session *s);
/* Leave the present folder and go on in this one; rq->state becomes its state, as far as its data still is there
 * (sessions/manifest.h); what has changed is said. Nothing changes on failure. */
ll_status ll_session_open(ll_session *s, ll_request *rq, const char *dir, bool copy);
/* Save under this name and go on there. *kept: a session of that name was there and is kept as the former one. LL_FAILED:
 * something else is there, or a session that is open elsewhere (sessions/folder.h). */
ll_status ll_session_save(ll_session *s, const char *name, bool *kept, ll_error *e);

#endif
