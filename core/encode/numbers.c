/* The numbers of architectures that are numbers (core/space/own/numbers.h): a column for each, and where a number is only a
 * name, a column for each of its values. */
#include "core/encode/parts.h"

static bool is_name(const ll_space *s, int position)
{
    return s->facts->columns[position].kind == LL_COLUMN_CATEGORY;
}

static int width_of(const ll_space *s, int position)
{
    return is_name(s, position) ? ll_space_choices(s, position) : 1;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    const ll_space *s = c->space;
    if (!s->facts->columns)
        return ll_fail(e, LL_USAGE, "the architectures of %s are choices, not numbers: onehot has them",
                       s->name);
    for (int p = 0; p < s->n_positions; p++) c->dim += width_of(s, p);
    return LL_OK;
}

static void write_row(const ll_space *s, const uint8_t *gene, float *out)
{
    for (int p = 0; p < s->n_positions; p++) {
        if (is_name(s, p))
            out[gene[p]] = 1;
        else
            *out = (float)s->facts->columns[p].v[gene[p]];
        out += width_of(s, p);
    }
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    for (int a = 0; a < archs->n; a++)
        write_row(c->space, ll_arch(archs, a), out + (size_t)a * (size_t)c->dim);
    return LL_OK;
}

const ll_encoding ll_encoding_numbers = {
    .name = "numbers",
    .summary = "the numbers that describe an architecture, where numbers do",
    .standardised = true,
    .fit = fit,
    .encode = encode,
};
