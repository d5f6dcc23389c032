/* One child process: give it its input as a file, collect what it says, give up on it in time. */
#ifndef LL_PLOTS_PROCESS_H
#define LL_PLOTS_PROCESS_H

#include "core/base/observer.h"
#include "core/base/status.h"
#include "core/base/str.h"

typedef struct ll_process {
    char *const *argv; /* ends with NULL; argv[0] is looked for on PATH when it has no slash */
    const char *input;
    size_t input_len;
    double timeout_s;
    size_t most_output;          /* bytes on stdout + stderr it may write */
    const ll_observer *observer; /* asked every 20 ms; may be NULL */
} ll_process;

/* Runs it to its end in a process group of its own, with the C.UTF-8 locale, default signals and no
 * descriptor but 0, 1, 2. `out` and `err` receive what it wrote, also on failure. *exit_code: its exit
 * status, 128 + signal when it was killed. LL_FAILED: it cannot be started, does not end in timeout_s, or
 * writes too much; LL_CANCELLED. In all these cases the whole group is killed and waited for. Thread: any. */
ll_status ll_process_run(const ll_process *p, ll_str *out, ll_str *err, int *exit_code, ll_error *e);

#endif
