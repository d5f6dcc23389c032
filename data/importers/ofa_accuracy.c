/* Once-for-All's accuracy predictor (data/formats/ofa_accuracy.h) as the score "ofa_accuracy" of a dataset of that space: a
 * value for each row, and the network itself for every other architecture. */
#include <string.h>

#include "core/device/scores.h"
#include "data/formats/ofa_accuracy.h"
#include "data/importers/import.h"

ll_status ll_import_ofa_accuracy(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    const ll_dataset *into = job->into;
    ll_score_model *m;
    if (into->space != ll_ofa_accuracy_space())
        return ll_fail(e, LL_USAGE, "%s holds architectures of %s, the accuracy predictor is for %s",
                       into->name, into->space->name, ll_ofa_accuracy_space()->name);
    if (job->metric && ll_score_check_name(job->metric, e)) return LL_USAGE;
    ll_status s = ll_ofa_accuracy_load(job->path, &m, e);
    if (s) return s;
    ll_dataset *d = ll_dataset_new(job->name, into->space, into->n_archs, 0);
    memcpy(d->archs->genes, into->archs->genes, (size_t)into->n_archs * (size_t)into->space->n_positions);
    ll_score *score = ll_dataset_make_score(d, job->metric ? job->metric : "ofa_accuracy");
    ll_score_describe(score, "%", "train", job->source ? job->source : "Once-for-All's accuracy predictor");
    ll_score_model_apply(m, d->archs, score->v);
    ll_score_set_model(score, m);
    ll_import_provenance(d, "ofa-accuracy", job->path, "%");
    s = ll_dataset_seal(d, e);
    if (s) {
        ll_dataset_unref(d);
        return s;
    }
    ll_import_note(job,
                   "score %s is predicted, for any architecture of ofa: on the seven that HELP published it "
                   "is 4.3 to 4.8 "
                   "points high and ranks them nearly right (Spearman .964)",
                   score->name);
    *fresh = d;
    return LL_OK;
}
