/* Keys from a file (LATLAB_KEYS), played while nothing runs: a demonstration, or a test. Words are names of
 * keys
 * ("Down", "C-l", "a"); a line that begins with ':' is typed at the command line and entered; '#' is a
 * comment. */
#ifndef LL_TUI_SCREEN_KEYFILE_H
#define LL_TUI_SCREEN_KEYFILE_H

#include "core/base/str.h"

typedef struct ll_keyfile {
    ll_strs keys;
    int next;
} ll_keyfile;

void ll_keyfile_parse(ll_keyfile *k, const char *text);
const char *ll_keyfile_next(ll_keyfile *k); /* NULL: all played */
void ll_keyfile_free(ll_keyfile *k);

#endif
