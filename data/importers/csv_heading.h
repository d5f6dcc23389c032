/* What the name of a column says of what is measured, and in which unit. */
#ifndef LL_DATA_IMPORTERS_CSV_HEADING_H
#define LL_DATA_IMPORTERS_CSV_HEADING_H

#include "core/device/unit.h"

/* What the words of a name are of: "latency_mean", "mean inference time", "lat_std". */
typedef struct ll_heading_words {
    int n, latencies, kinds, others, stds, units; /* others: quantities that are no latency */
} ll_heading_words;
ll_heading_words ll_heading_words_of(const char *name);

typedef struct ll_heading {
    char *stem; /* without the unit where that stands in brackets */
    const ll_unit *unit;
    const ll_unit *maybe; /* the name ends in one, and may be just a name */
    bool hinted;
    ll_measurand of; /* when hinted */
    bool bracketed;  /* the unit stands in brackets: somebody meant it */
    bool in_name;    /* unit or maybe is a word of the stem */
} ll_heading;

/* Its stem is to be freed. */
ll_heading ll_heading_read(const char *name);
/* Does the name end so, with something before it, in any case? */
bool ll_heading_ends_in(const char *name, const char *ending);
/* Is it one of these (the last is NULL), in any case? */
bool ll_heading_among(const char *const *names, const char *name);
/* Is one of its words what one measures: latency, energy? */
bool ll_heading_hints(const char *name);

#endif
