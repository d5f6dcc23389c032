/* Commands of the faces. They carry out nothing themselves: they emit a result of kind "face" that the face
 * which reads the stream acts upon. */
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "tui/faces/config.h"
#include "tui/faces/faces.h"

static ll_status act(ll_request *rq, const char *action, const char *value)
{
    cJSON *result = ll_result_new("face");
    ll_json_str(result, "action", action);
    ll_json_str(result, "value", value);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status need_face(ll_request *rq)
{
    if (ll_app_slot(rq->app, LL_SLOT_FACE)) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "%s needs the prompt or the full screen; a script has neither",
                   rq->command->name);
}

static ll_status run_quit(ll_request *rq)
{
    return act(rq, "quit", NULL);
}

static ll_status run_view(ll_request *rq)
{
    ll_status s = need_face(rq);
    return s ? s : act(rq, "view", ll_has(&rq->args, "view") ? ll_word(&rq->args, "view") : "");
}

static ll_status run_save_display(ll_request *rq)
{
    char *path = NULL;
    ll_status s = need_face(rq);
    if (!s) s = ll_output_new(rq, ll_word(&rq->args, "file"), &path);
    if (!s) s = act(rq, "save-display", path);
    free(path);
    return s;
}

/* `set theme dark`, `bind all F5 corr`: the line is checked here and acted upon by the face. */
static ll_status run_config(ll_request *rq)
{
    ll_config scratch;
    ll_status s = need_face(rq);
    if (s) return s;
    ll_config_init(&scratch);
    s = ll_config_line(&scratch, rq->line, &rq->error);
    ll_config_free(&scratch);
    return s ? s : act(rq, "config", rq->line);
}

/* The commented file, unless there is one by now. */
static ll_status write_default(void *fresh, const char *text, size_t len, ll_str *out, ll_error *e)
{
    (void)len, (void)e;
    if (!text) ll_str_add(out, ll_config_default);
    *(bool *)fresh = !text;
    return LL_OK;
}

/* Writes the commented file on first use, and says where it is. */
static ll_status run_config_file(ll_request *rq)
{
    char *path = ll_config_path();
    bool fresh = false;
    ll_status s =
        ll_is_file(path) ? LL_OK : ll_shared_file_change(path, 0, write_default, &fresh, &rq->error);
    if (!s)
        ll_note(rq, "%s%s", path, fresh ? " is written; edit it, it is read when the full screen opens" : "");
    free(path);
    return s;
}

static const ll_option view_options[] = {
    LL_OPT_CHOICE("view", NULL,
                  "devices|corr|partition|archs|training|results|diagnose|log|search|output|welcome",
                  "which view to open", LL_POSITIONAL),
    {0}};
static const ll_option file_options[] = {
    LL_OPT_WORD("file", NULL, "text file to write", LL_REQUIRED, LL_OF(FILE)), LL_OPT_FORCE, {0}};
static const ll_option set_options[] = {
    LL_OPT_NAMES("setting", NULL, ll_setting_name, "what to set", LL_REQUIRED),
    LL_OPT_WORD(
        "value", NULL,
        "theme: default, dark, light, mono; ramp: cividis, viridis; mouse: on, off; log-lines: 0 to 40",
        LL_REQUIRED, LL_ONE_OF("default|dark|light|mono|cividis|viridis|on|off")),
    {0},
};
static const ll_option bind_options[] = {
    LL_OPT_WORD(
        "view", NULL, "a view, or all", LL_REQUIRED,
        LL_ONE_OF("all|devices|corr|partition|archs|training|results|diagnose|log|search|output|welcome")),
    LL_OPT_WORD("key", NULL, "a, F5, C-t, Space, ...", LL_REQUIRED),
    LL_OPT_LIST("text", NULL, "a command line; {device}, {arch}, ... stand for what is under the cursor",
                LL_REQUIRED, .rest = true, LL_OF(COMMAND)),
    {0},
};

const ll_command ll_face_commands[] = {
    {.name = "view",
     .group = "face",
     .summary = "Open the full screen, or one of its views",
     .options = view_options,
     .flags = LL_CMD_LOOK | LL_CMD_FACE,
     .run = run_view},
    {.name = "set",
     .group = "face",
     .summary = "Change a setting of the full screen",
     .options = set_options,
     .flags = LL_CMD_LOOK | LL_CMD_FACE,
     .run = run_config,
     .help = "The same lines in the config file ($XDG_CONFIG_HOME/latlab/config) hold for every start.",
     .examples = "  set theme dark\n  set mouse on"},
    {.name = "bind",
     .group = "face",
     .summary = "Bind a key of the full screen to a command line",
     .options = bind_options,
     .flags = LL_CMD_LOOK | LL_CMD_FACE,
     .run = run_config,
     .examples = "  bind devices F6 corr {device} metric=kendall"},
    {.name = "config",
     .group = "face",
     .summary = "Say where the config file is; write a commented one when there is none",
     .flags = LL_CMD_LOOK | LL_CMD_NO_UNDO,
     .run = run_config_file},
    {.name = "save-display",
     .group = "face",
     .summary = "Write what the full screen shows to a text file",
     .options = file_options,
     .flags = LL_CMD_LOOK | LL_CMD_FACE,
     .run = run_save_display},
    {.name = "quit",
     .alias = "exit",
     .group = "face",
     .summary = "Leave latlab (ends a script)",
     .flags = LL_CMD_LOOK,
     .run = run_quit},
    {0},
};
