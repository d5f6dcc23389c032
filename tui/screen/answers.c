/* Where an answer is to be seen: in the view that shows what the command does, or on a page of its own. */
#include <string.h>

#include "core/base/text/json.h"
#include "tui/screen/screen_in.h"

/* What a view shows of a command's answer, or of one kind of it (NULL: of all); its first view is the command's own.
 * View NULL: the answer is a file, or what all views are of from then on. All else has a page. */
static const struct {
    const char *command, *kind, *view;
} shown[] = {{"load", NULL, "devices"},
             {"load", NULL, NULL},
             {"corr", "corr", "corr"},
             {"partition", NULL, "partition"},
             {"partition", NULL, "devices"},
             {"partition", NULL, "corr"},
             {"partition", NULL, "card"},
             {"task", "task", "partition"},
             {"task", "task", "devices"},
             {"sample", NULL, "archs"},
             {"pretrain", NULL, "training"},
             {"transfer", NULL, "training"},
             {"transfer", NULL, "results"},
             {"eval", NULL, "results"},
             {"diagnose", NULL, "diagnose"},
             {"search", NULL, "search"},
             {"write", NULL, NULL},
             {"export", NULL, NULL},
             {"save", NULL, NULL},
             {"model", "model", NULL},
             {"tag", NULL, NULL},
             {"untag", NULL, NULL},
             {"undo", NULL, NULL},
             {"open", NULL, "welcome"},
             {"open", NULL, "devices"},
             {"redo", NULL, NULL}};
enum { N_SHOWN = sizeof shown / sizeof *shown };

/* "corr sim_a", but not "corr?", which asks for help. */
static bool is_command(const char *line, const char *name)
{
    size_t n = strlen(name);
    return !strncmp(line, name, n) && (!line[n] || line[n] == ' ');
}

const char *ll_screen_view_of(const char *line)
{
    for (int i = 0; i < N_SHOWN; i++)
        if (is_command(line, shown[i].command)) return shown[i].view;
    return NULL;
}

static bool is_shown(const ll_screen *s, const char *line, const cJSON *result)
{
    const char *kind = ll_json_get_str(result, "kind", ""), *view = ll_screen_top(s)->type->name;
    if (cJSON_HasObjectItem(result, "out")) return true; /* a file as well */
    bool back = is_command(line, "undo") || is_command(line, "redo");
    if (back && (!strcmp(view, "output") || ll_screen_in_lesson(s)))
        return false; /* the page is of what is no more; in a lesson no log says what was undone */
    for (int i = 0; i < N_SHOWN; i++)
        if (is_command(line, shown[i].command) && (!shown[i].kind || !strcmp(shown[i].kind, kind)) &&
            (!shown[i].view || !strcmp(shown[i].view, view)))
            return true;
    return false;
}

/* One page for all that was asked since nothing ran: the answers to a line, the latest below. */
void ll_screen_show_answer(ll_screen *s, const cJSON *result)
{
    const char *line = ll_log_command(&s->log, ll_json_get_int(result, "id", 0));
    if (is_shown(s, line, result)) return;
    ll_view *page = ll_screen_find(s, "output");
    page->undrawn = true;
    page->type->result(page, s->page_begun ? "more" : "first", result);
    s->page_begun = true;
    ll_screen_open(s, "output");
}
