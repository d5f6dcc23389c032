#include "tui/faces/lesson.h"

#include <string.h>

#include "core/base/text/json.h"

void ll_lesson_forget(ll_faces *f)
{
    cJSON_Delete(f->lesson);
    f->lesson = NULL;
}

bool ll_lesson_event(ll_faces *f, const cJSON *event)
{
    const char *kind = ll_json_get_str(event, "kind", "");
    if (!strcmp(kind, "open")) ll_lesson_forget(f);
    if (!strcmp(kind, "lesson")) {
        ll_lesson_forget(f);
        if (strcmp(ll_json_get_str(event, "phase", ""), "left")) f->lesson = cJSON_Duplicate(event, true);
    }
    return !strcmp(kind, "lesson") || !strncmp(kind, "lesson-", 7);
}

const char *ll_lesson_command(const cJSON *event, bool *ended)
{
    if (strcmp(ll_json_get_str(event, "kind", ""), "lesson-step")) return NULL;
    if (ended) *ended = cJSON_HasObjectItem(event, "status");
    return ll_json_get_str(event, "command", "");
}

bool ll_lesson_at_end(const ll_faces *f)
{
    return f->lesson && !strcmp(ll_json_get_str(f->lesson, "phase", ""), "end");
}

bool ll_lesson_asks_now(const ll_faces *f)
{
    return f->lesson && ll_json_get_str(f->lesson, "question", NULL);
}
