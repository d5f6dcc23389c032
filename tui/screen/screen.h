/* The full screen: views on a stack, drawn on a canvas from the results they asked for, and keys that are
 * text.
 *
 * A key is bound to text. "@name arg" is an action of the screen or the view (moving, filtering, opening);
 * all other text is a command line, submitted like one that was typed. In it {device}, {other}, {arch},
 * {tagged}... are filled in by the view. So a session in the full screen replays as a script. */
#ifndef LL_TUI_SCREEN_SCREEN_H
#define LL_TUI_SCREEN_SCREEN_H

#include <cjson/cJSON.h>

#include "tui/draw/canvas.h"
#include "tui/faces/faces.h"
#include "tui/faces/prompt.h"
#include "tui/screen/curses.h"
#include "tui/screen/line.h"
#include "tui/screen/log.h"
#include "tui/screen/walk.h"

typedef struct ll_screen ll_screen;
typedef struct ll_view ll_view;

typedef struct ll_key {
    const char *key;  /* "j", "Down", "F5", "C-l", "Space"; several names of one binding: "j Down" */
    const char *text; /* action or command line */
    const char *help;
} ll_key;

typedef struct ll_grid ll_grid;
typedef struct ll_pager ll_pager;

typedef struct ll_view_type {
    const char *name, *title;
    const char *help;            /* a paragraph for the help screen */
    const ll_key *keys;          /* of this view */
    const ll_key *shared;        /* keys several views have; the view's own come first */
    size_t size;                 /* of the view, which begins with an ll_view */
    bool needs_data;             /* without a dataset the screen says so in its place */
    void (*refresh)(ll_view *v); /* ask for what it shows; v->state is fresh */
    void (*result)(ll_view *v, const char *tag, const cJSON *result); /* what it asked for came */
    void (*failed)(ll_view *v, const char *tag, const char *message); /* or did not */
    void (*event)(ll_view *v, const cJSON *event);                    /* any event; NULL: not interested */
    void (*draw)(ll_view *v, ll_canvas *c, ll_rect r);
    /* What moving, filtering, sorting, searching, copying, clicks and the wheel act on, unless a function below
     * does it: the table, or the page, that has the focus. NULL: none. */
    ll_grid *(*grid)(ll_view *v);
    ll_pager *(*pager)(ll_view *v);
    const char *(*device)(ll_view *v); /* under the cursor: {device}, {as-source}...; borrowed, or NULL */
    void (*move)(ll_view *v, ll_move where);
    bool (*action)(ll_view *v, const char *name, const char *arg); /* false: not one of mine */
    bool (*expand)(ll_view *v, const char *name, ll_str *out);     /* {name} of a binding */
    bool (*offers)(const ll_view *v, const char *key); /* is there something for it to do now? NULL: always */
    bool (*mouse)(ll_view *v, const ll_mouse *m);      /* in places of the screen; false: as is usual */
    void (*release)(ll_view *v);                       /* the mouse's button, while this view is shown */
    bool (*wait)(ll_view *v); /* true: until some moment; it is called often while it says so. NULL: never */
    void (*close)(ll_view *v);
} ll_view_type;

struct ll_view {
    const ll_view_type *type;
    ll_screen *screen;
    ll_state state; /* snapshot of the last refresh */
    bool stale;     /* the state changed since */
    bool undrawn;   /* an answer came since: the picture on the screen is of other things */
    char *message;  /* instead of content: "no dataset is loaded", or NULL */
    ll_rect r;      /* where it was drawn last */
};

extern const ll_view_type *const ll_view_types[]; /* in the order of their number keys; ends with NULL */

/* --- for views ------------------------------------------------------------------------------------------ */

/* Submit a quick look for this view; its result comes to type->result with the tag (a constant string). Formats of
 * command lines are ll_quote_addf's: %s is one word, quoted. */
void ll_screen_ask_line(ll_view *v, const char *tag, const char *line);
void ll_screen_ask(ll_view *v, const char *tag, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Submit a command as if typed; it shows in the log. */
void ll_screen_submit(ll_screen *s, const char *line);
void ll_screen_submitf(ll_screen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_screen_say(ll_screen *s, ll_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ll_screen_open(ll_screen *s, const char *view);     /* on top of the stack */
ll_view *ll_screen_find(ll_screen *s, const char *view); /* made when it does not exist yet */
void ll_screen_redraw(ll_screen *s);
const ll_look *ll_screen_look(const ll_screen *s);
ll_app *ll_screen_app(const ll_screen *s);
ll_log *ll_screen_log(ll_screen *s);
void ll_screen_copy(ll_screen *s, const char *text); /* to the terminal's clipboard */
/* Begin typing at the ':' line with this text in it. */
void ll_screen_type(ll_screen *s, const char *text);
/* Show text lines over the view until a key is pressed. */
void ll_view_say(ll_view *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
