/* For tests that talk to the commands of data/ alone, without a session. Include it once per program. */
#ifndef LL_TESTS_DATA_SAY_H
#define LL_TESTS_DATA_SAY_H

#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "data/datasets/folder.h"
#include "tests/check.h"

static ll_app *app;
static cJSON *last;      /* the latest result */
static ll_str complaint; /* all errors and warnings of the latest lines */

/* Carries out one line; returns the status word of its END. */
static const char *say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *say(const char *fmt, ...)
{
    static char status[16];
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&line, fmt, ap);
    va_end(ap);
    ll_str_clear(&complaint);
    ll_app_submit(app, line.s);
    for (cJSON *o; (o = ll_app_wait(app)); cJSON_Delete(o)) {
        const char *event = ll_json_get_str(o, "event", "");
        if (!strcmp(event, "end")) snprintf(status, sizeof status, "%s", ll_json_get_str(o, "status", "?"));
        if (!strcmp(event, "error") || !strcmp(event, "warning"))
            ll_str_addf(&complaint, "%s\n", ll_json_get_str(o, "message", ""));
        if (strcmp(event, "result")) continue;
        cJSON_Delete(last);
        last = cJSON_Duplicate(o, true);
    }
    ll_str_free(&line);
    return status;
}

static inline void start(void)
{
    static char dir[600];
    snprintf(dir, sizeof dir, "%s/data", check_tmpdir());
    app = ll_app_new(&(ll_app_config){.data_dir = dir, .threads = 1});
    ll_app_register(app, ll_data_commands);
    ll_app_register(app, ll_help_commands);
}

static inline void stop(void)
{
    ll_app_free(app);
    cJSON_Delete(last);
    last = NULL;
    ll_str_free(&complaint);
}

static inline const char *write_text(const char *name, const char *text)
{
    static char path[600];
    ll_error e = {0};
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_INT(ll_write_file(path, text, strlen(text), &e), LL_OK);
    return path;
}

/* Hash of a dataset on the disk: what must not change when a command fails. */
static inline ll_hash stored_hash(const char *name)
{
    ll_hash h = {""};
    ll_dataset *d = NULL;
    ll_error e = {0};
    char *path = ll_path_join(ll_app_data_dir(app), name);
    CHECK_INT(ll_folder_load(path, &d, &e), LL_OK);
    if (d) h = d->hash;
    ll_dataset_unref(d);
    free(path);
    return h;
}

#endif
