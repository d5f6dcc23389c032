/* The parts of a report. Each asks the commands that a person would ask, and shows what they answer; where one has no
 * answer, its sentence stands there. */
#ifndef LL_PLOTS_REPORT_SECTIONS_H
#define LL_PLOTS_REPORT_SECTIONS_H

#include "core/app/request.h"

typedef struct ll_report {
    ll_request *rq;
    ll_str out;
    int figures;                          /* so far */
    ll_transfer *shown[LL_MAX_TRANSFERS]; /* borrowed: whose predictions are shown */
    int n_shown, n_transfers;             /* of how many that were asked for */
    bool diagnose;
} ll_report;

typedef struct ll_report_section {
    const char *id, *title, *lead;
    ll_status (*add)(ll_report *r); /* LL_CANCELLED, else LL_OK: what is not there is said in the page */
} ll_report_section;
extern const ll_report_section ll_report_sections[]; /* ends with id NULL */

/* The numbers that count, at the top. */
void ll_report_cards(ll_report *r);

#endif
