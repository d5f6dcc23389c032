#include "sessions/header.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"

void ll_json_now(cJSON *o, const char *key)
{
    char text[32];
    time_t now = (time_t)ll_wall_s();
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    ll_json_str(o, key, text);
}

static ll_status put_header(const char *dir, const cJSON *header, ll_error *e)
{
    char *path = ll_path_join(dir, "session.json"), *text = ll_json_text(header);
    ll_status s = ll_write_file(path, text, strlen(text), e);
    free(text);
    free(path);
    return s;
}

ll_status ll_header_write(const char *dir, const char *name, const cJSON *state, ll_error *e)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "format", "latlab session");
    ll_json_int(o, "version", LL_SESSION_VERSION);
    ll_json_str(o, "latlab", LL_VERSION);
    ll_json_str(o, "name", name);
    ll_json_now(o, "time");
    if (state) cJSON_AddItemToObject(o, "state", cJSON_Duplicate(state, true));
    ll_status s = put_header(dir, o, e);
    cJSON_Delete(o);
    return s;
}

ll_status ll_header_mark_script(const char *dir, bool script, ll_error *e)
{
    cJSON *header = NULL;
    char *path = ll_path_join(dir, "session.json");
    ll_status s = LL_OK;
    if (ll_session_is_script(dir) != script && !ll_json_read_file(path, &header, NULL)) {
        cJSON_DeleteItemFromObject(header, "script");
        ll_json_bool(header, "script", script);
        s = put_header(dir, header, e);
    }
    cJSON_Delete(header);
    free(path);
    return s;
}

bool ll_session_is_script(const char *dir)
{
    cJSON *header = NULL;
    char *path = ll_path_join(dir, "session.json");
    bool script = ll_is_file(path) && !ll_json_read_file(path, &header, NULL) &&
                  ll_json_get_bool(header, "script", false);
    cJSON_Delete(header);
    free(path);
    return script;
}
