/* What the header of a table says, for both kinds of tables: a column a device (csv_columns.c) and a measurement a line
 * (csv_long.c). */
#ifndef LL_DATA_IMPORTERS_CSV_COLUMNS_H
#define LL_DATA_IMPORTERS_CSV_COLUMNS_H

#include "data/importers/csv.h"
#include "data/importers/csv_heading.h"

/* Names of columns that mean themselves; NULL at the end. */
extern const char *const ll_column_devices[], *const ll_column_units[];

/* Is it the number of a line, and of what? */
bool ll_column_is_value(const char *name, ll_measurand *of);
/* "phone_ms", "lat us": whatever it is in, it was measured. One letter is no unit: "width_b" may be one of two. */
bool ll_column_ends_in_unit(const char *name);
/* Deviations of the number of a line: "std", "std_ms", "latency_std", "stdev (ms)". */
bool ll_column_is_std(const char *name);
bool ll_column_names_archs(const ll_table_column *c);

/* The unit of a column of numbers; NULL: nothing was said of that. LL_BAD_DATA: the user said another. A throughput is
 * one whatever the latencies are in. */
ll_status ll_column_unit(const ll_table_reader *r, const ll_heading *h, const char *name, const ll_unit **out,
                         ll_error *e);

/* "server_us" may be a name and "server (us)" is not: fails, asking for unit=. */
ll_status ll_column_ask_unit(const ll_table_reader *r, int column, ll_error *e);

/* Plans a table of a measurement a line; r->is_long stays false when it is none. LL_BAD_DATA names the column. */
ll_status ll_table_plan_long(ll_table_reader *r, ll_error *e);

#endif
