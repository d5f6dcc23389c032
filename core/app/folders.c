/* Where datasets are looked for. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/system/fs.h"

/* Beside the executable, else where `make install` puts it. */
char *ll_app_bundled_dir(void)
{
    return ll_came_along("data/bundled", "bundled");
}

char *ll_app_find_data_dir(const char *asked)
{
    const char *set = asked ? asked : getenv("LATLAB_DATA");
    return asked || (set && *set) ? ll_path_expand(set) : ll_xdg_dir(LL_XDG_DATA);
}

static void take_once(ll_strs *dirs, char *dir)
{
    if (ll_strs_has(dirs, dir))
        free(dir);
    else
        ll_strs_take(dirs, dir);
}

void ll_app_data_dirs(const ll_app *a, ll_strs *out)
{
    const char *set = getenv("LATLAB_DATA");
    ll_strs_add(out, ll_app_data_dir(a));
    if (set && *set) take_once(out, ll_path_expand(set));
    take_once(out, ll_xdg_dir(LL_XDG_DATA));
    take_once(out, ll_app_bundled_dir());
}
