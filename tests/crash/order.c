/* What a power cut could take back. A kill leaves what the kernel has; after a power cut there is only what was synced.
 * Seen in a run without a fault: what is renamed into its place was synced before, and when a step is reported done all
 * that it wrote is synced, the folders in which names changed included. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/crash/crash.h"

/* Files that promise less, or have their own way of keeping the promise (tests/RELIABILITY.md). */
static bool promises_less(const char *path)
{
    static const char *const endings[] = {"/lock",           ".lock",       ".runs",      ".sqlite",
                                          ".sqlite-journal", ".sqlite-wal", ".sqlite-shm"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t m = strlen(endings[i]);
        if (n >= m && !strcmp(path + n - m, endings[i])) return true;
    }
    return false;
}

static void add(ll_strs *list, const char *path)
{
    if (!ll_strs_has(list, path)) ll_strs_add(list, path);
}

static void forget(ll_strs *list, int i)
{
    free(list->v[i]);
    memmove(&list->v[i], &list->v[i + 1], (size_t)(--list->n - i) * sizeof *list->v);
}

static void forget_below(ll_strs *list, const char *folder)
{
    for (int i = list->n - 1; i >= 0; i--)
        if (cr_is_below(list->v[i], folder)) forget(list, i);
}

static void add_parent(ll_strs *list, const char *path)
{
    char *parent = ll_strdup(path), *slash = strrchr(parent, '/');
    if (slash && slash != parent) {
        *slash = 0;
        add(list, parent);
    }
    free(parent);
}

static void complain(cr_order *o, const char *path, const char *what)
{
    ll_str text = {0};
    ll_str_addf(&text, "step %d: %s %s", o->step, path, what);
    ll_strs_take(&o->bad, ll_str_take(&text));
}

static void see_rename(cr_order *o, const char *from, const char *to)
{
    for (int i = 0; i < o->files.n; i++)
        if (cr_is_below(o->files.v[i], from) && !promises_less(o->files.v[i]))
            complain(o, o->files.v[i], "is renamed before it is synced");
    forget_below(&o->files, from);
    forget_below(&o->folders, from);
    add_parent(&o->folders, to);
}

static void see_done(cr_order *o)
{
    o->step++;
    for (int i = 0; i < o->files.n; i++)
        if (!promises_less(o->files.v[i]))
            complain(o, o->files.v[i], "is not synced when the step is reported done");
    for (int i = 0; i < o->folders.n; i++)
        complain(o, o->folders.v[i], "has new names that are not synced when the step is reported done");
    ll_strs_free(&o->files);
    ll_strs_free(&o->folders);
}

void cr_order_see(cr_order *o, cr_kind kind, const char *path, const char *to)
{
    switch (kind) {
    case CR_WRITE:
        add(&o->files, path);
        break;
    case CR_SYNC:
        for (int i = o->files.n - 1; i >= 0; i--)
            if (!strcmp(o->files.v[i], path)) forget(&o->files, i);
        for (int i = o->folders.n - 1; i >= 0; i--)
            if (!strcmp(o->folders.v[i], path)) forget(&o->folders, i);
        break;
    case CR_RENAME:
        see_rename(o, path, to);
        break;
    case CR_UNLINK:
        forget_below(&o->files, path);
        forget_below(&o->folders, path);
        break;
    case CR_PRINT:
        if (to && strstr(to, "\"event\":\"end\"")) see_done(o);
        break;
    default:
        break;
    }
}

void cr_order_free(cr_order *o)
{
    ll_strs_free(&o->files);
    ll_strs_free(&o->folders);
    ll_strs_free(&o->bad);
}
