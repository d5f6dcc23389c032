#include "tui/faces/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "tui/faces/rescue.h"

/* Signals become bytes in a pipe, so that they are handled between other things, never amid them. */
static int signal_pipe[2] = {-1, -1};
static const int caught[] = {SIGINT, SIGWINCH, SIGTSTP, SIGTERM, SIGHUP};
enum { N_CAUGHT = sizeof caught / sizeof *caught, EVENTS_AT_ONCE = 256 };

/* Signals that ask the face to stop what it does. The face's own thread is in an event or a key, perhaps in a file that
 * does not come: readers ask is_asked(); a second SIGTERM, and any that finds one waiting for a second, ends at once. */
static volatile sig_atomic_t asked, terminations;
static volatile time_t asked_at;

static bool asks_to_stop(int sig)
{
    return sig == SIGINT || sig == SIGTERM || sig == SIGHUP;
}

static time_t seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void note_wish(int sig)
{
    if (asked && seconds() > asked_at + 1) ll_leave_at_once(128 + sig);
    if (sig != SIGINT && terminations++) ll_leave_at_once(128 + sig);
    if (!asked) asked_at = seconds();
    asked = 1;
}

static bool is_asked(void *ctx)
{
    return asked;
}

static void on_signal(int sig)
{
    int kept = errno;
    if (asks_to_stop(sig)) note_wish(sig);
    unsigned char byte = (unsigned char)sig;
    if (write(signal_pipe[1], &byte, 1) < 0) errno = 0; /* full: the same signals wait there already */
    errno = kept;
}

static void catch_signals(struct sigaction *old)
{
    if (signal_pipe[0] < 0 && pipe2(signal_pipe, O_NONBLOCK | O_CLOEXEC) < 0) return;
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    for (int i = 0; i < N_CAUGHT; i++) sigaction(caught[i], &sa, &old[i]);
}

static void take_signals(const ll_loop_face *face, void *ctx)
{
    unsigned char byte;
    asked = 0;
    while (read(signal_pipe[0], &byte, 1) == 1) face->signal(ctx, byte);
}

static void take_events(ll_app *app, const ll_loop_face *face, void *ctx, const bool *stop)
{
    cJSON *event;
    for (int i = 0; i < EVENTS_AT_ONCE && !*stop && (event = ll_app_next(app)); i++) {
        face->event(ctx, event);
        cJSON_Delete(event);
    }
}

void ll_loop_run(ll_app *app, const ll_loop_face *face, void *ctx, const bool *stop)
{
    static const ll_observer wish = {.cancelled = is_asked};
    struct sigaction old[N_CAUGHT];
    const ll_observer *outer = ll_interrupt_watch(&wish);
    catch_signals(old);
    while (!*stop) {
        struct pollfd fds[] = {
            {STDIN_FILENO, POLLIN, 0}, {ll_app_fd(app), POLLIN, 0}, {signal_pipe[0], POLLIN, 0}};
        face->settled(ctx);
        if (*stop) break;
        if (poll(fds, 3, face->timeout_ms(ctx)) < 0 && errno != EINTR) break;
        if (fds[2].revents) take_signals(face, ctx);
        if (fds[0].revents & POLLIN && !*stop)
            face->input(ctx);
        else if (fds[0].revents & (POLLHUP | POLLERR))
            break; /* the terminal is gone */
        if (fds[1].revents) take_events(app, face, ctx, stop);
    }
    for (int i = 0; i < N_CAUGHT; i++) sigaction(caught[i], &old[i], NULL);
    ll_interrupt_watch(outer);
}

static bool shell_waits(void)
{
    pid_t parent = getppid();
    return getsid(parent) == getsid(0) && getpgid(parent) != getpgrp();
}

bool ll_loop_suspend(void)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, old;
    if (!shell_waits()) return false;
    sigaction(SIGTSTP, &stop, &old);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &old, NULL);
    return true;
}
