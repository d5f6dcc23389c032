/* pack_proxies SPACE OUT.safetensors FILE.csv...: what `proxies ... out=` has written becomes the file that comes with
 * latlab (data/datasets/bundled_proxies.h). Each proxy is taken from the first file that has it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/encode/encoding.h"
#include "data/datasets/proxy_table.h"
#include "data/formats/safetensors.h"

static int fail(const ll_error *e)
{
    fprintf(stderr, "pack_proxies: %s\n", e->message);
    return 1;
}

/* Of the first row: a file has one. */
static ll_status settings_of(const char *path, ll_str *out, ll_error *e)
{
    ll_csv csv;
    bool more = true;
    ll_status s = ll_csv_open(&csv, path, e);
    if (s) return s;
    s = ll_csv_next(&csv, &more, e);
    int column = ll_csv_column(&csv, "settings");
    if (!s) s = ll_csv_next(&csv, &more, e);
    if (!s && (column < 0 || column >= csv.n)) s = ll_fail(e, LL_BAD_DATA, "%s: no settings", path);
    if (!s) ll_str_add(out, csv.cells[column]);
    ll_csv_close(&csv);
    return s;
}

static int place_of(const char *name)
{
    int k = 0;
    while (strcmp(ll_proxies[k]->name, name)) k++;
    return k;
}

typedef struct pack {
    ll_archs *archs; /* of the first file */
    float *value;
    bool have[LL_ZCP_PROXIES];
    cJSON *settings;
} pack;

static void take(pack *p, const ll_proxy_table *t, int column, const char *settings)
{
    int k = place_of(ll_zcp_proxy(column));
    bool all = true;
    for (int i = 0; i < p->archs->n && all; i++) {
        int row = ll_archs_find(t->archs, ll_arch(p->archs, i));
        all = row >= 0 && t->there[ll_proxy_cell(row, k)];
        if (all)
            p->value[(size_t)i * LL_ZCP_PROXIES + (size_t)column] = (float)t->value[ll_proxy_cell(row, k)];
    }
    if (!all) return;
    p->have[column] = true;
    ll_json_str(p->settings, ll_zcp_proxy(column), settings);
}

static ll_status add_file(pack *p, const ll_space *space, const char *path, ll_error *e)
{
    ll_proxy_table t;
    ll_str settings = {0};
    ll_status s = ll_proxy_table_init(&t, space, e);
    if (!s) s = settings_of(path, &settings, e);
    if (!s) s = ll_proxy_table_read(&t, path, ll_str_text(&settings), e);
    if (!s && !p->archs) {
        p->archs = ll_archs_ref(t.archs);
        p->value = LL_NEW_ARRAY(float, (size_t)t.archs->n *LL_ZCP_PROXIES + 1);
    }
    for (int c = 0; c < LL_ZCP_PROXIES && !s; c++)
        if (!p->have[c]) take(p, &t, c, ll_str_text(&settings));
    ll_proxy_table_free(&t);
    ll_str_free(&settings);
    return s;
}

static ll_status write(const pack *p, const char *path, ll_error *e)
{
    ll_tensors out = {0};
    for (int c = 0; c < LL_ZCP_PROXIES; c++)
        if (!p->have[c]) return ll_fail(e, LL_FAILED, "no file has %s of all architectures", ll_zcp_proxy(c));
    ll_archs_save(p->archs, "archs", &out);
    ll_tensors_add(&out, "value", LL_F32, 2, (long[]){p->archs->n, LL_ZCP_PROXIES}, p->value);
    ll_tensors_set_text(&out, "format", "latlab proxies 1");
    ll_tensors_set_text(&out, "space", p->archs->space->name);
    ll_tensors_set_json(&out, "settings", p->settings);
    ll_status s = ll_safetensors_write(path, &out, e);
    ll_tensors_free(&out);
    return s;
}

int main(int argc, char **argv)
{
    ll_error e = {0};
    pack p = {.settings = cJSON_CreateObject()};
    const ll_space *space = argc > 3 ? ll_space_find(argv[1]) : NULL;
    ll_status s =
        space ? LL_OK : ll_fail(&e, LL_USAGE, "usage: pack_proxies SPACE OUT.safetensors FILE.csv...");
    for (int i = 3; i < argc && !s; i++) s = add_file(&p, space, argv[i], &e);
    if (!s) s = write(&p, argv[2], &e);
    ll_archs_unref(p.archs);
    cJSON_Delete(p.settings);
    free(p.value);
    return s ? fail(&e) : 0;
}
