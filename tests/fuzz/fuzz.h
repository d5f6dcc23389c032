/* Fuzz targets. A target takes any bytes whatever and must neither crash, leak, run wild nor hang on them, nor break
 * a law it states. One file each, fuzz_NAME.c, with one record; libfuzzer.c calls them under libFuzzer,
 * tests/data/test_fuzz_corpus.c with what is stored in corpus/NAME and regressions/NAME. */
#ifndef LL_TESTS_FUZZ_H
#define LL_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device/dataset.h"

typedef struct ll_fuzz_target {
    const char *name;
    void (*run)(const uint8_t *bytes, size_t n);
} ll_fuzz_target;

extern const ll_fuzz_target *const ll_fuzz_targets[]; /* ends with NULL; targets.c */
const ll_fuzz_target *ll_fuzz_find(const char *name); /* NULL: none */

/* What must hold whatever came in: a sentence on stderr and abort() when it does not. */
#define LAW(holds, ...)                                                                                      \
    do {                                                                                                     \
        if (!(holds)) ll_fuzz_broken(__FILE__, __LINE__, __VA_ARGS__);                                       \
    } while (0)
_Noreturn void ll_fuzz_broken(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The law of everything that can fail: a failure has its own status and a sentence in *e. Returns whether s is LL_OK.
 * With LATLAB_FUZZ_SAY in the environment each sentence goes to stderr. */
bool ll_fuzz_good(ll_status s, const ll_error *e);

/* Folder for what a reader wants to have as a file: LATLAB_FUZZ_DIR, which whoever set it removes; else one of the
 * process's own that is removed at exit. In memory where the system has that. */
const char *ll_fuzz_dir(void);
char *ll_fuzz_path(const char *name); /* in that folder; the caller frees */
/* Plainly: no sync, which would take all the time. */
void ll_fuzz_file(const char *path, const uint8_t *bytes, size_t n);
char *ll_fuzz_read(const char *path, size_t *n);    /* whole; aborts when it is not there */
char *ll_fuzz_text(const uint8_t *bytes, size_t n); /* a string, up to the first NUL; free it */
/* A law: NaN is NaN. */
void ll_fuzz_same_numbers(const double *a, const double *b, size_t n, const char *what);

/* Inputs that are several files: a line "@@NAME" goes before each, the newline before the next is not of the file. */
enum { LL_FUZZ_PARTS = 16, LL_FUZZ_NAME = 32 };
typedef struct ll_fuzz_part {
    char name[LL_FUZZ_NAME];
    const uint8_t *bytes;
    size_t n;
} ll_fuzz_part;
int ll_fuzz_split(const uint8_t *bytes, size_t n, ll_fuzz_part parts[LL_FUZZ_PARTS]);

/* The dataset of tests/fuzz/toy.csv, sealed, the same one for the whole process: 24 cells of nasbench201, three devices.
 * Models, merges and sessions of the corpora are of it. */
const ll_dataset *ll_fuzz_toy(void);

#endif
