/* The targets under libFuzzer: LATLAB_FUZZ names the one. */
#include <stdio.h>
#include <stdlib.h>

#include "core/num/blas.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const ll_fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("LATLAB_FUZZ");
    target = ll_fuzz_find(name ? name : "");
    if (!target) {
        fputs("LATLAB_FUZZ must name a target:", stderr);
        for (int i = 0; ll_fuzz_targets[i]; i++) fprintf(stderr, " %s", ll_fuzz_targets[i]->name);
        putc('\n', stderr);
        exit(2);
    }
    ll_blas_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    target->run(bytes, n);
    return 0;
}
