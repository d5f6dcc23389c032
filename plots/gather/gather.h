/* State -> figure: what `plot KIND` shows of what the user has built. One function per kind. */
#ifndef LL_PLOTS_GATHER_H
#define LL_PLOTS_GATHER_H

#include "core/app/request.h"
#include "plots/figure/figure.h"

typedef struct ll_plot_request {
    ll_request *rq;
    ll_plot_size size;
    cJSON *result; /* fields of the kind go here */
} ll_plot_request;

ll_status ll_gather_heatmap(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_bars(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_hist(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_scatter(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_residual(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_map(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_curve(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_compare(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_shots(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_front(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_search(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_regret(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_alpha(ll_plot_request *p, ll_figure **out);
ll_status ll_gather_codesign(ll_plot_request *p, ll_figure **out);

/* Logarithmic axis for these latencies? log=on|off, and log=auto when the middle 98 % span more than 20
 * times. */
bool ll_plot_log(const ll_request *rq, const double *v, int n);

const char *ll_plot_metric_name(int i); /* what metric= takes; NULL behind the last */
/* "Spearman correlation" and so on: how an axis calls metric=. */
const char *ll_plot_metric(const char *metric);
/* Between what it lies: a correlation between -1 and 1. */
void ll_plot_metric_range(const char *metric, double *least, double *most);

#endif
