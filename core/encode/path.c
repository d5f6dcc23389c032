/* Paths (White et al., "A study on encodings for neural architecture search", 2020): a column for each
 * sequence of operations from input to output, 1 where the cell has it. A path through `none` carries nothing
 * and is not counted, so NAS-Bench-201 has 4 + 16 + 64 columns. */
#include <string.h>

#include "core/encode/parts.h"

enum { NODES = 4, OPS = 4, DIM = OPS + OPS * OPS + OPS * OPS * OPS, PATHS = 4, LONGEST = 3 };

/* Edges of each path, in the order of the string: 0>1 0>2 1>2 0>3 1>3 2>3. */
static const int paths[PATHS][LONGEST] = {{3, -1, -1}, {0, 4, -1}, {1, 5, -1}, {0, 2, 5}};
static const int first_column[LONGEST + 1] = {0, 0, OPS, OPS + OPS *OPS};

/* Column of one path, -1 when a `none` (operation 0) lies on it. */
static int column_of(const uint8_t *gene, const int *edges)
{
    int column = 0, length = 0;
    for (; length < LONGEST && edges[length] >= 0; length++) {
        int op = gene[edges[length]] - 1;
        if (op < 0) return -1;
        column = OPS * column + op;
    }
    return first_column[length] + column;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    c->dim = DIM;
    const ll_cell_graph *cell = c->space->facts->cell;
    if (cell && cell->n_nodes == NODES && c->space->n_ops == OPS + 1 && cell->none == 0) return LL_OK;
    return ll_fail(
        e, LL_USAGE,
        "the path encoding is known for cells of four nodes; an architecture of %s is one path, which "
        "encoding=onehot describes",
        c->space->name);
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    for (int a = 0; a < archs->n; a++)
        for (int p = 0; p < PATHS; p++) {
            int column = column_of(ll_arch(archs, a), paths[p]);
            if (column >= 0) out[(size_t)a * DIM + (size_t)column] = 1;
        }
    return LL_OK;
}

const ll_encoding ll_encoding_path = {
    .name = "path",
    .summary = "the sequences of operations from input to output",
    .fit = fit,
    .encode = encode,
};
