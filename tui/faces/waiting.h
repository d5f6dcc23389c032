/* Ctrl-C in the prompt and in the screen: a cancelled command that does not notice. Thread: the face's. */
#ifndef LL_TUI_FACES_WAITING_H
#define LL_TUI_FACES_WAITING_H

#include "core/app/app.h"

/* What a face keeps of the command it cancelled. Zero-initialise. */
typedef struct ll_waiting {
    double since_s; /* of the first Ctrl-C; 0: nothing is waited for */
    bool told;
} ll_waiting;
/* Ctrl-C with a command running: cancels it. True: its user has been told that it is deaf, and wants to leave. */
bool ll_waiting_cancel(ll_waiting *w, ll_app *a);
/* True once when a cancelled command has been deaf for half a second: time to say LL_DEAF. To be asked at every tick. */
bool ll_waiting_tell(ll_waiting *w, const ll_app *a);
#define LL_DEAF                                                                                              \
    "the command does not notice: it waits for a file, or is in a long step; Ctrl-C again leaves latlab"

#endif
