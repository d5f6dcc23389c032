#include "core/archs/archs_csv.h"

#include "core/base/text/csv.h"

void ll_arch_write_head(FILE *f, const ll_strs *names)
{
    fputs("arch", f);
    for (int i = 0; i < names->n; i++) {
        putc_unlocked(',', f);
        ll_csv_write(f, names->v[i]);
    }
    putc_unlocked('\n', f);
}

void ll_arch_write(FILE *f, const ll_space *s, const uint8_t *gene, ll_str *text)
{
    ll_str_clear(text);
    s->format(s, gene, text);
    ll_csv_write(f, ll_str_text(text));
}
