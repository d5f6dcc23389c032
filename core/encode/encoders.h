/* Encodings that have been fitted, by name and space: what samplers and predictors ask before they fit one of their own. A
 * value made of references; whoever holds one copies and frees it. */
#ifndef LL_ENCODE_ENCODERS_H
#define LL_ENCODE_ENCODERS_H

#include "core/encode/encoding.h"

enum { LL_MOST_ENCODERS = 16 };
struct ll_encoders {
    int n;
    ll_encoder *v[LL_MOST_ENCODERS]; /* the latest first */
};

void ll_encoders_copy(ll_encoders *to, const ll_encoders *from); /* `to` is overwritten, not freed */
void ll_encoders_free(ll_encoders *s);
/* Is there an encoding of this name whose fit takes seconds and more, and did nothing of that name come with the data? */
bool ll_encoding_is_learnt(const char *name, const ll_archs *archs);
/* Would a fit for these architectures compute their proxies, seconds each? */
bool ll_encoding_computes_proxies(const char *name, const ll_encoders *known, const ll_archs *archs);
/* Takes over the reference; replaces one of that name and space, the oldest of a full set goes. */
void ll_encoders_add(ll_encoders *s, ll_encoder *c);
/* Borrowed; NULL: none, also for a set that is NULL. */
ll_encoder *ll_encoders_find(const ll_encoders *s, const char *name, const ll_space *space);
/* The known one, or one fitted for this job; one reference held. */
ll_status ll_encoders_need(const ll_encoders *s, const char *name, const ll_encode_job *job, ll_encoder **out,
                           ll_error *e);
/* Fits it for this job and adds it, unless it is known, or quickly fitted wherever it is wanted. */
ll_status ll_encoders_learn(ll_encoders *s, const char *name, const ll_encode_job *job, ll_error *e);
/* Vectors of job->archs by it. */
ll_status ll_encoders_vectors(const ll_encoders *s, const char *name, const ll_encode_job *job,
                              ll_matrix_f *out, ll_error *e);

#endif
