/* The test harness: a test program is a list of cases; each check counts, a failed one says where and what.
 * The program prints one line per case and ends with "name: N passed, N failed, N skipped"; its exit status
 * is 1 when anything failed. */
#ifndef LL_TESTS_CHECK_H
#define LL_TESTS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct check_case {
    const char *name;
    void (*run)(void);
} check_case;

/* Runs all cases, or those whose name contains argv[1]. HOME and the XDG folders are check_tmpdir() by then, and of the
 * user's locale, terminal, mask and LATLAB_ variables nothing is left. */
int check_main(const char *program, const check_case *cases, int argc, char **argv);
bool check_report(bool good, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Whether the suite runs under this sanitizer, "asan" or "tsan" (NULL: under any), which makes it several times slower. What one
 * thread does alone need not be done under "tsan". */
bool check_under(const char *sanitizer);
int check_failed(void); /* failures of the running case so far: for a child to say as its exit status */
/* Marks the running case as skipped, loudly. */
void check_skip(const char *why);
/* Path of a file under ../shared, or NULL after check_skip() when it is not there. Static buffer. */
const char *check_shared(const char *path);
/* Fresh folder below $TMPDIR, else /tmp, that is removed at exit. Static buffer, the same for the whole program. */
const char *check_tmpdir(void);
/* A path at which nothing is, nor its folder: below check_tmpdir(). Static buffer. */
const char *check_missing(void);

/* From here on modes hold for this process, also when it is root's (for a child: there is no way back). It stays root:
 * another user would not find the tests' folder everywhere. */
bool check_obey_modes(void);

#define CHECK(cond)      check_report((cond), __FILE__, __LINE__, "%s", #cond)
#define CHECK_OK(status) check_report((status) == 0 /* LL_OK */, __FILE__, __LINE__, "%s", #status)
#define CHECK_INT(a, b)                                                                                      \
    do {                                                                                                     \
        long long a_ = (long long)(a), b_ = (long long)(b);                                                  \
        check_report(a_ == b_, __FILE__, __LINE__, "%s is %lld, expected %lld", #a, a_, b_);                 \
    } while (0)
#define CHECK_NEAR(a, b, tolerance)                                                                          \
    do {                                                                                                     \
        double a_ = (double)(a), b_ = (double)(b);                                                           \
        check_report(fabs(a_ - b_) <= (tolerance) || (isnan(a_) && isnan(b_)), __FILE__, __LINE__,           \
                     "%s is %.12g, expected %.12g", #a, a_, b_);                                             \
    } while (0)
#define CHECK_STR(a, b)                                                                                      \
    do {                                                                                                     \
        const char *a_ = (a), *b_ = (b);                                                                     \
        check_report(a_ &&b_ && !strcmp(a_, b_), __FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #a,    \
                     a_ ? a_ : "(null)", b_ ? b_ : "(null)");                                                \
    } while (0)
#define CHECK_HAS(text, part)                                                                                \
    do {                                                                                                     \
        const char *a_ = (text), *b_ = (part);                                                               \
        check_report(a_ &&strstr(a_, b_), __FILE__, __LINE__, "\"%s\" should hold \"%s\"",                   \
                     a_ ? a_ : "(null)", b_);                                                                \
    } while (0)

#endif
