/* From a command line to a request: words and the typed options of a command. */
#ifndef LL_APP_PARSE_H
#define LL_APP_PARSE_H

#include "core/app/command.h"
#include "core/base/text/quote.h"

/* Fills args and more from words[1..], which are marked (core/base/text/quote.h). Both are initialised in any case; free both with ll_values_free. */
ll_status ll_parse_options(const ll_command *c, char *const *words, int n, ll_values *args, ll_values *more,
                           ll_error *e);
/* "corr?" and "? corr" are "help corr". Rewrites words in place. */
void ll_parse_question(ll_strs *words);

#endif
