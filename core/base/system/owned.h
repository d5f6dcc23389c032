/* Folders that latlab makes, replaces and removes. They are recognised by what is in them, never by their name alone,
 * and removed file by file: what latlab did not make is in the way, a sentence says so, and nothing is changed.
 *
 * A folder is made in a work folder of one's own beside its place (its name cannot be guessed, a lock in it says that
 * its maker is alive), and takes its place whole. What a killed process left is removed by the next one. */
#ifndef LL_BASE_SYSTEM_OWNED_H
#define LL_BASE_SYSTEM_OWNED_H

#include <stdbool.h>

#include "core/base/status.h"

/* What a kind of folder holds. Any other entry, a link or a pipe of a listed name included, is a stranger's. */
typedef struct ll_owned_kind ll_owned_kind;
typedef struct ll_owned_entry {
    const char *name;                        /* a pattern of fnmatch(3); letters as they are */
    const ll_owned_kind *folder;             /* NULL: a plain file; else a folder of this kind */
    bool (*made)(int dir, const char *name); /* asked too, of a finished folder; NULL: the name is enough */
} ll_owned_entry;
struct ll_owned_kind {
    const char *what;        /* "dataset": for sentences */
    bool (*marked)(int dir); /* does the open folder hold the mark of a finished one? NULL: it needs none */
    const ll_owned_entry *entries; /* the mark's file first: it is removed last; ends with {0} */
};

/* LL_OK: nothing is there, or a folder of this kind and nothing else. LL_FAILED says what is in the way. */
ll_status ll_owned_check(const char *path, const ll_owned_kind *kind, ll_error *e);
/* Removes such a folder. A failure of the check leaves everything as it was; nothing there is fine. */
ll_status ll_owned_remove(const char *path, const ll_owned_kind *kind, ll_error *e);

/* A folder while it is made. */
typedef struct ll_owned_work {
    const ll_owned_kind *kind;
    char *dir;   /* the folder that it will lie in */
    char *path;  /* the work folder in it, hidden */
    char *fresh; /* in that: an empty folder to fill; after the installation what was replaced, if anything */
    int lock;
} ll_owned_work;

/* Begins, in a folder that is made when it is missing; what killed processes left there is removed. Call
 * ll_owned_end() after LL_OK. */
ll_status ll_owned_begin(ll_owned_work *w, const char *dir, const ll_owned_kind *kind, ll_error *e);
/* Puts `fresh` in the place of PATH (in w->dir), at once where the file system can, and durably; it takes on the modes
 * of what was there. With `keep` (a path in w->dir or in a folder there, which is made) what was there is kept under that
 * path, in the place of what was kept before. Either must be free or of this kind. LL_FAILED: both are as they were. */
ll_status ll_owned_install(ll_owned_work *w, const char *path, const char *keep, ll_error *e);
void ll_owned_end(ll_owned_work *w); /* removes the work folder and what is left in it */

/* Removes what killed processes left in a folder, and puts back what they had moved aside: what is marked, and locked by
 * nobody. ll_owned_begin() does it too. */
void ll_owned_sweep(const char *dir, const ll_owned_kind *kind);

/* The names in this folder survive a power cut, where the file system can promise that. */
void ll_owned_sync(const char *path);

/* --- for its parts --- */

/* Removes PATH, the open folder `dir`, as it was left in the making: marks and `made` are not asked for. */
ll_status ll_owned_remove_unfinished(int dir, const char *path, const ll_owned_kind *kind, ll_error *e);

#endif
