/* make crash: latlab is killed, or one of its system calls or allocations fails, at a random place of a scripted
 * session; afterwards whatever was promised must hold. x86-64 Linux: the calls are caught by seccomp and ptrace.
 *
 *   main.c     golden runs, trials side by side, what is printed
 *   faults.c   which calls count, which faults there are, drawing one
 *   trace.c    runs the program and puts the fault in
 *   order.c    what a power cut could take back
 *   world.c    the folder a trial has for itself, with files of a stranger's in it
 *   judge.c    what is there after a step, and whether that is what may be there
 *   shim.c     preloaded: allocations that fail */
#ifndef LL_TESTS_CRASH_H
#define LL_TESTS_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/rng.h"
#include "core/base/str.h"

/* --- calls and faults ------------------------------------------------------------------------------------ */

typedef enum cr_kind {
    CR_READ_OPEN, /* open without leave to write */
    CR_WRITE_OPEN,
    CR_READ,
    CR_WRITE, /* into a file of the world */
    CR_PRINT, /* to stdout */
    CR_SYNC,
    CR_CLOSE,
    CR_RENAME,
    CR_LINK,
    CR_UNLINK,
    CR_MKDIR,
    CR_LOCK,
    CR_TRUNCATE,
    CR_MODE,
    CR_STAT,
    CR_LIST,
    CR_SPAWN, /* threads and processes */
    CR_PIPE,
    CR_ALLOC, /* counted by the shim */
    CR_KINDS
} cr_kind;
#define CR_BIT(kind) (1u << (kind))

typedef enum cr_action { CR_FAIL, CR_SHORTEN, CR_FAIL_AFTER, CR_KILL_BEFORE, CR_KILL_AFTER } cr_action;

typedef struct cr_mode {
    const char *name;
    uint32_t kinds; /* which calls count */
    cr_action action;
    int error;
    bool lasting; /* the n-th and all later ones */
    int weight;   /* how often it is drawn */
} cr_mode;

typedef struct cr_fault {
    const cr_mode *mode; /* NULL: none */
    long nth;            /* from 1 */
} cr_fault;

typedef struct cr_counts {
    long of[CR_KINDS];
} cr_counts;

/* What a system call is to us. */
typedef struct cr_call {
    long number;
    const char *name;
    cr_kind kind;
    int path, fd; /* which argument, -1: none */
} cr_call;
extern const cr_call cr_calls[];
extern const int cr_n_calls;
const cr_call *cr_call_find(long number);

/* Precondition: counts of a run without a fault. */
cr_fault cr_fault_draw(ll_rng *r, const cr_counts *counts);
void cr_fault_say(const cr_fault *f, ll_str *out);

/* Shared with the shim, in a mapped file named by $LATLAB_CRASH_PAGE. */
typedef struct cr_page {
    long armed; /* set when the program first touches its world */
    long allocs, fail_at, lasting, failed;
} cr_page;

/* --- what is synced ------------------------------------------------------------------------------------------ */

typedef struct cr_order {
    ll_strs files, folders; /* written to, or with changed names, and not synced since */
    ll_strs bad;
    int step; /* steps reported done */
} cr_order;

/* A call of this kind, in the order in which they begin, on an absolute path. `to`: CR_RENAME: the new path; CR_PRINT: the
 * text. */
void cr_order_see(cr_order *o, cr_kind kind, const char *path, const char *to);
void cr_order_free(cr_order *o);

/* --- running ---------------------------------------------------------------------------------------------- */

enum { CR_TIMEOUT_S = 30 };

typedef struct cr_run {
    const char *program, *shim; /* shim NULL: without */
    const char *world;          /* absolute */
    const char *script;         /* in the world's log folder; stdout, stderr and page go there, too */
    const char *tag;            /* of these files: TAG.out, TAG.err */
    bool keep_going, count;     /* count: stop at the calls, for a fault or the counts */
    cr_fault fault;
    cr_order *order; /* looks on; NULL: nobody */
} cr_run;

typedef struct cr_outcome {
    int status;         /* of waitpid */
    bool timed_out;     /* and was killed for it */
    bool hit, killed;   /* the fault happened; it was a kill */
    int own_signal;     /* SIGSEGV and the like, in any of its processes; 0: none */
    char crash_at[300]; /* " at FILE+OFFSET" of that signal */
    char where[300];    /* the call that was hit */
    cr_counts counts;
} cr_outcome;

void cr_execute(const cr_run *run, cr_outcome *out);

/* --- the world -------------------------------------------------------------------------------------------- */

/* Folders home (HOME and the XDG folders below it), work (where the program runs) and log. */
char *cr_path(const char *world, const char *relative); /* the caller frees */
void cr_world_plant(const char *world);                 /* the strangers' files, the user's own tables */
void cr_copy(const char *from, const char *to); /* a whole folder, as cp -a; ends the driver on failure */
/* All that is there was written an hour ago. */
void cr_age(const char *world);
/* One line for each file of a stranger's: path, mode, content. */
void cr_strangers(const char *world, ll_strs *lines);
/* Every path below home and work, with numbers and hashes in it made one. */
void cr_shapes(const char *world, ll_strs *shapes);
bool cr_is_below(const char *path, const char *folder); /* it, or anything in it */
char *cr_read(const char *path);                        /* whole file, NULL when it is not there */
void cr_write(const char *path, const char *text);
_Noreturn void cr_stop(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- judging ---------------------------------------------------------------------------------------------- */

typedef struct cr_judge {
    const char *program;
    ll_strs steps;  /* the script's commands */
    ll_strs *after; /* (steps.n + 1) what there must be after so many of them: "thing\tstate" lines */
    ll_strs shapes; /* of all that a whole run may leave */
    ll_strs strangers;
} cr_judge;

/* What is there: datasets, sessions, tasks, results, files, sorted; and a line in `use` for each of them that loads
 * or opens it. A line in `bad` for what cannot be listed. */
void cr_observe(const cr_judge *j, const char *world, ll_strs *seen, ll_strs *use, ll_strs *bad);
/* Runs the lines of `use`, then the ordinary work of after.latlab; all of it must go well. */
void cr_use(const cr_judge *j, const char *world, const ll_strs *use, ll_strs *bad);
/* The lines of a script that are commands. */
void cr_script(const char *path, ll_strs *lines);
/* All of it: did the faulted run end as it may, and is what it left what it may leave? */
void cr_judge_trial(const cr_judge *j, const char *world, const cr_outcome *o, ll_strs *bad);

#endif
