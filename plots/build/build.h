/* Builders: plain arrays -> a figure. Pure; inputs are borrowed and copied where kept.
 *
 * Latencies are milliseconds, NaN where unknown; rows with a NaN are left out. A size that is not given suits
 * the figure. Every builder returns LL_BAD_DATA with a sentence when nothing is left to
 * draw, and leaves *out NULL then. */
#ifndef LL_PLOTS_BUILD_H
#define LL_PLOTS_BUILD_H

#include "core/base/status.h"
#include "plots/figure/figure.h"

/* --- heatmap: correlation of devices (plots/build/heatmap.c) --- */
typedef struct ll_heatmap_join { /* one merge of a dendrogram, as in ll_merge */
    int a, b;
    double height;
} ll_heatmap_join;
typedef struct ll_heatmap_data {
    const char *title, *value_label;
    int n;
    const char *const *names; /* (n) */
    const double *r;          /* (n, n) symmetric; NaN: no correlation */
    const int *order;         /* (n) positions in the order to show; NULL: as they are */
    const char *side;         /* (n) 's' source, 't' target, else neither; NULL: no task */
    /* (n-1) leaves are positions; NULL: no dendrogram. Needs the tree's order. */
    const ll_heatmap_join *joins;
    const int *group;    /* (n) framed where they stand side by side; NULL: none */
    const char *palette; /* NULL: cividis, or diverging when a value is negative */
    ll_plot_size size;
} ll_heatmap_data;
ll_status ll_build_heatmap(const ll_heatmap_data *d, ll_figure **out, ll_error *e);

/* --- scatter: predicted against measured, or one device against another (plots/build/scatter.c) --- */
typedef struct ll_scatter_data {
    const char *title;
    ll_plot_quantity quantity;
    /* Devices of the x and the y axis, whose ranges are their own then; NULL: measured and predicted of one. */
    const char *x_device, *y_device;
    int n;
    const double *measured_ms, *predicted_ms; /* (n); of the two devices */
    const double *lo_ms, *hi_ms;              /* (n) or NULL: intervals */
    const int *samples;                       /* (k) rows shown to the predictor */
    int k, cost;                              /* cost: target latencies looked at in all */
    double spearman, level;                   /* level: of the intervals */
    int n_scored;
    int worst; /* rows with the largest relative error to name; 0: none */
    bool log;
    ll_plot_size size;
} ll_scatter_data;
ll_status ll_build_scatter(const ll_scatter_data *d, ll_figure **out, ll_error *e);

/* --- map: architectures on two components of an encoding (plots/build/map.c) --- */
typedef struct ll_map_data {
    const char *title, *encoding;
    int n;
    const double *xy;     /* (n, 2) */
    const double *share;  /* (2) of the variance */
    const double *lat_ms; /* (n) or NULL: the fastest and the slowest fifth are marked */
    const char *device;   /* whose */
    const int *samples;   /* (k) rows */
    int k;
    ll_plot_size size;
} ll_map_data;
ll_status ll_build_map(const ll_map_data *d, ll_figure **out, ll_error *e);

/* --- residual: relative error, against latency or by operation (plots/build/residual.c) --- */
typedef struct ll_residual_data {
    const char *title;
    ll_plot_quantity quantity;
    int n;
    const double *measured_ms, *predicted_ms; /* (n) */
    const int *samples;
    int k;
    int worst;
    bool log;
    ll_plot_size size;
} ll_residual_data;
ll_status ll_build_residual(const ll_residual_data *d, ll_figure **out, ll_error *e);
/* What of relative errors (in %, finite) is shown: 99.6 of 100, and 10 % on either side once errors come near it. n 0: a
 * percent on either side. */
void ll_residual_range(const double *percent, int n, double ends[2]);

/* How often every operation stands in an architecture, against its relative error: a mispriced operation is a
 * staircase. */
typedef struct ll_operation_data {
    const char *title;
    int n, n_ops;
    const double *measured_ms, *predicted_ms; /* (n) */
    const int *count;                         /* (n, n_ops) */
    const char *const *ops;                   /* (n_ops) names */
    ll_plot_size size;
} ll_operation_data;
ll_status ll_build_residual_by_operation(const ll_operation_data *d, ll_figure **out, ll_error *e);

/* --- curve: training history, one panel per quantity (plots/build/curve.c) --- */
typedef struct ll_curve_part {
    const char *name; /* "loss" */
    const double *v;  /* (n) one per epoch, NaN where not taken */
    int n;
} ll_curve_part;
typedef struct ll_curve_data {
    const char *title, *x_label;
    const double *x; /* (as long as the longest part) or NULL: 1, 2, ... */
    const ll_curve_part *parts;
    int n_parts;
    ll_plot_size size;
} ll_curve_data;
ll_status ll_build_curve(const ll_curve_data *d, ll_figure **out, ll_error *e);
/* The power of 1000 that the labels of an axis up to `hi` count in: 12 for 3.5e+14, as "10^12"; 0 below a million. And a
 * number in it for a note: "350 x 10^12". */
