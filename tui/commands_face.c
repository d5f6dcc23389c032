/* Commands of the faces. They carry out nothing themselves: they emit a result of kind "face" that the face
 * which reads the stream acts upon. */
#include <string.h>

#include "core/base/json.h"
#include "tui/faces.h"

static ll_status run_quit(ll_request *rq)
{
    cJSON *result = ll_result_new("face");
    ll_json_str(result, "action", "quit");
    ll_emit(rq, result);
    return LL_OK;
}

const ll_command ll_face_commands[] = {
    {"quit", "exit", "face", "leave latlab (ends a script)", NULL, LL_CMD_LOOK, run_quit, NULL, NULL, NULL},
    {0},
};
