/* Which devices of a dataset will help a target of which only k samples are known?
 *
 * A candidate's likeness is its Spearman correlation with the target on the samples, drawn towards what it has with the
 * other candidates on average, each by what it is worth (Fisher's z: the samples' error against the spread between
 * candidates): with few samples a device that is like most is the better guess than the luckiest one. The most alike are
 * taken, those that say the same as one that is taken already (Spearman above .995) only when nothing else is left.
 * Nothing of the target but the samples is looked at. */
#ifndef LL_DEVICE_SOURCE_CHOICE_H
#define LL_DEVICE_SOURCE_CHOICE_H

#include "core/device/correlation.h"

typedef struct ll_source_rule {
    int most;           /* devices to choose */
    bool same_hardware; /* also what is known to be the target's own hardware (core/device/hardware.h) */
} ll_source_rule;

typedef struct ll_chosen_source {
    int device;
    double on_samples, lo, hi; /* NaN, -1 and 1 where the samples do not tell; 90 % interval */
    int k;                     /* samples that it knows */
    double likeness;           /* what it was chosen by */
    bool same_hardware;        /* as far as names tell */
    bool twin; /* on ten samples or more it ranks as the target does, and may be it under another name */
} ll_chosen_source;

/* Candidates: all devices but the target with any latency that measure the same quantity, without the target's own
 * hardware unless the rule allows it. */
ll_ints ll_source_candidates(const ll_dataset *d, int target, const ll_source_rule *rule);
/* among: correlation of at least the candidates with each other; what it may hold of the target is not looked at.
 * out (rule->most): the most alike first; returns how many there are. */
int ll_choose_sources(const ll_dataset *d, const ll_corr *among, int target, const int *samples, int k,
                      const ll_source_rule *rule, ll_chosen_source *out);

#endif
