#include "tui/faces/rescue.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/status.h"
#include "core/base/system/fs.h"

static struct termios saved_modes;
static const char *_Atomic restore; /* NULL: the terminal is as it was */

void ll_rescue_terminal(const char *bytes, const struct termios *modes)
{
    atomic_store(&restore, NULL);
    if (!bytes) return;
    saved_modes = *modes;
    atomic_store(&restore, bytes);
}

void ll_rescue_bring_back(void)
{
    const char *bytes = atomic_load(&restore);
    if (!bytes) return;
    ssize_t n = write(STDOUT_FILENO, bytes, strlen(bytes));
    (void)n;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
}

void ll_leave_at_once(int status)
{
    ll_rescue_bring_back();
    ll_writers_drop();
    _exit(status);
}

/* One thread says it; another that finds no memory either waits here for the end. */
static void on_out_of_memory(size_t bytes)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    char amount[80] = "", text[200];
    while (atomic_flag_test_and_set(&said)) pause();
    ll_rescue_bring_back();
    if (bytes == SIZE_MAX)
        snprintf(amount, sizeof amount, ": more bytes were asked for than there can be");
    else if (bytes)
        snprintf(amount, sizeof amount, ": %zu bytes were asked for", bytes);
    int n = snprintf(text, sizeof text, "latlab: out of memory%s; what was saved before is whole\n", amount);
    ssize_t written = write(STDERR_FILENO, text, (size_t)n);
    (void)written;
    ll_leave_at_once(LL_NO_MEMORY);
}

void ll_rescue_start(void)
{
    ll_out_of_memory = on_out_of_memory;
}
