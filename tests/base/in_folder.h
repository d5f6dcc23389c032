/* Files in the folder of a test: a path there, what is put into it, what it holds. */
#ifndef LL_TESTS_IN_FOLDER_H
#define LL_TESTS_IN_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "tests/check.h"

static ll_error e; /* of what was last tried */

/* A fresh folder for a case, and a path in it. Static buffers of the newest sixteen. */
static inline const char *in(const char *name)
{
    static char paths[16][4096];
    static int next;
    char *p = paths[next++ % 16];
    snprintf(p, sizeof paths[0], "%s/%s", check_tmpdir(), name);
    return p;
}

static inline ll_status put(const char *path, const char *text)
{
    e = (ll_error){0};
    return ll_write_file(path, text, strlen(text), &e);
}

static inline void holds(const char *path, const char *text)
{
    char *now = NULL;
    if (CHECK_OK(ll_read_file(path, 0, &now, NULL, &e))) CHECK_STR(now, text);
    free(now);
}

#endif
