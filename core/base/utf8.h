/* Text that came from outside: decoding it, and telling what of it may be shown.
 *
 * A name in somebody's file may hold bytes that are no UTF-8, control characters that a terminal obeys, marks that
 * turn the direction of writing round, or characters that leave no trace on the screen. Three places look at every
 * text, and they ask here: the cell of a canvas (tui/draw/canvas.h), the word of a command line (core/base/text/quote.h), the
 * string of a JSON text (core/base/text/json.h). */
#ifndef LL_BASE_UTF8_H
#define LL_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { LL_REPLACEMENT = 0xfffd }; /* U+FFFD: one column wide, stands for what cannot be shown */

/* Decodes one character; returns the bytes used, 0 at the end. What is malformed (a stray byte, an overlong form, a
 * surrogate, beyond U+10FFFF) is one byte long and reads as U+FFFD. */
int ll_utf8_next(const char *s, uint32_t *ch);
/* The same, and whether those bytes were UTF-8: a genuine U+FFFD is. */
int ll_utf8_read(const char *s, uint32_t *ch, bool *good);
void ll_utf8_add(ll_str *out, uint32_t ch);
bool ll_utf8_valid(const char *text);
/* `text` as UTF-8: a byte that belongs to no character is read as Latin-1, so that names that differ stay different.
 * Text that is valid comes out as it is. */
void ll_utf8_repair(ll_str *out, const char *text);

/* `text` as it may be shown: U+FFFD for every hidden character and every byte that is no UTF-8. */
void ll_utf8_visible(ll_str *out, const char *text);

/* A character that must not reach a terminal as it is: controls (C0, DEL, C1), line and paragraph separators, the
 * controls of writing direction, everything that is drawn as nothing (zero-width, fillers, tags, variation
 * selectors: Unicode's Default_Ignorable_Code_Point), noncharacters. Newline and tab are among them: who lays text
 * out in lines splits it before. */
bool ll_hidden(uint32_t ch);

/* Columns of a screen, as the locale's character set counts them: of a character 0, 1 or 2. */
int ll_char_width(uint32_t ch);
int ll_text_width(const char *s);

#endif
