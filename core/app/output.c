#include "core/app/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/fs.h"

/* What latlab keeps at `folder`: "dataset", "session"; NULL: nothing. */
static const char *kept_at(const ll_app *app, const char *folder)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *what = NULL;
    const ll_owned_kind *kind;
    for (int i = 0; dir >= 0 && !what && (kind = ll_app_kept_kind(app, i)); i++)
        if (kind->marked(dir)) what = kind->what;
    if (dir >= 0) close(dir);
    return what;
}

/* The folder itself, or the one it is a part of (a session's blobs). */
static ll_status check_folder(ll_request *rq, const char *path, const char *folder)
{
    char *above = ll_path_folder(folder);
    const char *what = kept_at(rq->app, folder), *at = folder;
    if (!what) what = kept_at(rq->app, at = above);
    ll_status s =
        what ? LL_FAIL(rq, LL_FAILED, "%s: %s is a %s of latlab, which would be damaged: write elsewhere",
                       path, at, what)
             : LL_OK;
    free(above);
    return s;
}

ll_status ll_output_path(ll_request *rq, const char *word, char **path)
{
    *path = ll_path_expand(word);
    char *linked = realpath(*path, NULL), *named = ll_path_folder(linked ? linked : *path);
    char *folder = realpath(named, NULL); /* missing: nothing is kept there */
    ll_status s = folder ? check_folder(rq, *path, folder) : LL_OK;
    free(linked);
    free(named);
    free(folder);
    if (s) {
        free(*path);
        *path = NULL;
    }
    return s;
}
