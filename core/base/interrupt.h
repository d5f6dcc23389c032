/* The wish to stop, for code deep in a reader or a writer that is handed no observer: whoever runs a command says
 * once which observer speaks for the calling thread, and every loop below that may be long asks here.
 *
 *     while (more) {
 *         if (ll_interrupted()) return ll_interrupt_fail(e);
 *         ...
 *     }
 *
 * Asking costs a few nanoseconds: ask once a block, a row or a node, whatever takes far less than 100 ms. A pause
 * of the command holds its thread here as well. Thread: each thread has its own; on threads of the pool nobody is
 * watched, so the loop that hands out their work asks. */
#ifndef LL_BASE_INTERRUPT_H
#define LL_BASE_INTERRUPT_H

#include "core/base/observer.h"
#include "core/base/status.h"

/* From now on `o` (NULL: nobody) is asked on this thread; returns who was, to be put back. `o` is borrowed. */
const ll_observer *ll_interrupt_watch(const ll_observer *o);
bool ll_interrupted(void); /* the work of this thread is to stop; false when nobody is watched */
ll_status ll_interrupt_fail(ll_error *e); /* LL_CANCELLED with its sentence */

#endif
