#include "sessions/header.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

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

/* NULL where none can be read: a pipe in its place is not waited for. */
static cJSON *read_header(const char *dir)
{
    cJSON *header = NULL;
    char *path = ll_path_join(dir, "session.json");
    if (ll_is_file(path)) (void)!ll_json_read_file(path, &header, NULL);
    free(path);
    return header;
}

/* Takes over the value. */
static ll_status mark(const char *dir, const char *key, cJSON *value, ll_error *e)
{
    cJSON *header = read_header(dir);
    ll_status s = LL_OK;
    if (header) {
        cJSON_DeleteItemFromObject(header, key);
        cJSON_AddItemToObject(header, key, value);
        s = put_header(dir, header, e);
    } else {
        cJSON_Delete(value);
    }
    cJSON_Delete(header);
    return s;
}

ll_status ll_header_mark_script(const char *dir, bool script, ll_error *e)
{
    return ll_session_is_script(dir) == script ? LL_OK : mark(dir, "script", cJSON_CreateBool(script), e);
}

bool ll_session_is_script(const char *dir)
{
    cJSON *header = read_header(dir);
    bool script = ll_json_get_bool(header, "script", false);
    cJSON_Delete(header);
    return script;
}

ll_status ll_header_mark_origin(const char *dir, const char *origin, double inherited, ll_error *e)
{
    ll_status s = mark(dir, "inherited", cJSON_CreateNumber(inherited), e);
    return s ? s : mark(dir, "of", ll_json_string(origin), e);
}

double ll_session_inherited(const char *dir)
{
    cJSON *header = read_header(dir);
    double inherited = ll_json_get_num(header, "inherited", 0);
    cJSON_Delete(header);
    return inherited;
}

char *ll_session_origin(const char *dir)
{
    cJSON *header = read_header(dir);
    const char *of = ll_json_get_str(header, "of", NULL);
    char *origin = of ? ll_strdup(of) : NULL;
    cJSON_Delete(header);
    return origin;
}
