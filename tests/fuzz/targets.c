/* The registry: a new target is a file fuzz_NAME.c, its name here and seeds in corpus/NAME. */
#include "tests/fuzz/fuzz.h"

#define TARGETS(X)                                                                                           \
    X(pickle)                                                                                                \
    X(zip)                                                                                                   \
    X(torch)                                                                                                 \
    X(torch_legacy)                                                                                          \
    X(npy)                                                                                                   \
    X(safetensors)                                                                                           \
    X(model)                                                                                                 \
    X(csv)                                                                                                   \
    X(import)                                                                                                \
    X(dataset)                                                                                               \
    X(session)                                                                                               \
    X(line)                                                                                                  \
    X(quote)                                                                                                 \
    X(keys)                                                                                                  \
    X(lesson)                                                                                                \
    X(config)                                                                                                \
    X(space)                                                                                                 \
    X(space_file)                                                                                            \
    X(costs)

#define DECLARE(NAME) extern const ll_fuzz_target ll_fuzz_##NAME;
#define LIST(NAME)    &ll_fuzz_##NAME,
TARGETS(DECLARE)
const ll_fuzz_target *const ll_fuzz_targets[] = {TARGETS(LIST) NULL};
