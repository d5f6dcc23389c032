#include "core/commands/arch_fields.h"

#include <string.h>

#include "core/archs/archs_csv.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"

ll_arch_fields ll_arch_fields_of(const ll_space *space, const ll_dataset *data)
{
    ll_arch_fields f = {.space = space, .costs = space->layers};
    if (data && data->space == space) f.data = data;
    for (int i = 0; f.data && i < data->n_scores && f.n < LL_SCORES_MOST; i++)
        if (data->scores[i].unit && !strcmp(data->scores[i].unit, "%")) f.accuracy[f.n++] = &data->scores[i];
    return f;
}

void ll_arch_fields_free(ll_arch_fields *f)
{
    ll_str_free(&f->text);
}

static int row_of(const ll_arch_fields *f, const uint8_t *gene)
{
    return f->data ? ll_dataset_row(f->data, gene) : -1;
}

/* NaN: not known. */
static double mmacs_of(const ll_arch_fields *f, const uint8_t *gene)
{
    ll_cost cost;
    return f->costs && ll_space_cost(f->space, gene, &cost) ? cost.macs / 1e6 : NAN;
}

void ll_arch_fields_json(ll_arch_fields *f, const uint8_t *gene, cJSON *to)
{
    int row = row_of(f, gene);
    double mmacs = mmacs_of(f, gene);
    ll_str_clear(&f->text);
    f->space->format(f->space, gene, &f->text);
    ll_json_str(to, "arch", ll_str_text(&f->text));
    if (row >= 0) ll_json_int(to, "row", row);
    if (!isnan(mmacs)) ll_json_num(to, "mmacs", mmacs);
    for (int i = 0; i < f->n && row >= 0; i++)
        if (!isnan(f->accuracy[i]->v[row]) && !cJSON_HasObjectItem(to, f->accuracy[i]->name))
            ll_json_num(to, f->accuracy[i]->name, f->accuracy[i]->v[row]);
}

void ll_arch_fields_names(const ll_arch_fields *f, ll_strs *names)
{
    ll_strs_add(names, "row");
    if (f->costs) ll_strs_add(names, "mmacs");
    for (int i = 0; i < f->n; i++) ll_strs_add(names, f->accuracy[i]->name);
}

void ll_arch_fields_csv(ll_arch_fields *f, const uint8_t *gene, FILE *to)
{
    int row = row_of(f, gene);
    ll_arch_write(to, f->space, gene, &f->text);
    putc_unlocked(',', to);
    if (row >= 0) fprintf(to, "%d", row);
    if (f->costs) {
        putc_unlocked(',', to);
        ll_csv_write_number(to, mmacs_of(f, gene));
    }
    for (int i = 0; i < f->n; i++) {
        putc_unlocked(',', to);
        ll_csv_write_rounded(to, row < 0 ? NAN : f->accuracy[i]->v[row]); /* most are means of seeds */
    }
}
