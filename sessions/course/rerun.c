#include "sessions/course/rerun.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/folder.h"
#include "sessions/session.h"

/* Datasets that the lesson makes go to a folder that is gone afterwards. */
static ll_status begin_app(ll_request *rq, char *dir, ll_app **out)
{
    if (!mkdtemp(dir)) return LL_FAIL(rq, LL_FAILED, "%s: cannot make a folder to play the lesson in", dir);
    ll_app *app = ll_app_like(rq->app, &(ll_app_config){dir, ll_app_threads(rq->app)});
    if (!app) return LL_FAIL(rq, LL_FAILED, "the system gives no thread to play the lesson in");
    for (int i = 0; ll_app_kept_kind(rq->app, i); i++)
        if (ll_app_kept_kind(rq->app, i) != &ll_session_kind) ll_app_keep(app, ll_app_kept_kind(rq->app, i));
    ll_sessions_start(app);
    ll_sessions_in_memory(app);
    *out = app;
    return LL_OK;
}

static void take_event(ll_rerun *out, const cJSON *event)
{
    const char *kind = ll_json_get_str(event, "kind", "");
    const cJSON *told = cJSON_GetObjectItemCaseSensitive(event, "told"), *one;
    if (!strcmp(kind, "lesson"))
        cJSON_ArrayForEach(one, told) cJSON_AddItemToArray(out->told, cJSON_Duplicate(one, true));
    if (!strcmp(kind, "lesson-ran")) cJSON_AddItemToArray(out->values, cJSON_Duplicate(event, true));
    if (strcmp(ll_json_get_str(event, "event", ""), "error") || out->failed) return;
    out->failed = ll_strdup(ll_json_get_str(event, "message", ""));
}

/* All events of the app, until it is done or the one who asked wants to stop. */
static void hear(ll_request *rq, ll_app *app, ll_rerun *out)
{
    static const struct timespec a_moment = {0, 2000000};
    for (bool more = true; more;) {
        bool busy = ll_app_busy(app);
        cJSON *event = ll_app_next(app);
        more = busy || event;
        if (event) take_event(out, event);
        if (!event && busy) nanosleep(&a_moment, NULL);
        if (busy && ll_cancelled(rq->observer)) ll_app_cancel_all(app);
        cJSON_Delete(event);
    }
}

/* Each answer as one quoted member of the list, whatever is in it. */
static char *line_of(const char *path, const char *student, const ll_strs *answers)
{
    ll_str line = {0};
    ll_quote_addf(&line, "lesson run %s keep-going=on", path);
    if (student) ll_quote_addf(&line, " student=%s", student);
    for (int i = 0; i < answers->n; i++) {
        ll_str_add(&line, i ? "," : " answers=");
        ll_quote_word(&line, answers->v[i]);
    }
    return ll_str_take(&line);
}

static char *folder_name(void)
{
    return ll_path_join(ll_path_temporary(), "latlab-grade-XXXXXX");
}

ll_status ll_rerun_lesson(ll_request *rq, const char *path, const char *student, const ll_strs *answers,
                          ll_rerun *out)
{
    *out = (ll_rerun){.told = cJSON_CreateArray(), .values = cJSON_CreateArray()};
    char *dir = folder_name(), *line = line_of(path, student, answers);
    ll_app *app = NULL;
    ll_status s = begin_app(rq, dir, &app);
    if (!s) ll_app_submit(app, line);
    if (!s) hear(rq, app, out);
    if (!s && ll_cancelled(rq->observer)) s = LL_FAIL(rq, LL_CANCELLED, "cancelled");
    ll_app_free(app);
    ll_remove_tree(dir, NULL);
    free(dir);
    free(line);
    return s;
}

void ll_rerun_free(ll_rerun *r)
{
    cJSON_Delete(r->told);
    cJSON_Delete(r->values);
    free(r->failed);
    *r = (ll_rerun){0};
}
