#include "tui/faces/pager.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/str.h"
#include "tui/faces/terminal.h"

extern char **environ;

static const char *pager(void)
{
    const char *own = getenv("PAGER");
    if (!own) return "less";
    return strcmp(own, "cat") ? own : "";
}

static bool is_longer(const char *text, int rows)
{
    int lines = 0;
    for (; *text && lines < rows; text++) lines += *text == '\n';
    return lines >= rows;
}

static bool typed_ahead(void)
{
    struct pollfd keyboard = {STDIN_FILENO, POLLIN, 0};
    return poll(&keyboard, 1, 0) != 0;
}

bool ll_pager_wanted(const char *text)
{
    int rows = isatty(STDIN_FILENO) ? ll_terminal_height(STDOUT_FILENO) : 0;
    return rows && *pager() && is_longer(text, rows) && !typed_ahead();
}

/* The text as a file to read from: a pager that is left early breaks no pipe. */
static int as_file(const char *text, size_t len)
{
    int fd = memfd_create("answer", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < len;) {
        ssize_t n = write(fd, text + done, len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd;
}

/* Quit where all fits one screen, colours as they are, no second screen that hides the answer afterwards. */
static char *command_line(void)
{
    ll_str s = {0};
    ll_str_addf(&s, "export LESS=\"${LESS-FIRX}\"; %s", pager());
    return ll_str_take(&s);
}

static bool start(int text, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t defaults;
    char *line = command_line(), *argv[] = {(char *)"sh", (char *)"-c", line, NULL};
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, text, STDIN_FILENO);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigdefault(&how, &defaults);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(pid, "/bin/sh", &files, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    free(line);
    return !failed;
}

static bool has_run(pid_t pid)
{
    enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 };
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return true;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return code != NOT_EXECUTABLE && code != NOT_FOUND;
}

bool ll_pager_show(const char *text, size_t len)
{
    /* Ctrl-C is the pager's; Ctrl-Z stops both, as the terminal's other programs */
    struct sigaction ignore = {.sa_handler = SIG_IGN}, stop = {.sa_handler = SIG_DFL}, interrupt, suspend;
    pid_t pid;
    int file = as_file(text, len);
    if (file < 0) return false;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGTSTP, &stop, &suspend);
    bool shown = start(file, &pid) && has_run(pid);
    sigaction(SIGTSTP, &suspend, NULL);
    sigaction(SIGINT, &interrupt, NULL);
    close(file);
    return shown;
}
