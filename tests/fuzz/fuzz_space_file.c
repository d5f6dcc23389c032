/* Files that define search spaces. What is accepted builds networks or says why not, and strings lead back to genes. */
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "tests/fuzz/fuzz.h"

enum { NAMES = 32, GENES = 8 };

/* Spaces live as long as the process: there are few names, and what comes later under one is read, checked and refused. */
static void rename_space(cJSON *item, const uint8_t *bytes, size_t n)
{
    unsigned sum = 0;
    char name[32];
    for (size_t i = 0; i < n; i++) sum = 31 * sum + bytes[i];
    snprintf(name, sizeof name, "fuzz-file-%u", sum % NAMES);
    if (cJSON_GetObjectItemCaseSensitive(item, "name"))
        cJSON_ReplaceItemInObjectCaseSensitive(item, "name", ll_json_string(name));
}

static void check_gene(const ll_space *s, const uint8_t *gene)
{
    ll_str text = {0};
    uint8_t again[LL_MAX_POSITIONS];
    ll_network net;
    ll_error e = {0};
    s->format(s, gene, &text);
    LAW(!ll_space_parse(s, text.s, again, &e), "%s", e.message);
    LAW(!memcmp(gene, again, (size_t)s->n_positions), "%s: another architecture by its string", s->name);
    e = (ll_error){0};
    if (s->layers && ll_fuzz_good(ll_network_build(s, gene, &net, &e), &e))
        for (int i = 0; i < net.n_layers; i++)
            LAW(net.layers[i].in[0] <= i && net.layers[i].c_out > 0 && net.layers[i].h_out > 0,
                "%s: layer %d is none", s->name, i);
    s->draw(s, gene, &text);
    ll_str_free(&text);
}

static void run(const uint8_t *bytes, size_t n)
{
    cJSON *item = NULL;
    const ll_space *s;
    ll_error e = {0};
    if (!ll_fuzz_good(ll_json_parse((const char *)bytes, n, &item, &e), &e)) return;
    rename_space(item, bytes, n);
    if (cJSON_IsObject(item) && ll_fuzz_good(ll_space_from_json(item, &s, &e), &e)) {
        ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
        uint8_t gene[LL_MAX_POSITIONS];
        for (int i = 0; i < GENES; i++) {
            ll_space_random(s, &rng, gene);
            check_gene(s, gene);
        }
    }
    cJSON_Delete(item);
}

const ll_fuzz_target ll_fuzz_space_file = {"space_file", run};
