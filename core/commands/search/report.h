/* The result "search": the choice with what is true of it, the front, what it took. Numbers that are not known are null.
 *
 *   line                                                                    the command, to be given again with a change
 *   arch (string), index, devices, max_ms, p, ms, lo_ms, hi_ms, true_ms     of the first device; `limits` has all of them
 *   bound_ms (within with probability p), expected_ms (before the choice was measured)
 *   score, true_score, violation, best_score, best_arch, regret
 *   evaluations, measurements, seconds, search_s, measuring_s
 *   how it was searched: method, predictor (of the first device; "table"), seed, verify (asked for), objectives, where,
 *   stopped (by Ctrl-C), level (of the intervals lo_ms..hi_ms)
 *   hypervolume, igd_plus, front_is_true
 *   front [{arch, index, ms, lo_ms, hi_ms, true_ms, score, true_score, ...}]  within the limits, in the order of latency
 *   cloud {ms, score, state}                   at most 2,000 of what was met: "in", "out" or "open" (the interval straddles)
 *   each, in front and cloud when there are several devices: the same of each, in their order
 *   steps {evaluations, hypervolume, best}     how it went */
#ifndef LL_COMMANDS_SEARCH_REPORT_H
#define LL_COMMANDS_SEARCH_REPORT_H

#include "core/commands/search/setup.h"
#include "core/search/outcome.h"
#include "core/search/verify.h"

typedef struct ll_search_report {
    const ll_search_setup *setup;
    const ll_search *search;
    const ll_outcome *outcome;
    const ll_verified *verified; /* NULL: nothing was to be verified */
    double seconds;              /* of the search */
    bool stopped;                /* by Ctrl-C */
    int looked_up;               /* latencies of the target that were not predicted but looked at */
} ll_search_report;

/* The front as a table of its own, the result "front": up to n members of what ll_search_result made. */
cJSON *ll_search_front_result(const cJSON *result, int n);
cJSON *ll_search_result(ll_request *rq, const ll_search_report *r);

#endif
