/* Inside of the pickle parser: the stack machine (pickle.c) and the constructors it
 * knows (pickle_globals.c). */
#ifndef LL_DATA_FORMATS_PICKLE_MACHINE_H
#define LL_DATA_FORMATS_PICKLE_MACHINE_H

#include <stdint.h>

#include "data/formats/pickle.h"

typedef struct ll_pickle_machine {
    const uint8_t *bytes;
    size_t n, at, started; /* started: where the running opcode began */
    ll_arena *arena;
    ll_budget *budget; /* of the arena, the stack, the marks and the memo */
    ll_pickled **stack;
    size_t depth, stack_cap;
    size_t *marks; /* stack depths */
    size_t n_marks, marks_cap;
    ll_pickled **memo; /* NULL where nothing was put */
    size_t memo_cap, n_memo;
    const ll_pickle_storages *storages;
    ll_error *e;
} ll_pickle_machine;

enum { LL_HALF = 1, LL_BFLOAT };
typedef struct ll_pickle_global ll_pickle_global;
struct ll_pickle_global {
    const char *module, *name;
    /* Calls it with a tuple of arguments; NULL: it can only be an argument itself. */
    ll_status (*call)(ll_pickle_machine *m, const ll_pickle_global *g, const ll_pickled *args,
                      ll_pickled **out);
    ll_dtype dtype; /* of a torch storage type */
    int narrow;     /* its numbers are of 2 bytes: LL_HALF, LL_BFLOAT */
    bool storage;
};

/* Fails with the byte position. */
ll_status ll_pickle_fail(ll_pickle_machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
ll_status ll_pickle_push(ll_pickle_machine *m, ll_pickled *v); /* NULL: over the budget */
/* The bytes to the next line feed, which is passed over. */
ll_status ll_pickle_take_line(ll_pickle_machine *m, const char **s, size_t *n);
ll_status ll_pickle_memo_put(ll_pickle_machine *m, uint64_t i);
ll_status ll_pickle_memo_get(ll_pickle_machine *m, uint64_t i);

/* --- opcodes of protocols 0 and 1 (pickle_text.c) --- */

ll_status ll_pickle_text_int(ll_pickle_machine *m, int is_long);
ll_status ll_pickle_text_float(ll_pickle_machine *m, int arg);
ll_status ll_pickle_text_string(ll_pickle_machine *m, int unicode);
ll_status ll_pickle_text_put(ll_pickle_machine *m, int arg);
ll_status ll_pickle_text_get(ll_pickle_machine *m, int arg);

/* Zeroed memory of the arena, NULL (with the message left) when over the budget. */
void *ll_pickle_alloc(ll_pickle_machine *m, size_t bytes);
ll_pickled *ll_pickle_new(ll_pickle_machine *m, ll_pickled_kind kind);

const ll_pickle_global *ll_pickle_global_find(const char *module, size_t module_len, const char *name,
                                              size_t name_len);
/* BUILD: give the state to an object; only the kinds with a known meaning take one. */
ll_status ll_pickle_build(ll_pickle_machine *m, ll_pickled *object, const ll_pickled *state);
/* The tuple ("storage", type, key, location, count) of a torch file, with a None behind it in an old one. */
ll_status ll_pickle_persistent(ll_pickle_machine *m, const ll_pickled *id, ll_pickled **out);

#endif
