/* The commands of this room: import, load, datasets, device, dataset, export, write, model, doctor. */
#ifndef LL_DATA_COMMANDS_COMMANDS_H
#define LL_DATA_COMMANDS_COMMANDS_H

#include "core/app/command.h"
#include "core/app/request.h"
#include "data/importers/import.h"
#include "data/results/results.h"

/* Ends with a record whose name is NULL. */
extern const ll_command ll_data_commands[], ll_proxies_commands[], ll_encode_commands[], ll_lut_commands[];

/* What the records of the table call. */
ll_status ll_run_import(ll_request *rq);
ll_status ll_run_load(ll_request *rq);
ll_status ll_run_datasets(ll_request *rq);
ll_status ll_run_device(ll_request *rq);
ll_status ll_run_dataset(ll_request *rq);
ll_status ll_run_export(ll_request *rq);
ll_status ll_export_onnx(ll_request *rq, const char *archs);
/* A table of layer costs (option table) into `path`; *rows: how many are in it. */
ll_status ll_export_lut(ll_request *rq, const char *path, int *rows);
const ll_option *ll_export_more(char *const *words, int n);
ll_status ll_run_write(ll_request *rq);
ll_status ll_run_model(ll_request *rq);
ll_status ll_run_doctor(ll_request *rq);
ll_status ll_run_compare(ll_request *rq);
ll_status ll_run_results(ll_request *rq);
/* The database that the option `results` names, or the usual one. create: false refuses one that is not there. */
ll_status ll_open_results(ll_request *rq, const ll_values *options, bool create, ll_results **out);
const ll_option *ll_compare_more(char *const *words, int n);
extern const ll_option ll_results_options[];
extern const ll_option ll_import_options[], ll_load_options[], ll_export_options[], ll_write_options[],
    ll_model_options[], ll_device_options[], ll_dataset_options[];

/* A dataset by name, in the data folders, or by path: the app's loader (ll_app_set_loader). */
ll_status ll_data_find(ll_app *a, const char *name, ll_dataset **out, ll_error *e);
/* ll_folder_home() among the folders of this app: where a change of the dataset at `path` is written; free *to. */
ll_status ll_data_home(ll_app *a, const char *path, char **to, ll_error *e);

/* What an import says in the end, which takes a while to work out and is made before anything is written, so that it may be
 * stopped: a row a device, units that look wrong, and in the job's notes what of `fresh`, which was read from a file, is worth a
 * second look in the dataset `d` it is in (twins, and what is like a known device). After a wish to stop it is of no use. */
typedef struct ll_import_report {
    cJSON *rows;
    ll_strs warnings;
} ll_import_report;
void ll_import_report_make(ll_request *rq, ll_import *job, const ll_dataset *d, const ll_dataset *fresh,
                           ll_import_report *out);
/* The warnings, and the result of the import: what was read, the dataset it is in now, rows and notes. */
void ll_import_report_emit(ll_request *rq, const ll_import *job, const ll_dataset *d, const ll_dataset *fresh,
                           ll_import_report *report);
void ll_import_report_free(ll_import_report *report);

/* Fields of a result that say what a dataset is: dataset, space, archs, devices, hash, path. */
void ll_dataset_fields(cJSON *o, const ll_dataset *d);

/* What was loaded before there was any data predicts the rows of the data there is now. */
ll_status ll_use_adapted(ll_request *rq);

#endif
