/* The one event loop of the interactive faces: keyboard, the app's events, signals, time. The face's
 * functions run on the thread that called ll_loop_run; nothing else ever draws. */
#ifndef LL_TUI_FACES_LOOP_H
#define LL_TUI_FACES_LOOP_H

#include "core/app/app.h"

typedef struct ll_loop_face {
    void (*input)(void *ctx);                     /* stdin has something */
    void (*event)(void *ctx, const cJSON *event); /* one event of the app, in order */
    void (*signal)(void *ctx, int sig);           /* SIGINT, SIGWINCH, SIGTSTP, SIGTERM, SIGHUP */
    void (*settled)(void *ctx);                   /* nothing more at hand: the time to draw */
    int (*timeout_ms)(void *ctx);                 /* settled is called again after this long; -1: no need */
} ll_loop_face;

/* Runs until *stop. */
void ll_loop_run(ll_app *app, const ll_loop_face *face, void *ctx, const bool *stop);

/* Stop the process as Ctrl-Z does; returns when it is continued. False, at once, when nobody could continue it: no
 * shell with jobs has started it (the kernel does not stop such a process either). */
bool ll_loop_suspend(void);

#endif
