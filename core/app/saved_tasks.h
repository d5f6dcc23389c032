/* The user's own tasks: device names in tasks.json beside the datasets. */
#ifndef LL_APP_SAVED_TASKS_H
#define LL_APP_SAVED_TASKS_H

#include "core/app/app.h"

/* Letters, digits, and . _ - inside, at most 64; neither a published task's name nor a word of
 * the command. */
ll_status ll_saved_task_check_name(const char *name, ll_error *e);
/* {"name": {"space","dataset","source":[...],"target":[...]}, ...}, empty when there is no file. LL_BAD_DATA
 * for a file that is not one of ours. The caller deletes. */
ll_status ll_saved_tasks_read(const ll_app *a, cJSON **out, ll_error *e);
/* Adds or replaces one; what other processes save at the same time is kept (core/base/system/shared_file.h). */
ll_status ll_saved_task_write(const ll_app *a, const char *name, const ll_dataset *d, const ll_task *t,
                              ll_error *e);
ll_status ll_saved_task_remove(const ll_app *a, const char *name, ll_error *e); /* LL_USAGE: no such task */
/* The task on dataset d. LL_USAGE: no task of this name, LL_BAD_DATA: for another space, or a side
 * is empty. */
ll_status ll_saved_task_find(const ll_app *a, const char *name, const ll_dataset *d, ll_task **out,
                             ll_error *e);

#endif
