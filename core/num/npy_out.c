#include "core/num/npy_out.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { ALIGN = 64, FRONT = 10 }; /* magic, version and the length of what follows */

void ll_npy_header(ll_str *out, const char *type, const char *shape, size_t least)
{
    ll_str_addn(out, "\x93NUMPY\x01\x00\x00\x00", FRONT);
    ll_str_addf(out, "{'descr': %s, 'fortran_order': False, 'shape': %s, }", type, shape);
    while ((out->len + 1) % ALIGN || out->len + 1 < least) ll_str_addc(out, ' ');
    ll_str_addc(out, '\n');
    out->s[8] = (char)((out->len - FRONT) & 255);
    out->s[9] = (char)((out->len - FRONT) >> 8);
}

/* The same length whatever the number of rows. */
static void header(const ll_npy_out *o, ll_str *out)
{
    ll_str type = {0}, shape = {0};
    for (int i = 0; i < o->n_columns; i++)
        ll_str_addf(&type, "%s('%s', '<f8')", i ? ", " : "[", o->columns[i]);
    ll_str_add(&type, "]");
    ll_str_addf(&shape, "(%ld,)", o->n);
    ll_npy_header(out, type.s, shape.s, type.len + 128);
    ll_str_free(&type);
    ll_str_free(&shape);
}

static void write_header(ll_npy_out *o)
{
    ll_str text = {0};
    header(o, &text);
    fwrite(text.s, 1, text.len, o->w.f);
    ll_str_free(&text);
}

ll_status ll_npy_out_open(ll_npy_out *o, const char *path, const char *const *columns, int n_columns,
                          ll_error *e)
{
    *o = (ll_npy_out){.columns = columns, .n_columns = n_columns};
    ll_status s = ll_writer_open(&o->w, path, e);
    if (!s) write_header(o);
    return s;
}

void ll_npy_out_row(ll_npy_out *o, const double *v)
{
    fwrite(v, sizeof *v, (size_t)o->n_columns, o->w.f);
    o->n++;
}

ll_status ll_npy_out_commit(ll_npy_out *o, ll_error *e)
{
    if (fseek(o->w.f, 0, SEEK_SET)) {
        ll_status s = ll_fail(e, LL_FAILED, "%s: %s: an .npy file begins with how many rows it has",
                              o->w.path, strerror(errno));
        ll_writer_abandon(&o->w);
        return s;
    }
    write_header(o);
    return ll_writer_commit(&o->w, e);
}

void ll_npy_out_abandon(ll_npy_out *o)
{
    ll_writer_abandon(&o->w);
}
