/* The text of a key binding: {device} and its like become what is under the cursor.
 *
 * What stands there came with somebody's data, so where it goes decides how it is written:
 *   corr {device} metric={metric}    a word, or words, of a command line: quoted where they need it
 *   write x.csv 'corr {device}'      of a line within a line: quoted once more for the quotes around it
 *   corr '{device}'                  the same word, when its quotes are there already
 *   export csv {device}.csv          beside other text it is part of a file's name: a letter, digit, . _ - + or a visible
 *                                    character beyond ASCII stays, anything else (a '/', a blank) becomes '_'
 *   @card {device}                   the argument of an action: as it is; behind @command a line follows */
#ifndef LL_TUI_FACES_EXPAND_H
#define LL_TUI_FACES_EXPAND_H

#include "core/base/str.h"

/* Appends what stands for {name} as it would be typed: quoted words (core/base/text/quote.h). False: no such thing now. */
typedef bool (*ll_placeholder)(void *ctx, const char *name, ll_str *out);

/* Appends the text with every {name} put in; false as soon as there is none. */
bool ll_expand(const char *text, ll_placeholder get, void *ctx, ll_str *out);

#endif
