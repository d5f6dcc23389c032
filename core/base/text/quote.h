/* Command lines as text: splitting them, and the one way to put a word into one.
 *
 * A line is words between blanks; # begins a comment. '...' and "..." group; both may stand inside a word (x="a b").
 * A newline ends the line, whatever is open. Inside "..." (and only there) a backslash takes the meaning from what
 * follows: \" and \\ are these characters, \= is a '=' that makes no option of its word, \xHH is a byte; before
 * anything else it is a backslash.
 *
 * Law: splitting what ll_quote_word wrote gives back that word, whatever bytes it is made of, and in a list (a,b) and
 * as a pattern (x*) the word means itself. What it writes is UTF-8 on one line with nothing hidden in it (utf8.h),
 * so that it may be shown, kept in a history and typed into. */
#ifndef LL_BASE_TEXT_QUOTE_H
#define LL_BASE_TEXT_QUOTE_H

#include <stdarg.h>

#include "core/base/status.h"
#include "core/base/str.h"

/* What is open at some place of a line: zero-initialise, step over every byte. */
typedef struct ll_quotes {
    char open;   /* ' or " or 0 */
    bool behind; /* a backslash inside "..." */
} ll_quotes;
/* True: c belongs to something quoted, the quotes themselves included. */
bool ll_quotes_step(ll_quotes *q, char c);
bool ll_is_blank(char c); /* what stands between words, in every locale the same */

/* Split a script or a -c argument into lines at ';' and newlines outside quotes; comments are kept as lines. */
void ll_split_lines(const char *text, ll_strs *lines);
/* Words of a line. LL_USAGE on an unfinished quote; the words before it are there. */
ll_status ll_split_words(const char *line, ll_strs *words, ll_error *e);
/* Where the last word of the line begins, finished or not; its length when it ends in a blank. */
size_t ll_last_word(const char *line);

/* Append `word` so that ll_split_words gives it back; as it is where that will do. */
void ll_quote_word(ll_str *out, const char *word);
/* A command line by a format of which every %s is one word, quoted, and %d a number; %% is a percent sign. */
void ll_quote_addv(ll_str *out, const char *fmt, va_list ap);
void ll_quote_addf(ll_str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append `text` where `open` (' or ") is open already: it is part of that word. 0: as it is. */
void ll_quote_inside(ll_str *out, const char *text, char open);

/* Marked words, for who must know what was quoted: a backslash says that the next character stands for
 * itself. In quotes these are blanks , * ? and in any case backslashes and what stood behind one; so
 * "a, b" is the marked word a\,\ b and its comma separates nothing. Splitting never fails: *open tells what
 * was never closed (NULL: nobody asks). */
void ll_split_marked(const char *line, ll_strs *words, char *open);
char *ll_unmarked(const char *marked); /* the word itself; the caller frees */
char *ll_marked(const char *plain);    /* as if typed outside quotes; the caller frees */
bool ll_is_marked(const char *marked);
/* The first c that is not marked, NULL when there is none. */
const char *ll_find_unmarked(const char *marked, char c);
/* Parts between unmarked commas, still marked; empty ones are dropped. */
void ll_split_list(const char *marked, ll_strs *parts);
/* Append a name to such a list, marked so that it comes out as it is. */
void ll_list_add(ll_str *list, const char *name);
void ll_list_read(const char *marked, ll_strs *names); /* its names, unmarked */

#endif
