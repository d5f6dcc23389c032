#include "core/commands/predicted.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/sort.h"
#include "core/transfer/metrics.h"

const ll_column ll_predicted_columns[] = {{"row", "row", NULL, 0},
                                          {"arch", "architecture", NULL, -1},
                                          {"predicted_ms", "predicted", "ms", 4},
                                          {"lo_ms", "lo", "ms", 4},
                                          {"hi_ms", "hi", "ms", 4},
                                          {"measured_ms", "measured", "ms", 4},
                                          {0}};

void ll_predicted_judge(cJSON *result, const char *whose, double coverage, double level, int n)
{
    ll_str said = {0};
    ll_coverage_say(&said, coverage, level, n);
    if (said.len) ll_result_note(result, "%s: %s (`help coverage`)", whose, ll_str_text(&said));
    ll_str_free(&said);
}

void ll_predicted_json(const ll_predicted *p, cJSON *row)
{
    ll_json_num(row, "score", p->score);
    ll_json_num(row, "predicted_ms", p->lat_ms);
    if (!isnan(p->lo_ms)) ll_json_num(row, "lo_ms", p->lo_ms);
    if (!isnan(p->hi_ms)) ll_json_num(row, "hi_ms", p->hi_ms);
    ll_json_num(row, "measured_ms", p->measured_ms);
}

void ll_predicted_order(const ll_request *rq, const double *score, int n, ll_ints *out)
{
    int *order = LL_NEW_ARRAY(int, n + 1), top = ll_int(&rq->args, "top");
    bool slow = ll_is(&rq->args, "order", "slowest");
    ll_sort_order(score, n, order);
    for (int i = 0; i < top && i < n; i++) ll_ints_add(out, order[slow ? n - 1 - i : i]);
    free(order);
}
