/* Zip archives as they come: directory, members, and as a file of torch.save. (The CRC-32 of the members keeps damage
 * from what is inside; that is what the targets pickle and torch are for.) */
#include <stdlib.h>

#include "data/formats/torchzip.h"
#include "tests/fuzz/fuzz.h"

static void unpack(const uint8_t *bytes, size_t n)
{
    ll_zip z;
    ll_error e = {0};
    ll_budget budget = ll_budget_for(LL_READER_PICKLE, n);
    if (!ll_fuzz_good(ll_zip_open(bytes, n, &z, &e), &e)) return;
    for (int i = 0; i < z.n_members && i < 8; i++) {
        char *member = NULL;
        e = (ll_error){0};
        if (ll_fuzz_good(ll_zip_unpack(&z, &z.v[i], &budget, &member, &e), &e)) free(member);
    }
    ll_zip_free(&z);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_pickle p;
    ll_error e = {0};
    unpack(bytes, n);
    if (ll_fuzz_good(ll_torch_parse("fuzz", bytes, n, &p, &e), &e)) ll_pickle_free(&p);
}

const ll_fuzz_target ll_fuzz_zip = {"zip", run};
