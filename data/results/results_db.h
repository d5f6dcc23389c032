/* The open database, for the files that keep something in it. */
#ifndef LL_DATA_RESULTS_RESULTS_DB_H
#define LL_DATA_RESULTS_RESULTS_DB_H

#include <sqlite3.h>

#include "data/results/results.h"

enum { LL_RESULTS_APPLICATION = 0x6c61746c /* "latl" */, LL_RESULTS_SCHEMA = 3 };

struct ll_results {
    sqlite3 *db;
    char *path;
    bool read_only;
    int version;              /* of its schema; an older one that may not be written stays as it is */
    sqlite3_stmt *find, *add; /* add: NULL where it may not be written */
    char *host, *cpu;         /* of this machine, once a trial was stored */
    double stored_s;          /* when the latest was */
    sqlite3_stmt *find_search, *add_search; /* NULL: there is no such table */
};

/* The latest error of sqlite in words of our own. */
ll_status ll_results_failed(const ll_results *r, ll_error *e);
ll_status ll_results_sql(ll_results *r, const char *sql, ll_error *e);
ll_status ll_results_prepare_searches(ll_results *r, ll_error *e);
void ll_results_origin(ll_results *r);                    /* fills host and cpu */
char *ll_results_options_text(const ll_trial_context *c); /* as the column `options` has them; cJSON_free */
double ll_results_column(sqlite3_stmt *s, int i);         /* NULL is NaN, both ways */
void ll_results_bind(sqlite3_stmt *s, int i, double x);

#endif
