/* An answer that is longer than the terminal, in $PAGER (less unless it says otherwise; empty or cat: none). */
#ifndef LL_TUI_FACES_PAGER_H
#define LL_TUI_FACES_PAGER_H

#include <stdbool.h>
#include <stddef.h>

/* Is stdin and stdout a terminal that this text is too long for, with nothing typed ahead, and is there a pager? What was
 * typed ahead is meant for the prompt: a pager would take it for its keys. */
bool ll_pager_wanted(const char *text);
/* Runs the pager to its end in the foreground. False: it did not start, so nothing was shown. The caller has put the
 * terminal into its ordinary modes. */
bool ll_pager_show(const char *text, size_t len);

#endif
