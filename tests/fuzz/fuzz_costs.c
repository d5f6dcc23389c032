/* Tables of layer costs. A first byte 'y' makes the rest YAML, any other all of it CSV, of nasbench201. What is accepted is
 * written, read again and the same; as Once-for-All's YAML, what has a name there. */
#include <stdlib.h>

#include "core/costs/costs_file.h"
#include "tests/fuzz/fuzz.h"

static ll_costs *sealed(const char *what, const char *text, size_t n, ll_error *e)
{
    ll_costs *c = ll_costs_new(ll_space_find("nasbench201"));
    if (ll_fuzz_good(ll_costs_read_text(c, what, text, n, NULL, e), e)) {
        ll_costs_seal(c, NULL);
        return c;
    }
    ll_costs_unref(c);
    return NULL;
}

static ll_costs *again(const char *path)
{
    ll_error e = {0};
    size_t n;
    char *text = ll_fuzz_read(path, &n);
    ll_costs *c = sealed(path, text, n, &e);
    LAW(c, "what was written is refused: %s", e.message);
    free(text);
    return c;
}

static void come_back(const ll_costs *c)
{
    char *csv = ll_fuzz_path("costs.csv"), *yaml = ll_fuzz_path("costs.yaml");
    ll_error e = {0};
    int left_out;
    LAW(!ll_costs_write_csv(c, NULL, csv, &e), "%s", e.message);
    ll_costs *b = again(csv);
    LAW(b->n == c->n, "%d rows became %d", c->n, b->n);
    for (int i = 0; i < c->n; i++) {
        LAW(!ll_part_compare(&c->rows[i].part, &b->rows[i].part), "row %d is another part", i);
        LAW(c->rows[i].ms == b->rows[i].ms, "row %d costs something else", i);
    }
    ll_costs_unref(b);
    if (c->n && !ll_costs_write_yaml(c, yaml, &left_out, &e)) ll_costs_unref(again(yaml));
    free(csv);
    free(yaml);
}

static void run(const uint8_t *bytes, size_t n)
{
    bool yaml = n && *bytes == 'y';
    ll_error e = {0};
    ll_costs *c = sealed(yaml ? "fuzz.yaml" : "fuzz.csv", (const char *)bytes + yaml, n - yaml, &e);
    if (!c) return;
    ll_bill bill;
    ll_costs_bill(c, c->space, (uint8_t[LL_MAX_POSITIONS]){3, 2, 4, 1, 0, 3}, &bill);
    LAW(bill.n >= bill.missing && bill.ms >= 0, "a bill of %d parts, %d missing, %g ms", bill.n, bill.missing,
        bill.ms);
    come_back(c);
    ll_costs_unref(c);
}

const ll_fuzz_target ll_fuzz_costs = {"costs", run};
