/* Tables as text: RFC 4180 and the dialects people really have (byte order mark, CRLF, ';' or tab, a first line "sep=;",
 * '#' comments).
 *
 * Text is UTF-8 on both ways; a file that is not is read as Latin-1 where its bytes are no UTF-8, and says so.
 *
 * A spreadsheet runs what begins with = + - @, a tab or a line break (or the full-width forms of these): a device called
 * "=cmd|..." would be a command of the one who looks at an export. ll_csv_write puts an apostrophe before such a text
 * unless it is a number, and one more before a text that looks so written already ('=x); reading takes exactly that
 * apostrophe away again, so that what was written is read. */
#ifndef LL_BASE_TEXT_CSV_H
#define LL_BASE_TEXT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/status.h"
#include "core/base/system/stream.h"

typedef struct ll_csv {
    char *what; /* names the file in messages */
    char *text; /* owned; cells are cut out of it in place */
    char *at, *end;
    const char *record; /* where the current record begins */
    char separator;
    int line; /* line (from 1; 0: names that no line has) where the current record begins */
    int next_line;
    bool repaired; /* some bytes were no UTF-8 and were read as Latin-1 */
    bool remark;   /* the window ended in a comment, of which there is more */
    ll_stream *in; /* where more comes from; NULL: the text is all there is */
    char **cells;  /* of the current record, NUL-terminated, unquoted, without a guarding apostrophe */
    int n, cap;
} ll_csv;

/* The separator is the one of ',', ';' and tab that the first record has most of. LL_BAD_DATA: not readable,
 * UTF-16, a NUL byte (not a text file), or a kind of file that is no table (named: gzip, a spreadsheet, JSON, ...). */
ll_status ll_csv_open(ll_csv *c, const char *path, ll_error *e);
/* The same of a file or pipe of any length (NULL: the standard input) that is never in memory as a whole: a record may
 * have LL_CSV_STREAM_RECORD bytes, and what is no UTF-8 stays as it is. The text of a record lives until the next one. */
enum { LL_CSV_STREAM_RECORD = 1 << 16 };
ll_status ll_csv_open_stream(ll_csv *c, const char *path, ll_error *e);
ll_status ll_csv_open_text(ll_csv *c, const char *what, const char *text, size_t n, ll_error *e);
/* The same of a text on the heap, NUL behind its n bytes, which is taken over in any case. */
ll_status ll_csv_open_owned(ll_csv *c, const char *what, char *text, size_t n, ll_error *e);
/* The next record that is neither empty nor a comment. *more is false at the end. LL_BAD_DATA with file and
 * line: a quote that never ends, text behind a closing quote, a record of more than 64 MiB or a million
 * cells. */
ll_status ll_csv_next(ll_csv *c, bool *more, ll_error *e);
/* A look at the record that ll_csv_next will give, in *next, to be closed; false: there is none, or it is longer than
 * LL_CSV_STREAM_RECORD or cannot be read. Not for streams. */
bool ll_csv_peek(const ll_csv *c, ll_csv *next);
/* Cell of the current record with this text (any case), -1. */
int ll_csv_column(const ll_csv *c, const char *name);
/* The one with the first of these texts that there is; NULL behind the last. */
int ll_csv_column_among(const ll_csv *c, const char *const *names);
/* LL_BAD_DATA "file: line N: ..." */
ll_status ll_csv_fail(const ll_csv *c, ll_error *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void ll_csv_close(ll_csv *c);

/* Writes one cell of text: quoted where RFC 4180 asks for it, guarded against spreadsheets. */
void ll_csv_write(FILE *f, const char *text);
/* A number in the shortest form that reads back the same; NaN is an empty cell. */
void ll_csv_write_number(FILE *f, double x);
void ll_csv_write_rounded(FILE *f, double x); /* nine digits of it: decimal.h */

#endif
