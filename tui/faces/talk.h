/* Talk: notes, warnings, errors and progress of the line-oriented faces, on stderr. On a terminal progress is
 * one line that is rewritten; elsewhere a plain line now and then. */
#ifndef LL_TUI_FACES_TALK_H
#define LL_TUI_FACES_TALK_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "tui/draw/theme.h"

typedef struct ll_talk {
    FILE *f;
    ll_look look;
    const char *where; /* "FILE:LINE" before errors, or NULL */
    bool rewrites;     /* f is a terminal that can rewrite a line */
    bool open;         /* a progress line stands there unfinished */
    double last_s;
} ll_talk;

ll_talk ll_talk_new(FILE *f, ll_look look);
void ll_talk_event(ll_talk *t, const cJSON *event); /* begin, result and end are not talk: ignored */
void ll_talk_clear(ll_talk *t);                     /* take the progress line away */
void ll_talk_say(ll_talk *t, ll_style style, const char *label, const char *message);

#endif
