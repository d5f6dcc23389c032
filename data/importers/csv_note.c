/* Tables of the user's own: what each column was taken for (csv.h). */
#include "core/space/own/numbers.h"
#include "data/importers/csv.h"

/* "width, layers (count)": a width is nothing to speak of. */
static void list_numbers(const ll_table_reader *r, ll_str *out)
{
    const ll_space *s = r->job->space;
    for (int p = 0; p < s->n_positions; p++) {
        ll_column_kind kind = s->facts->columns[p].kind;
        ll_str_addf(out, "%s%s", p ? ", " : "", s->positions[p]);
        if (kind != LL_COLUMN_WIDTH) ll_str_addf(out, " (%s)", ll_column_kind_name((int)kind));
    }
}

static void list_role(const ll_table_reader *r, ll_role role, ll_str *out)
{
    for (int i = 0; i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role != role) continue;
        ll_str_addf(out, "%s%s", out->len ? ", " : "", r->header.v[i]);
        if (c->unit && role != LL_ROLE_STD_OF_DEVICE) ll_str_addf(out, " in %s", c->unit->name);
    }
}

static void note_role(const ll_table_reader *r, ll_role role, const char *what)
{
    ll_str names = {0};
    list_role(r, role, &names);
    if (names.len) ll_import_note(r->job, "%s: %s", what, names.s);
    ll_str_free(&names);
}

void ll_table_note_numbers(const ll_table_reader *r)
{
    ll_str numbers = {0};
    list_numbers(r, &numbers);
    ll_import_note(r->job, "taken as numbers of an architecture: %s", ll_str_text(&numbers));
    ll_str_free(&numbers);
    note_role(r, LL_ROLE_OF_DEVICE, "taken as devices");
    note_role(r, LL_ROLE_VALUE, "taken as what was measured");
    note_role(r, LL_ROLE_STD_OF_DEVICE, "taken as their deviations");
}
