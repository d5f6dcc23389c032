/* Reading a table of the user's own: what the parts of the importer know. csv_columns.c and csv_long.c decide what each column
 * means, csv_archs.c which architecture a line is of, csv.c reads the rows. */
#ifndef LL_DATA_IMPORTERS_CSV_H
#define LL_DATA_IMPORTERS_CSV_H

#include "core/base/index.h"
#include "core/base/text/csv.h"
#include "core/device/unit.h"
#include "data/importers/arch_columns.h"
#include "data/importers/arch_text.h"
#include "data/importers/import.h"

/* What a column of the file means. */
typedef enum ll_role {
    LL_ROLE_IGNORED,
    LL_ROLE_UNWANTED, /* ignore= says so */
    LL_ROLE_ARCH,
    LL_ROLE_CHECK,  /* names architectures, too */
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

/* A column that names architectures beside the one that is read. */
enum { LL_TABLE_CHECKS = 8 };
typedef struct ll_table_check {
    int column;
    int read, unread; /* lines in which it says something, and in which it says nothing that can be read */
    long first;       /* its number in the first line */
    bool counts;      /* it counts the lines, so far */
    int line;         /* where it first said another architecture; 0: nowhere */
    char says[104], means[168], instead[152];
} ll_table_check;

/* Several runs of one architecture on one device: what they become, and what tells lines of one device apart. */
typedef struct ll_runs {
    const char *as;  /* "median", "min", "mean"; NULL: a second line of one is a mistake */
    bool by_file;    /* nobody asked: the file has a column of runs, or lists in its cells */
    int least, most; /* runs of one; 0: none had several */
    int n_settings;  /* columns that say how a line was measured and are left out: */
    int *setting;    /* their numbers, and */
    ll_strs *values; /* (n_settings) what each device had first, "" not yet */
} ll_runs;

typedef struct ll_table_reader {
    ll_import *job;
    const ll_unit *units[LL_MEASURANDS]; /* those the user gave; NULL: none of that quantity */
    const ll_unit *plain;                /* of columns that say nothing; NULL: none was given */
    ll_csv csv;
    ll_table_column *columns;
    int n_columns;
    bool is_long, by_row; /* by_row: architectures are rows of the dataset that is joined */
    bool by_index;        /* they are canonical indices: the title says so */
    bool saw_index;       /* one was a bare number */
    ll_table_check checks[LL_TABLE_CHECKS];
    int n_checks, n_records;
    ll_strs header;     /* names of the columns; "" for the row labels of a data frame */
    int *key, n_key;    /* long: the columns that name the device */
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
    int n_missing;       /* cells that say in words that nothing was measured, */
    ll_strs words;       /* these */
    int n_empty;         /* cells with nothing in them where a value was expected */
    int comma, point;    /* first line with a decimal comma, with a decimal point; 0: none */
    char comma_text[64]; /* its number */
    ll_runs runs;
} ll_table_reader;

/* Reads the header and gives every column its meaning. LL_BAD_DATA names the column. */
ll_status ll_table_plan(ll_table_reader *r, ll_error *e);
/* A device as the table names it, or the user for the table; -1 when that is no name. */
int ll_table_add_device(ll_table_reader *r, const char *text, ll_error *e);
/* The rule for names of devices, at every door: what core/base/text/name.h says, and nothing that a table would take for another
 * column ("latency", "x_std"), since a device is one once it is exported. Read: blanks at the ends are dropped first; *name is
 * the caller's to free, unless it fails. */
ll_status ll_table_check_device(const char *name, ll_error *e);
ll_status ll_table_device_name(const char *text, char **name, ll_error *e);
/* What `text` says, for columns and rows. LL_BAD_DATA: it is no unit, or another than the user's for that quantity. */
ll_status ll_table_unit(const ll_table_reader *r, const char *text, const ll_unit **out, ll_error *e);

/* Of a table of numbers: is it a measured column, its deviations, device or unit? Or one that is neither that nor a number
 * of an architecture (accuracies, row labels)? */
bool ll_table_measures(const char *name);
bool ll_table_is_other(const char *name);
bool ll_table_has_strings(const ll_csv *header); /* a column that says it holds architectures */
bool ll_table_names_archs(const char *name);     /* a column of that name does, or of their indices or rows */
bool ll_table_is_index(const char *name);        /* of the latter */

/* Whether a column of that name counts runs, or says how it was measured (batch size, precision, threads). */
bool ll_table_counts_runs(const char *name);
bool ll_table_is_setting(const char *name);
/* After the header: decides whether lines may repeat, and which columns tell them apart. */
void ll_table_plan_runs(ll_table_reader *r);
/* LL_BAD_DATA: the current line was measured in another way than a line of this device before. */
ll_status ll_table_check_settings(ll_table_reader *r, int device, ll_error *e);
/* Fills the latencies, and deviations where there are any, from the cells; several of one become one, or are LL_BAD_DATA. */
ll_status ll_table_fill(ll_table_reader *r, ll_dataset *d, ll_error *e);
void ll_table_note_runs(const ll_table_reader *r);
void ll_runs_free(ll_runs *runs);

/* The columns that name architectures, from the header in r->csv. LL_BAD_DATA: there is none. */
ll_status ll_table_find_archs(ll_table_reader *r, const ll_names *names, ll_error *e);
/* An architecture of the space in words; a number may be anything. */
bool ll_table_says_arch(const ll_space *space, const char *text);
/* The current record, the first, is not names but has an architecture in it. */
bool ll_table_lacks_heading(const ll_table_reader *r);
/* The architecture of the current record, its text in r->arch. LL_BAD_DATA: unknown, or two columns name two. */
ll_status ll_table_read_arch(ll_table_reader *r, uint8_t *gene, ll_error *e);
void ll_table_note_archs(ll_table_reader *r); /* how they were read */

/* Is a column of that name read as latencies of a device of that name, in the unit that is given? */
bool ll_table_takes_name(const char *name);

/* Tables whose architectures are numbers (core/space/own/numbers.h): the first pass over the file, which gives the space.
 * *parts: its measured columns are the parts of one network, encoder and decoder. */
ll_status ll_table_numbers(const ll_import *job, const ll_space **space, bool *parts, ll_error *e);
/* Notes which columns were read as numbers of architectures, which as devices and which as deviations. */
void ll_table_note_numbers(const ll_table_reader *r);
/* Names the parts after the device and adds their sum, which is the device itself. */
ll_status ll_table_add_sum(ll_import *job, ll_dataset **d, ll_error *e);

#endif
