/* Reading a table of the user's own: what both halves of the importer know. import_csv_columns.c decides what each column
 * means, import_csv.c reads the rows. */
#ifndef LL_DATA_DATASETS_IMPORT_CSV_H
#define LL_DATA_DATASETS_IMPORT_CSV_H

#include "core/base/csv.h"
#include "core/base/index.h"
#include "core/device/unit.h"
#include "data/datasets/arch_columns.h"
#include "data/datasets/arch_text.h"
#include "data/datasets/import.h"

/* What a column of the file means. */
typedef enum ll_role {
    LL_ROLE_IGNORED,
    LL_ROLE_ARCH,
    LL_ROLE_DEVICE, /* long: its name */
    LL_ROLE_VALUE,  /* long: the number */
    LL_ROLE_STD,
    LL_ROLE_UNIT,
    LL_ROLE_OF_DEVICE,    /* wide: the numbers of a device */
    LL_ROLE_STD_OF_DEVICE /* and their deviations */
} ll_role;
typedef struct ll_table_column {
    ll_role role;
    int device;          /* OF_DEVICE, STD_OF_DEVICE */
    const ll_unit *unit; /* of numbers; NULL: as each row says */
} ll_table_column;

/* One number of the file, in the unit its quantity is kept in. */
typedef struct ll_table_cell {
    int row, device, line;
    double value, std;
} ll_table_cell;

typedef struct ll_table_reader {
    ll_import *job;
    const ll_unit *units[LL_MEASURANDS]; /* those the user gave; NULL: none of that quantity */
    const ll_unit *plain;                /* of columns that say nothing; NULL: none was given */
    ll_csv csv;
    ll_table_column *columns;
    int n_columns;
    bool is_long, by_row; /* by_row: bare numbers are rows of the dataset that is joined */
    bool saw_index;
    ll_strs header;     /* names of the columns; "" for the row labels of a data frame */
    ll_arch_columns at; /* where the architectures stand */
    ll_arch_text text;  /* and how they are written */
    ll_str arch;        /* the current one */
    ll_strs devices;
    ll_names device_names; /* the devices by name */
    const ll_unit **read;  /* (n_read) what each device was read in; NULL: nothing yet */
    int n_read;
    uint8_t *genes; /* (n_rows, positions) */
    int *lines;     /* where each row was first met */
    int n_rows, rows_cap;
    ll_index rows; /* by gene */
    ll_table_cell *cells;
    int n_cells, cells_cap;
    int n_zero, n_minus;
} ll_table_reader;

/* Reads the header and gives every column its meaning. LL_BAD_DATA names the column. */
ll_status ll_table_plan(ll_table_reader *r, ll_error *e);
/* A device as the table names it, or the user for the table; -1 when that is no name. */
int ll_table_add_device(ll_table_reader *r, const char *text, ll_error *e);
/* What `text` says, for columns and rows. LL_BAD_DATA: it is no unit, or another than the user's for that quantity. */
ll_status ll_table_unit(const ll_table_reader *r, const char *text, const ll_unit **out, ll_error *e);

/* Of a table of numbers: is it a measured column, its deviations, device or unit? Or one that is neither that nor a number
 * of an architecture (accuracies, row labels)? */
bool ll_table_measures(const char *name);
bool ll_table_is_other(const char *name);
bool ll_table_has_strings(const ll_csv *header); /* a column that says it holds architectures */

/* Is a column of that name read as latencies of a device of that name, in the unit that is given? */
bool ll_table_takes_name(const char *name);

/* Tables whose architectures are numbers (core/space/numbers.h): the first pass over the file, which gives the space.
 * *parts: its measured columns are the parts of one network, encoder and decoder. */
ll_status ll_table_numbers(const ll_import *job, const ll_space **space, bool *parts, ll_error *e);
/* Notes which columns were read as numbers of architectures, which as devices and which as deviations. */
void ll_table_note_numbers(const ll_table_reader *r);
/* Names the parts after the device and adds their sum, which is the device itself. */
ll_status ll_table_add_sum(ll_import *job, ll_dataset **d, ll_error *e);

#endif
