/* The interactive faces take turns over one app until the user leaves. */
#include <signal.h>
#include <stdlib.h>

#include "tui/draw/graphics.h"
#include "tui/faces/faces.h"
#include "tui/faces/lesson.h"

int ll_interactive_run(ll_faces *f, ll_next first)
{
    ll_app_set_slot(f->app, LL_SLOT_FACE, f, NULL);
    for (ll_next next = first; next != LL_LEAVE && !f->ended_by;) {
        ll_graphics_tell(f->app, &f->out, 0); /* the screen says itself what room it has */
        f->from_prompt = next == LL_TO_SCREEN && first == LL_TO_REPL;
        next = next == LL_TO_SCREEN ? ll_screen_run(f) : ll_repl_run(f);
    }
    free(f->view);
    ll_lesson_forget(f);
    f->view = NULL;
    return f->ended_by ? 128 + f->ended_by : LL_OK;
}
