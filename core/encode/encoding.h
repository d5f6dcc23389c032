/* Encodings: a vector for any architecture of a space. Fitted once, on a set of architectures, then applied to any:
 * what is taken over a set (means, scales, vocabularies, weights) is a constant of the fitted encoder, which is saved
 * with the model that uses it. So a vector never depends on the company that it is made in.
 *
 * One const record each; `ll_encodings` lists them. A feature that came with the architectures (zcp, ...) is found by
 * its name as well. Threads: an encoder is immutable once fitted. */
#ifndef LL_ENCODE_ENCODING_H
#define LL_ENCODE_ENCODING_H

#include "core/archs/archs.h"
#include "core/base/observer.h"
#include "core/base/text/option.h"
#include "core/num/pool.h"
#include "core/num/tensors.h"

typedef struct ll_matrix_f { /* owned */
    int rows, cols;
    float *v; /* (rows, cols) row-major */
} ll_matrix_f;
ll_matrix_f ll_matrix_f_new(int rows, int cols); /* zeroed */
void ll_matrix_f_free(ll_matrix_f *m);

typedef struct ll_encoding ll_encoding;

/* A fitted encoding. */
typedef struct ll_encoder {
    int refs;
    const ll_encoding *encoding;
    const ll_space *space;
    char *name; /* of the encoding, or of the feature */
    int dim;
    void *state;             /* the encoding's own; NULL: needs none */
    double *shift, *scale;   /* (dim) value = (raw - shift) * scale; NULL: as it is */
    struct ll_encoder *base; /* whose state it is, where it is not its own */
    double seconds;          /* that fitting took */
    int fitted_on;           /* architectures */
} ll_encoder;

typedef struct ll_encoders ll_encoders; /* core/encode/encoders.h */

typedef struct ll_encode_job {
    const ll_archs *archs;
    const ll_values *options; /* of encoding->options; NULL: defaults */
    uint64_t seed;
    const ll_encoders *known; /* fitted before: an encoding made of others takes them; NULL: none */
    ll_observer *observer;
    ll_pool *pool;
} ll_encode_job;

/* What a fit says of its own quality, or of itself: share of operations that come back, seconds. */
typedef struct ll_quality {
    const char *name; /* of a result's member: "operations" */
    const char *what; /* one line, no full stop */
    double value;     /* NAN: not known */
    bool aside;       /* how it was fitted, not how well: in results alone */
    double guessing;  /* what the value would be without having learnt anything; 0: not known */
} ll_quality;
enum { LL_MOST_QUALITIES = 8 };

struct ll_encoding {
    const char *name, *summary;
    const ll_option *options; /* NULL: none */
    bool standardised;        /* columns of different units: always of mean 0 and deviation 1 */
    bool learnt;              /* a fit takes seconds and more: worth keeping */
    /* Sets c->dim and c->state. LL_USAGE: not known for this space. */
    ll_status (*fit)(const ll_encode_job *job, ll_encoder *c, ll_error *e);
    /* Raw vectors, (archs->n, dim), zeroed before. */
    ll_status (*encode)(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e);
    int (*qualities)(const void *state,
                     ll_quality *out); /* at most LL_MOST_QUALITIES; NULL: nothing to say */
    void (*release)(void *state);      /* NULL: there is no state */
    ll_status (*save)(const void *state, ll_tensors *out, ll_error *e); /* NULL: likewise; also load */
    ll_status (*load)(const ll_tensors *in, ll_encoder *c, ll_error *e);
};

extern const ll_encoding *const ll_encodings[];        /* ends with NULL */
const ll_encoding *ll_encoding_find(const char *name); /* NULL: none of these, as a feature is not */
enum { LL_ZCP_PROXIES = 13 }; /* a feature zcp of so many numbers is one of proxies (core/encode/zcp.c) */
const char *ll_zcp_proxy(int column);

/* By name, built-in or a feature of job->archs; LL_USAGE lists what there is. One reference held. */
ll_status ll_encoder_fit(const char *name, const ll_encode_job *job, ll_encoder **out, ll_error *e);
/* The same encoding, its columns of mean 0 and deviation 1 over these architectures, whatever it does by itself. */
ll_status ll_encoder_standardised(const ll_encoder *c, const ll_archs *archs, ll_encoder **out, ll_error *e);
/* Likewise its columns within -1 .. 1 over these architectures: as they are, divided by the largest. */
ll_status ll_encoder_scaled(const ll_encoder *c, const ll_archs *archs, ll_encoder **out, ll_error *e);
/* (archs->n, dim). LL_BAD_DATA names the first architecture that lacks the feature; archs are of the encoder's space. */
ll_status ll_encoder_apply(const ll_encoder *c, const ll_archs *archs, ll_matrix_f *out, ll_error *e);
ll_encoder *ll_encoder_ref(const ll_encoder *c);
void ll_encoder_unref(ll_encoder *c); /* NULL is fine */
/* As tensors and texts whose names begin with `prefix`. */
ll_status ll_encoder_save(const ll_encoder *c, const char *prefix, ll_tensors *out, ll_error *e);
ll_status ll_encoder_load(const ll_tensors *in, const char *prefix, const ll_space *space, ll_encoder **out,
                          ll_error *e);

/* Fitted on these and applied to them, for those who need it once. */
ll_status ll_encode(const ll_archs *archs, const char *name, ll_matrix_f *out, ll_error *e);

#endif
