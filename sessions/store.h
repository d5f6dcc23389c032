/* Blobs of a session: what a journal line is too short for, in files named by the hash of their content. A
 * blob is written once and never changed, so that any number of journal lines may name it. */
#ifndef LL_SESSIONS_STORE_H
#define LL_SESSIONS_STORE_H

#include "core/app/state.h"

/* Names of parts that are in the store already; it holds a reference of each. Zero-initialise. */
typedef struct ll_store_part {
    const void *part;
    void (*release)(const void *part);
    char *name;
} ll_store_part;
typedef struct ll_store {
    char *dir; /* ".../blobs"; made when the first blob is */
    ll_store_part *parts;
    int n_parts;
} ll_store;

void ll_store_move(ll_store *st, const char *dir); /* same blobs, other folder; NULL: nowhere yet */
void ll_store_forget(ll_store *st);                /* forgets the parts: the folder holds none of them */
void ll_store_free(ll_store *st);

/* Write unless it is there; *name is the blob's, borrowed from the store until the next call. */
ll_status ll_store_model(ll_store *st, const ll_model *m, const char **name, ll_error *e);
/* Without its model, which has a blob of its own. */
ll_status ll_store_adapted(ll_store *st, const ll_adapted *a, const char **name, ll_error *e);
ll_status ll_store_transfer(ll_store *st, const ll_transfer *t, const char **name, ll_error *e);
ll_status ll_store_found(ll_store *st, const ll_found *f, const char **name, ll_error *e);
ll_status ll_store_encoder(ll_store *st, const ll_encoder *c, const char **name, ll_error *e);
/* Which architectures the rows of a dataset are: n_archs x n_positions bytes. The caller frees *name. */
ll_status ll_store_genes(const ll_store *st, const ll_dataset *d, char **name, ll_error *e);
/* A dataset that no folder holds (a simulated device was added, ...), in the format of dataset folders. */
ll_status ll_store_dataset(ll_store *st, const ll_dataset *d, const char **name, ll_error *e);

/* Read back; the content must still have the hash it is named by (LL_BAD_DATA names the file). `data` may be NULL. */
ll_status ll_store_read_model(const char *dir, const char *name, const ll_dataset *data, ll_model **out,
                              ll_error *e);
ll_status ll_store_read_adapted(const char *dir, const char *name, const ll_model *model, ll_adapted **out,
                                ll_error *e);
ll_status ll_store_read_transfer(const char *dir, const char *name, int n_archs, ll_transfer **out,
                                 ll_error *e);
/* A result of that kind: "search", "codesign". */
ll_status ll_store_read_found(const char *dir, const char *name, const char *kind, ll_found **out,
                              ll_error *e);
ll_status ll_store_read_encoder(const char *dir, const char *name, ll_encoder **out, ll_error *e);
/* n bytes, for the caller to free. */
ll_status ll_store_read_genes(const char *dir, const char *name, size_t n, uint8_t **out, ll_error *e);

#endif
