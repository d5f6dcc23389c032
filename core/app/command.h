/* The command table. A command is one const record; help, completion, man page, shell completion and the
 * palette are loops over the table. Every room exports an array of records, tui/main.c registers them. */
#ifndef LL_APP_COMMAND_H
#define LL_APP_COMMAND_H

#include "core/base/text/option.h"

typedef struct ll_request ll_request;

enum {
    LL_CMD_LOOK = 1,    /* reads the state and returns quickly: also runs while a long command is under way */
    LL_CMD_CHANGES = 2, /* changes the state: journalled, undoable */
    LL_CMD_LONG = 4,    /* may take seconds: reports progress, can be cancelled */
    LL_CMD_NO_UNDO = 8, /* changes something outside the state (files, history) */
    LL_CMD_FACE = 16,   /* only an interactive face can carry it out (view, quit) */
};

/* Options that some of what a command names have, and others not: those of one predictor. */
typedef struct ll_option_group {
    const char *name, *summary;
    const ll_option *options;
} ll_option_group;

typedef struct ll_command {
    const char *name, *alias; /* two words are one command ("task save" is options of "task", not a name) */
    const char *group;   /* "data", "look", "partition", "sample", "predict", "plot", "session", "help" */
    const char *summary; /* one line, no full stop */
    const ll_option *options; /* NULL: none */
    unsigned flags;
    ll_status (*run)(ll_request *rq);
    const char *help;     /* further paragraphs, or NULL */
    const char *examples; /* lines, or NULL */
    /* Options that depend on the words (`pretrain nasflat` adds the predictor's), which are marked
     * (core/base/text/quote.h); NULL: none. */
    const ll_option *(*more_options)(char *const *words, int n);
    /* The same as help shows them: each under the name of what it belongs to; false behind the last. NULL: as they are. */
    bool (*option_group)(int i, ll_option_group *out);
} ll_command;

#endif
