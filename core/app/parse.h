/* From a command line to a request: words, the command, its typed options. */
#ifndef LL_APP_PARSE_H
#define LL_APP_PARSE_H

#include "core/app/app.h"

/* The command of a line: exact name or alias, else LL_USAGE with the nearest name. */
ll_status ll_parse_command(const ll_app *a, const char *word, const ll_command **out, ll_error *e);
/* Fills args and more from words[1..], which are marked (core/base/quote.h). Both are initialised in any case; free both with ll_values_free. */
ll_status ll_parse_options(const ll_command *c, char *const *words, int n, ll_values *args, ll_values *more,
                           ll_error *e);
/* "corr?" and "? corr" are "help corr". Rewrites words in place. */
void ll_parse_question(ll_strs *words);

#endif