int ll_curve_power(double hi);
enum { LL_CURVE_NUMBER = 40 };
const char *ll_curve_number(double x, int power, char out[LL_CURVE_NUMBER]);

/* --- alpha: how probable each choice of each position was over the steps of a search (plots/build/alpha.c) --- */
typedef struct ll_alpha_row {
    const char *position, *choice;
    const double *p; /* (n_steps) */
} ll_alpha_row;
typedef struct ll_alpha_data {
    const char *title;
    const double *step; /* (n_steps) */
    int n_steps;
    const ll_alpha_row *rows; /* (n) those of a position side by side */
    int n;
    ll_plot_size size;
} ll_alpha_data;
ll_status ll_build_alpha(const ll_alpha_data *d, ll_figure **out, ll_error *e);

/* --- hist: distribution of latency on some devices (plots/build/hist.c) --- */
typedef struct ll_hist_data {
    const char *title;
    ll_plot_quantity quantity;
    int n_devices, n;
    const char *const *names;    /* (n_devices) */
    const double *const *lat_ms; /* (n_devices) -> (n) */
    bool log;
    ll_plot_size size;
} ll_hist_data;
ll_status ll_build_hist(const ll_hist_data *d, ll_figure **out, ll_error *e);

/* --- bars: one value per name, sorted (plots/build/bars.c) --- */
typedef struct ll_bars_data {
    const char *title, *value_label;
    int n;
    const char *const *names;
    const double *v;  /* (n) NaN: listed last as n/a */
    const char *side; /* (n) as in ll_heatmap_data, or NULL */
    ll_plot_size size;
} ll_bars_data;
ll_status ll_build_bars(const ll_bars_data *d, ll_figure **out, ll_error *e);

/* --- compare: score of predictors on devices; shots: score over k, a line per (device, predictor) with its name at its
 * end (plots/build/compare.c) ---- */
typedef struct ll_device_score {
    const char *device, *predictor;
    int k;
    double mean, sd; /* over trials; sd NaN or 0 for one */
} ll_device_score;
typedef struct ll_compare_data {
    const char *title, *value_label;
    const ll_device_score *scores; /* several of one (device, predictor[, k]): the last counts */
    int n;
    const char *note;   /* what the scores are means of, or NULL */
    double least, most; /* between what a score lies: no deviation reaches beyond; both 0: anything */
    double ceiling;     /* shots: the best any predictor could reach; NaN: unknown */
    ll_plot_size size;
} ll_compare_data;
ll_status ll_build_compare(const ll_compare_data *d, ll_figure **out, ll_error *e);
ll_status ll_build_shots(const ll_compare_data *d, ll_figure **out, ll_error *e);

/* --- front: score against latency of what a search met (plots/build/front.c) --- */
typedef enum ll_met {
    LL_MET_IN,
    LL_MET_OUT,
    LL_MET_OPEN
} ll_met; /* open: the interval straddles the limit */
typedef struct ll_front_point {
    double ms, lo_ms, hi_ms, score; /* interval NaN: not known */
} ll_front_point;
typedef struct ll_front_data {
    const char *title, *x_label, *score_label;
    ll_plot_quantity quantity; /* of the x axis */
    int n, n_met;              /* n_met: of which these are drawn */
    const double *ms, *score;  /* (n) */
    const ll_met *state;       /* (n) */
    int n_front;
    const ll_front_point *front; /* (n_front) by latency */
    double level;                /* of the intervals */
    double max_ms;               /* NaN: no limit */
    ll_front_point chosen;       /* NaN: nothing was */
    double true_ms, true_score;  /* of the chosen one; NaN: not known */
    bool whole;                  /* the whole range of scores, however many low ones stretch it */
    bool log;
    ll_plot_size size;
} ll_front_data;
ll_status ll_build_front(const ll_front_data *d, ll_figure **out, ll_error *e);

/* --- search: hypervolume and best score over evaluations, a line per search; regret: what each lacks in the end over
 * what was measured for it (plots/build/search.c) --- */
typedef struct ll_course {
    const char *name;
    int n;
    const double *evaluations, *hypervolume, *best; /* (n) NaN: nothing within the limits yet */
} ll_course;
typedef struct ll_courses_data {
    const char *title, *score_label;
    const ll_course *courses;
    int n;
    ll_plot_size size;
} ll_courses_data;
ll_status ll_build_search(const ll_courses_data *d, ll_figure **out, ll_error *e);

typedef struct ll_regret_point {
    const char *name;
    double measurements, regret; /* regret NaN: not known */
    int violation;               /* 1: truly beyond a limit, 0: within, -1: not known */
} ll_regret_point;
typedef struct ll_regret_data {
    const char *title, *value_label;
    const ll_regret_point *points;
    int n;
    ll_plot_size size;
} ll_regret_data;
ll_status ll_build_regret(const ll_regret_data *d, ll_figure **out, ll_error *e);

#endif
