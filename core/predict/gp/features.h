/* What the structured GP knows of an architecture without any label: blocks of features (core/ALGORITHMS.md
 * section 4). Every column is centred over one set of architectures and every block scaled so that its mean squared
 * row norm is 1; a block the space cannot fill, or that never varies, is left out.
 *
 *   cost   multiply-adds, parameters, activations (nasbench201: calls), kernels; each column by its deviation
 *   lay    a function of each layer, summed (fbnet; layers.h)
 *   cnt    how often each operation occurs; like stg not beside lay
 *   stg    the same per stage (ofa)
 *   add    one-hot, position x operation
 *   num, prod, cat   of spaces of numbers, in place of cnt, stg and add: the numbers, each between -1 and 1; their squares
 *          and products; one-hots of those that are only names
 *   costL, cntL, addL   the same on the cell whose dead edges are set to none (nasbench201)
 *   flow, pair   what flows through the cell, and which operations meet there (flow.h); for devices that simplify it */
#ifndef LL_PREDICT_GP_FEATURES_H
#define LL_PREDICT_GP_FEATURES_H

#include "core/archs/archs.h"
#include "core/base/observer.h"

/* What a runtime executes of an architecture: all that is written; what reaches the output, unless the
 * input does not; what has an effect, that is lies on a path from input to output. Spaces without
 * operation `none` have the first alone. */
enum { LL_GP_AS_WRITTEN, LL_GP_LIVE, LL_GP_PRUNED, LL_GP_EXECUTIONS };
/* What a device is taken for: one that executes one of these, or whose latency depends on what is written and on what is
 * left of it both. */
enum { LL_GP_MIXED = LL_GP_EXECUTIONS, LL_GP_KINDS };

enum {
    LL_GP_MAX_BLOCKS = 9,
    LL_GP_OWN_BLOCKS = 5
}; /* the latter: those of what is written, which every execution has of its own */

typedef struct ll_gp_block {
    const char *name;
    int first, dim;    /* columns first .. first+dim-1 */
    double log_weight; /* centre of the target prior's log weight */
    int of;            /* the execution whose architecture it describes: as written, or live */
    unsigned kinds;    /* 1 << kind of the devices whose latency it says something of */
} ll_gp_block;

typedef struct ll_gp_features {
    const ll_space *space;
    int n_blocks, dim;
    int n_source_blocks, source_dim; /* the first of them: what sources are functions of */
    ll_gp_block blocks[LL_GP_MAX_BLOCKS];
    double *shift, *scale; /* (dim): feature = (raw - shift) * scale */
} ll_gp_features;

/* The blocks of the space of these architectures, centred and scaled over them. Cancelled by the observer (may be NULL),
 * f is of no use but to be freed. */
void ll_gp_features_init(ll_gp_features *f, const ll_archs *archs, const ll_observer *observer);
/* Blocks of a space with the constants of a file: shift and scale (dim) are copied. Files of before 0.4 have those of the
 * sources alone, those of before 0.5 no layers.
 * false: dim is another. */
bool ll_gp_features_restore(ll_gp_features *f, const ll_space *space, int dim, const double *shift,
                            const double *scale);
void ll_gp_features_copy(const ll_gp_features *from, ll_gp_features *out);
void ll_gp_features_free(ll_gp_features *f);
/* Features of any architectures of the space, (n, stride) with the first f->dim of each row written; stride >= dim.
 * Cancelled by the observer (may be NULL), the last rows are left as they are. */
void ll_gp_features_fill(const ll_gp_features *f, const ll_archs *archs, const ll_observer *observer,
                         double *phi, int stride);
/* In a loop over rows: whether to stop, asked every few hundred of them. */
bool ll_gp_stops_at(int row, const ll_observer *observer);
void ll_gp_features_row(const ll_gp_features *f, const uint8_t *gene, double *row); /* of one gene, (dim) */
int ll_gp_executions(const ll_space *s);
/* The gene (n_positions) with `none` where nothing is executed. */
void ll_gp_executed(const ll_space *s, int execution, const uint8_t *gene, uint8_t *out);
const ll_gp_block *ll_gp_features_block(const ll_gp_features *f, const char *name); /* NULL: left out */
/* True when the square of the additive blocks' kernel joins the source fits (cells whose edges interact). */
bool ll_gp_features_squared(const ll_gp_features *f);

#endif
