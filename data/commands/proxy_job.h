/* One run of `proxies`, and what it has to do with the dataset. */
#ifndef LL_DATA_COMMANDS_PROXY_JOB_H
#define LL_DATA_COMMANDS_PROXY_JOB_H

#include "core/app/request.h"
#include "data/datasets/proxy_table.h"

typedef struct ll_proxies_job {
    ll_request *rq;
    const ll_space *space;
    ll_ints which; /* places in ll_proxies */
    ll_ints asked; /* rows of the table */
    ll_proxy_table table;
    char *settings; /* what decides about the values, as text */
    char *path;     /* of out=; NULL: none */
    char *to;       /* folder of the dataset that is extended; NULL: none */
    ll_proxy_images images;
    ll_net_weights weights;
    double *seconds;  /* (threads, proxies) */
    int *computed;    /* (proxies) */
    ll_ints like;     /* (rows of the table) whose passes stand for this one's: its own, unless alike=on */
    ll_ints todo;     /* rows of the table with something to compute */
    double written_s; /* when out= was written last */
    bool warned;      /* that it could not be */
} ll_proxies_job;

/* What rq->args ask for, read and checked, and nothing computed: all but `seconds`, `computed` and `todo`. Rows of the table
 * that compute the same as another one stand behind it in `asked`. ll_proxies_close also on failure. */
ll_status ll_proxies_open(ll_proxies_job *j);
void ll_proxies_close(ll_proxies_job *j);

/* Before anything is computed: whether save=on can be done, and which values the dataset has as scores. */
ll_status ll_proxies_open_scores(ll_proxies_job *j);
/* What is computed becomes scores of the dataset, where save=on says so. */
ll_status ll_proxies_save_scores(ll_proxies_job *j);

#endif
