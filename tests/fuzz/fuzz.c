#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/importers/import.h"

/* --- laws --- */

void ll_fuzz_broken(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s:%d: a law is broken: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    putc('\n', stderr);
    abort();
}

bool ll_fuzz_good(ll_status s, const ll_error *e)
{
    LAW(s == LL_OK || (e->status == s && *e->message), "status %d, the error says %d \"%s\"", (int)s,
        (int)e->status, e->message);
    if (getenv("LATLAB_FUZZ_SAY")) fprintf(stderr, "%s\n", s ? e->message : "accepted");
    return s == LL_OK;
}

void ll_fuzz_same_numbers(const double *a, const double *b, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        LAW(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])), "%s: number %zu was %.17g and is %.17g", what, i,
            a[i], b[i]);
}

/* --- files --- */

static char own_dir[64];

static void remove_own_dir(void)
{
    ll_remove_tree(own_dir, NULL);
}

const char *ll_fuzz_dir(void)
{
    const char *given = getenv("LATLAB_FUZZ_DIR");
    if (given && *given) return given;
    if (*own_dir) return own_dir;
    snprintf(own_dir, sizeof own_dir, "%s/latlab-fuzz-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(own_dir)) abort();
    atexit(remove_own_dir);
    return own_dir;
}

char *ll_fuzz_path(const char *name)
{
    return ll_path_join(ll_fuzz_dir(), name);
}

void ll_fuzz_file(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || (n && fwrite(bytes, 1, n, f) != n) || fclose(f)) abort();
}

char *ll_fuzz_read(const char *path, size_t *n)
{
    char *text = NULL;
    ll_error e = {0};
    LAW(!ll_read_file(path, 0, &text, n, &e), "%s", e.message);
    return text;
}

char *ll_fuzz_text(const uint8_t *bytes, size_t n)
{
    char *text = ll_alloc(n + 1, 1);
    if (n) memcpy(text, bytes, n);
    return text;
}

/* --- several files in one input --- */

/* Where a line "@@" begins at or behind `at`; n when there is none. */
static size_t next_mark(const uint8_t *bytes, size_t n, size_t at)
{
    for (; at + 2 <= n; at++)
        if (bytes[at] == '@' && bytes[at + 1] == '@' && (!at || bytes[at - 1] == '\n')) return at;
    return n;
}

int ll_fuzz_split(const uint8_t *bytes, size_t n, ll_fuzz_part parts[LL_FUZZ_PARTS])
{
    int count = 0;
    for (size_t at = next_mark(bytes, n, 0); at < n && count < LL_FUZZ_PARTS;) {
        const uint8_t *end = memchr(bytes + at, '\n', n - at);
        size_t name = at + 2, begin = end ? (size_t)(end - bytes) + 1 : n,
               length = begin - name - (end ? 1 : 0);
        ll_fuzz_part *p = &parts[count++];
        if (length >= LL_FUZZ_NAME) length = LL_FUZZ_NAME - 1;
        memcpy(p->name, bytes + name, length);
        p->name[length] = 0;
        at = next_mark(bytes, n, begin);
        p->bytes = bytes + begin;
        p->n = at < n && at > begin ? at - begin - 1 : at - begin;
    }
    return count;
}

/* --- the toy --- */

static ll_dataset *toy;

static void free_toy(void)
{
    ll_dataset_unref(toy);
}

const ll_dataset *ll_fuzz_toy(void)
{
    if (toy) return toy;
    ll_import job = {
        .path = "tests/fuzz/toy.csv", .name = "toy", .space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_error e = {0};
    LAW(!ll_import_csv(&job, &toy, &e), "%s", e.message);
    ll_strs_free(&job.notes);
    atexit(free_toy);
    return toy;
}

/* --- registry --- */

const ll_fuzz_target *ll_fuzz_find(const char *name)
{
    for (int i = 0; ll_fuzz_targets[i]; i++)
        if (!strcmp(ll_fuzz_targets[i]->name, name)) return ll_fuzz_targets[i];
    return NULL;
}
