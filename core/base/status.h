/* Status codes and error messages.
 *
 * Every function that can fail returns an ll_status and, on failure, leaves one sentence in the caller's
 * ll_error: it names the file, the line, the value and what was expected. The codes are the exit statuses of
 * the program, so that no face has to translate them. */
#ifndef LL_BASE_STATUS_H
#define LL_BASE_STATUS_H

typedef enum ll_status {
    LL_OK = 0,
    LL_FAILED = 1,    /* the command could not do what was asked (full disk, no samples, ...) */
    LL_USAGE = 2,     /* the command line is wrong */
    LL_BAD_DATA = 3,  /* a file or a value in it is wrong */
    LL_NO_MEMORY = 4, /* the machine has no memory left: the end of the program, never returned */
    LL_LATER =
        75, /* stopped before its end with everything safe: the same command goes on (EX_TEMPFAIL of sysexits.h) */
    LL_CANCELLED = 130, /* the user asked to stop */
} ll_status;

typedef struct ll_error {
    ll_status status;
    char message[1024]; /* one sentence, no newline, no full stop; empty when status is LL_OK */
} ll_error;

/* Store a message and return `status`, so that a failing function can `return ll_fail(...)`. `e` may
 * be NULL. */
ll_status ll_fail(ll_error *e, ll_status status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put context ("file: line: ") before a message that a callee left; returns e->status, LL_FAILED where e is NULL. */
ll_status ll_fail_in(ll_error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "ok", "failed", "cancelled": the word used in END events. */
const char *ll_status_word(ll_status status);

#endif
