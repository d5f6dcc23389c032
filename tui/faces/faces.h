/* The faces: batch, REPL, full screen. Each talks to one app; main.c chooses. */
#ifndef LL_TUI_FACES_FACES_H
#define LL_TUI_FACES_FACES_H

#include <stdbool.h>

#include "core/app/app.h"
#include "tui/draw/theme.h"

typedef struct ll_script_line {
    char *text;
    int number; /* line in its file, from 1; 0: from -c */
} ll_script_line;

typedef struct ll_faces {
    ll_app *app;
    ll_look out, err;  /* of stdout and stderr */
    bool json;         /* stdout is the event stream */
    bool keep_going;   /* a failing command does not stop a script */
    bool echo;         /* show each command before its output */
    const char *title; /* what the script is called in messages; NULL: -c */
    bool greeted;      /* the banner has been shown */
    bool from_prompt;  /* the screen was opened at the prompt, and leads back to it */
    int ended_by;      /* signal that ended an interactive face; 0: the user left */
    char *view;        /* view the screen should open with; NULL: its first */
    cJSON *lesson;     /* what the lesson under way shows now (tui/faces/lesson.h); NULL: none is */
} ll_faces;

/* Each returns the exit status of the program. */
int ll_batch_run(ll_faces *f, const ll_script_line *lines, int n);
int ll_batch_stdin(ll_faces *f);

/* The interactive faces hand over to each other (C-x C-a, view, quit of the screen started from
 * the prompt). */
typedef enum ll_next { LL_LEAVE, LL_TO_REPL, LL_TO_SCREEN } ll_next;
int ll_interactive_run(ll_faces *f, ll_next first);
ll_next ll_repl_run(ll_faces *f);
ll_next ll_screen_run(ll_faces *f);

/* Lines of a script text with their numbers; free with ll_script_free. */
ll_script_line *ll_script_split(const char *text, bool numbered, int *n);
void ll_script_free(ll_script_line *lines, int n);

/* The commands of the faces themselves: quit, view, ... */
extern const ll_command ll_face_commands[];

/* What --man and --bash print, made from the command table. */
void ll_manpage(const ll_app *app, ll_str *out);
void ll_bash_completion(const ll_app *app, ll_str *out);
/* The program's own options, one record each; also what getopt gets. Ends with name NULL. */
typedef struct ll_flag {
    const char *name, *value, *help; /* value NULL: takes none */
    int letter;
} ll_flag;
extern const ll_flag ll_flags[];

#endif
