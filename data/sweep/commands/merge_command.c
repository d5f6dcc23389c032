/* sweep merge PLAN|FILES: what tasks have brought, together. */
#include <stdlib.h>

#include "core/base/system/fs.h"
#include "data/sweep/commands/kind.h"

typedef struct merging {
    ll_sweep_plan plan; /* the first one, which says of what all of it is */
    char *path;         /* of it; NULL: there is none */
    const ll_sweep_kind *kind;
    ll_strs files;
    int missing; /* tasks of plans that have none */
} merging;

static ll_status add_plan(ll_request *rq, merging *m, const char *path)
{
    ll_sweep_plan p = {0};
    const ll_sweep_kind *kind;
    ll_status s = ll_sweep_open_plan(path, &p, &kind, &rq->error);
    if (!s && m->path && (kind != m->kind || !kind->merges_many))
        s = LL_FAIL(rq, LL_USAGE, "%s: plans of `%s` are merged one at a time", path, m->kind->command);
    if (!s) ll_sweep_task_files(&p, path, kind->suffix, &m->files, &m->missing);
    if (s || m->path) {
        ll_sweep_plan_free(&p);
        return s;
    }
    m->plan = p;
    m->path = ll_path_expand(path);
    m->kind = kind;
    return s;
}

/* Files by themselves, and of a plan those that are there. */
static ll_status add_word(ll_request *rq, merging *m, const char *word)
{
    char *path = ll_path_expand(word);
    ll_status s = LL_OK;
    if (ll_sweep_is_plan(path))
        s = add_plan(rq, m, path);
    else
        ll_strs_add(&m->files, path);
    free(path);
    return s;
}

/* Options of the other commands' merging are in the table, too. */
static ll_status check_options(ll_request *rq, const ll_sweep_kind *kind)
{
    for (const ll_option *o = rq->more.table; o->name; o++)
        if (ll_given(&rq->more, o->name) && !ll_option_find(kind->merge_options, o->name))
            return LL_FAIL(rq, LL_USAGE, "%s= is nothing for what `%s` brings", o->name, kind->command);
    return LL_OK;
}

ll_status ll_sweep_merge_command(ll_request *rq)
{
    ll_strs words = {0};
    merging m = {.kind = &ll_sweep_of_compare};
    ll_list_names(&rq->args, "words", &words);
    ll_status s = add_word(rq, &m, ll_word(&rq->args, "file"));
    for (int i = 0; i < words.n && !s; i++) s = add_word(rq, &m, words.v[i]);
    if (!s) s = check_options(rq, m.kind);
    if (!s) s = m.kind->merge(rq, m.path, m.path ? &m.plan : NULL, &m.files, m.missing);
    ll_sweep_plan_free(&m.plan);
    ll_strs_free(&m.files);
    ll_strs_free(&words);
    free(m.path);
    return s;
}
