#include "core/commands/predict/options.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/app/output.h"
#include "core/base/mem.h"

const ll_option *ll_pretrain_more(char *const *words, int n)
{
    const ll_predictor *p = n > 0 ? ll_predictor_find(words[0]) : NULL;
    return p ? p->pretrain_options : NULL;
}

static ll_option *any_transfer_options; /* ends with a record without a name */

static int count_options(const ll_option *table)
{
    int n = 0;
    while (table && table[n].name) n++;
    return n;
}

/* Every transfer option of any predictor, as text: which predictor is meant is known only when the command
 * runs, and its own table checks the values then. */
static void gather_transfer_options(void)
{
    int most = 1, n = 0;
    for (int p = 0; ll_predictors[p]; p++) most += count_options(ll_predictors[p]->transfer_options);
    ll_option *all = any_transfer_options = LL_NEW_ARRAY(ll_option, most);
    for (int p = 0; ll_predictors[p]; p++)
        for (const ll_option *o = ll_predictors[p]->transfer_options; o && o->name; o++) {
            bool common = ll_option_find(ll_transfer_options, o->name) != NULL;
            if (common) continue;
            ll_option *before = (ll_option *)ll_option_find(all, o->name);
            bool closed = o->type == LL_CHOICE || o->type == LL_BOOL;
            if (before && before->type != o->type)
                before->type = LL_WORD; /* on|off for one, a number for another */
            if (before) continue;
            all[n] = *o;
            all[n].type = closed ? o->type : LL_WORD;
            all[n++].otherwise = NULL;
        }
}

/* The worker parses while a face completes. */
const ll_option *ll_transfer_more(char *const *words, int n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, gather_transfer_options);
    return any_transfer_options;
}

/* The i-th predictor with options of its own. */
static bool own_group(int i, bool transfer, ll_option_group *out)
{
    for (int p = 0; ll_predictors[p]; p++) {
        const ll_predictor *q = ll_predictors[p];
        const ll_option *own = transfer ? q->transfer_options : q->pretrain_options;
        if (!count_options(own) || i--) continue;
        *out = (ll_option_group){q->name, q->summary, own};
        return true;
    }
    return false;
}

bool ll_transfer_group(int i, ll_option_group *out)
{
    return own_group(i, true, out);
}

bool ll_pretrain_group(int i, ll_option_group *out)
{
    return own_group(i, false, out);
}

ll_status ll_transfer_own_options(ll_request *rq, const ll_predictor *p, ll_values *out)
{
    ll_values_init(out, p->transfer_options);
    for (const ll_option *o = rq->more.table; o && o->name; o++) {
        if (!ll_given(&rq->more, o->name)) continue;
        if (!ll_option_find(p->transfer_options, o->name))
            return LL_FAIL(rq, LL_USAGE, "%s= is no option of %s", o->name, p->name);
        ll_status s = ll_values_set(out, o->name, ll_word(&rq->more, o->name), &rq->error);
        if (s) return s;
    }
    if (ll_is(&rq->args, "protocol", "help") && ll_option_find(p->transfer_options, "protocol"))
        return ll_values_set(out, "protocol", "help", &rq->error);
    return LL_OK;
}
