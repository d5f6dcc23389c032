/* What can be spread over many processes: a record for each command. */
#ifndef LL_DATA_SWEEP_COMMANDS_KIND_H
#define LL_DATA_SWEEP_COMMANDS_KIND_H

#include "core/app/request.h"
#include "data/sweep/run.h"

typedef struct ll_sweep_kind {
    const char *command;
    const char *suffix;                /* of the file that a task brings */
    const ll_option *(*options)(void); /* of the command, those that a plan may have */
    /* Cells, options, data and architectures, by rq->more; the plan is begun. */
    ll_status (*plan)(ll_request *rq, ll_sweep_plan *p);
    bool rest; /* it takes words behind its name */
    /* What runs the tasks of a plan, after looking whether it is still true here: *self, which close frees, also after a
     * failure. */
    ll_status (*open)(ll_request *rq, const char *path, const ll_sweep_plan *p, void **self,
                      ll_sweep_work *out);
    void (*close)(void *self); /* NULL is fine */
    /* Brings what tasks have left together: `files`, of which those of the plan at `path` are `missing`. p NULL: there is
     * no plan, only files. */
    ll_status (*merge)(ll_request *rq, const char *path, const ll_sweep_plan *p, const ll_strs *files,
                       int missing);
    /* What one task needs at most, MB, by what it is about and not by what was seen. */
    double (*memory_mb)(ll_request *rq, const ll_sweep_plan *p);
    const ll_option *merge_options;
    bool merges_many; /* files of several plans at once */
    /* Not two tasks of one label at the same time: they are of one device. */
    bool one_at_a_time;
} ll_sweep_kind;

extern const ll_sweep_kind ll_sweep_of_compare, ll_sweep_of_proxies, ll_sweep_of_measure;
const ll_sweep_kind *ll_sweep_kind_at(int i);                 /* NULL behind the last */
const ll_sweep_kind *ll_sweep_kind_find(const char *command); /* NULL: it cannot be spread */
/* Reads a plan and finds out what it is of. LL_BAD_DATA also where that is a command of another version. */
ll_status ll_sweep_open_plan(const char *path, ll_sweep_plan *p, const ll_sweep_kind **kind, ll_error *e);

/* A request as a command with these options would get it; its args to be freed. */
ll_request ll_sweep_inner(ll_request *rq, const ll_option *options);
/* Options of a plan, "name=value" with marked values, into a request. LL_BAD_DATA: no option. */
ll_status ll_sweep_set(ll_request *inner, const char *text, ll_error *e);
/* Option `name` as it was given into the plan and the inner request. */
ll_status ll_sweep_keep(ll_request *rq, const char *name, const char *marked, ll_request *inner,
                        ll_sweep_plan *p);
/* The given ones of rq->more that are in this table and not in `but` (ending with NULL). */
ll_status ll_sweep_keep_all(ll_request *rq, const ll_option *table, const char *const *but, ll_request *inner,
                            ll_sweep_plan *p);

/* archs= and space= as they were given into the inner request alone: a plan has its architectures as text. */
ll_status ll_sweep_set_archs(ll_request *rq, ll_request *inner);
/* space= so that every task finds it: one of the user's own by the absolute path of its file. LL_USAGE: it is one that only
 * a dataset has. */
ll_status ll_sweep_keep_space(ll_request *rq, const ll_space *space, ll_request *inner, ll_sweep_plan *p);

/* An option of rq->more as it was given, marked. */
const char *ll_sweep_marked(const ll_request *rq, const char *name);
/* MB for the network of the plan that takes most, at so many bytes an activation and a parameter. */
double ll_sweep_largest_mb(const ll_space *space, const ll_sweep_plan *p, double activation, double param);

/* Adds files of a plan's tasks that are there; *missing: how many have none. */
void ll_sweep_task_files(const ll_sweep_plan *p, const char *path, const char *suffix, ll_strs *files,
                         int *missing);

ll_status ll_sweep_plan_command(ll_request *rq);
ll_status ll_sweep_run_command(ll_request *rq);
ll_status ll_sweep_emit_command(ll_request *rq);
ll_status ll_sweep_status_command(ll_request *rq);
ll_status ll_sweep_merge_command(ll_request *rq);

#endif
