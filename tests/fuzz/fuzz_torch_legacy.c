/* What torch.save wrote before its zip: the part "pickle" is what was saved, "keys" the list of storages, each other part
 * the numbers of a float storage, whose count is made right, behind a sound front. Without parts: the whole file. */
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "data/formats/torch_legacy.h"
#include "data/formats/torchzip.h"
#include "tests/fuzz/fuzz.h"

static void pack(const ll_fuzz_part *parts, int count, ll_str *out)
{
    static const char info[] = "\x80\x02M\xe9\x03.\x80\x02}X\x0d\0\0\0little_endian\x88s.";
    static const unsigned char magic[] = {0x80, 2,   0x8a, 10,   'l', 0xfc, 0x9c, 'F',
                                          0xf9, ' ', 'j',  0xa8, 'P', 0x19, '.'};
    ll_str_addn(out, (const char *)magic, sizeof magic);
    ll_str_addn(out, info, sizeof info - 1);
    for (int i = 0; i < count; i++) {
        bool pickle = !strcmp(parts[i].name, "pickle") || !strcmp(parts[i].name, "keys");
        for (int b = 0; b < 8 && !pickle; b++) ll_str_addc(out, (char)(parts[i].n / 4 >> 8 * b));
        ll_str_addn(out, (const char *)parts[i].bytes, parts[i].n);
    }
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_fuzz_part parts[LL_FUZZ_PARTS];
    ll_str packed = {0};
    ll_tensors t = {0};
    ll_pickle p;
    ll_error e = {0};
    int count = ll_fuzz_split(bytes, n, parts);
    if (count)
        pack(parts, count, &packed);
    else
        ll_str_addn(&packed, (const char *)bytes, n);
    if (ll_fuzz_good(ll_torch_legacy_parse("fuzz", ll_str_text(&packed), packed.len, &p, &e), &e))
        ll_pickle_free(&p);
    char *path = ll_fuzz_path("fuzz.pth");
    ll_fuzz_file(path, (const uint8_t *)ll_str_text(&packed), packed.len);
    e = (ll_error){0};
    if (ll_fuzz_good(ll_torch_load_tensors(path, &t, &e), &e)) ll_tensors_free(&t);
    ll_str_free(&packed);
    free(path);
}

const ll_fuzz_target ll_fuzz_torch_legacy = {"torch_legacy", run};
