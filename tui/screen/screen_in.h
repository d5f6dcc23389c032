/* Inside of the full screen, shared by screen*.c alone; views see screen.h. */
#ifndef LL_TUI_SCREEN_SCREEN_IN_H
#define LL_TUI_SCREEN_SCREEN_IN_H

#include "tui/faces/config.h"
#include "tui/faces/lesson.h"
#include "tui/faces/waiting.h"
#include "tui/screen/curses.h"
#include "tui/screen/keyfile.h"
#include "tui/screen/screen.h"

enum { LL_MAX_STACK = 16, LL_MAX_VIEWS = 16, LL_MAX_ASKS = 64, LL_MAX_SPOTS = 64 };

typedef struct ll_ask {
    int id;
    ll_view *view;
    const char *tag;
    bool overtaken; /* the view has asked again: what comes is about something else than it shows */
} ll_ask;

typedef struct ll_spot {
    ll_rect r;
    char key[LL_KEY_NAME];
} ll_spot;

typedef enum ll_mode { LL_MODE_VIEW, LL_MODE_COMMAND, LL_MODE_FILTER, LL_MODE_HELP, LL_MODE_ASK } ll_mode;

struct ll_screen {
    ll_faces *f;
    ll_look look;
    ll_config config;
    ll_canvas canvas;
    ll_view *views[LL_MAX_VIEWS]; /* made when first shown */
    int n_views;
    ll_view *stack[LL_MAX_STACK];
    int depth;
    ll_ask asks[LL_MAX_ASKS]; /* questions of views whose END has not come */
    int n_asks;
    ll_log log;
    ll_spot spots[LL_MAX_SPOTS]; /* of the last drawing */
    int n_spots;
    ll_mouse click; /* the latest, and when */
    double clicked_s;
    int log_back; /* lines the log pane is scrolled back */
    ll_history history;
    ll_line line;
    ll_mode mode;
    int help_top;
    char *over_line, *over_file; /* LL_MODE_ASK: the command that would write over the file */
    bool maximised, state_in_bar;
    char prefix[LL_KEY_NAME]; /* "C-x" typed, the next key belongs to it */
    ll_chain chain;           /* the rest of the typed line under way */
    int pending;              /* the user's commands under way */
    bool page_begun;          /* the page of answers has one of the lines under way */
    cJSON *progress;          /* latest progress event, NULL: none */
    char *running;            /* command under way */
    ll_keyfile keys;          /* LATLAB_KEYS */
    ll_strs typed;            /* keys read and not yet acted upon */
    double asked_s;           /* time of the latest question of a view */
    char *lesson_why;         /* why the lesson's step has failed; NULL: it has not */
    int lesson_top;           /* rows its pane is scrolled down */
    int lesson_id;            /* the request of the lesson that is under way, or was the latest */
    char *save_display;       /* file to write the next drawing to */
    bool dirty, leave_asked, stop;
    bool waits; /* a view waits for a moment to come */
    double drawn_s, interrupted_s;
    ll_waiting waiting; /* for the command that Ctrl-C cancelled */
    bool said_deaf;     /* that it does not notice */
    double leaving_s;   /* Q was pressed while a command ran: time of it; 0: no */
    ll_next next;
};

/* keys.c */
void ll_screen_key(ll_screen *s, const char *key);
void ll_screen_do(ll_screen *s, const char *text); /* text of a binding: action or command line */
const ll_key *ll_screen_global_keys(void);
const ll_key *ll_screen_lesson_keys(void);
const char *ll_screen_bound(const ll_screen *s, const char *key); /* what it does here; NULL: nothing */
bool ll_keys_have(const ll_key *keys, const char *key); /* the table has this entry; NULL: an empty one */
const char *ll_screen_twin(const char *key); /* the F-key that does the same as this letter; NULL: none */
/* clicks.c */
void ll_screen_mouse(ll_screen *s, const ll_mouse *m);
void ll_screen_forget_spots(ll_screen *s);
/* A place that acts as a key when it is clicked: columns x .. x + w - 1 of row y. */
void ll_screen_add_spot(ll_screen *s, int y, int x, int w, const char *key);
/* draw.c */
void ll_screen_draw(ll_screen *s, int *cursor_y, int *cursor_x);
ll_rect ll_screen_view_rect(const ll_screen *s);
void ll_screen_tell_room(const ll_screen *s); /* so that a figure fits on its page */
bool ll_screen_too_small(const ll_screen *s);
void ll_screen_draw_rule(ll_screen *s, int y, const char *title);
/* lesson.c: the pane that a lesson has in place of the log: as high as what it says, while the view keeps eight rows. */
int ll_screen_lesson_height(const ll_screen *s);
void ll_screen_draw_lesson(ll_screen *s, int y, int h);
/* help.c */
void ll_screen_draw_help(ll_screen *s);
/* views.c */
ll_view *ll_screen_top(const ll_screen *s);
void ll_screen_close_view(ll_screen *s);
void ll_screen_mark_stale(ll_screen *s);
void ll_screen_refresh_view(ll_view *v);
/* False: nobody here has asked. */
bool ll_screen_take_answer(ll_screen *s, const char *kind, const cJSON *event);
void ll_screen_free_views(ll_screen *s);
/* events.c */
void ll_screen_submit_typed(ll_screen *s, const char *line); /* from the ':' line */
void ll_screen_event(ll_screen *s, const cJSON *event);
void ll_screen_write_display(ll_screen *s);
/* The lesson has the pane of the log. */
bool ll_screen_in_lesson(const ll_screen *s);
/* A command failed because a file is there: ask whether to write over it. */
void ll_screen_ask_over(ll_screen *s, const char *line, const char *file);
/* answers.c */
const char *ll_screen_view_of(const char *line); /* the view that shows what the command does; NULL: none */
/* The result of something the user asked, unless the view on top shows it. */
void ll_screen_show_answer(ll_screen *s, const cJSON *result);
/* screen.c */
void ll_screen_apply_config(ll_screen *s);
void ll_screen_suspend(ll_screen *s); /* to the shell; returns when it says fg */

#endif
