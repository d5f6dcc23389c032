/* The command `codesign`: from its options to a problem (codesign_setup.c), and what it came to (codesign_report.c). */
#ifndef LL_DATA_MACHINES_CODESIGN_H
#define LL_DATA_MACHINES_CODESIGN_H

#include "core/app/request.h"
#include "core/codesign/codesign.h"
#include "core/search/score.h"
#include "data/machines/accelerators.h"

extern const ll_command ll_codesign_commands[];

typedef enum ll_codesign_kind { LL_SEARCH_ACCELERATOR, LL_SEARCH_NETWORK, LL_SEARCH_BOTH } ll_codesign_kind;

/* Zero-initialise; free with ll_codesign_setup_free. */
typedef struct ll_codesign_setup {
    ll_codesign_kind kind;
    const ll_published_chip *chip; /* of search=network */
    ll_codesign_problem problem;
    ll_archs *networks;     /* of search=accelerator */
    ll_workload *workloads; /* (networks->n) */
    ll_scorer *scorer;      /* else */
    char *score;            /* its name */
    double least;           /* the lowest score that is good enough */
    uint8_t start[LL_MAX_POSITIONS];
} ll_codesign_setup;
ll_status ll_codesign_setup_read(ll_request *rq, ll_codesign_setup *s);
void ll_codesign_setup_free(ll_codesign_setup *s);
/* NaN: not known. Any thread. */
double ll_codesign_score(const ll_codesign_setup *s, const uint8_t *gene);

/* The result; its table holds published designs within the budget beside what was found. The caller owns it. */
cJSON *ll_codesign_result(const ll_codesign_setup *s, const ll_codesign *found);
/* The layers of the (first) network on it, each with its mapping. */
cJSON *ll_codesign_layers(const ll_codesign_setup *s, const ll_codesign *found);

#endif
