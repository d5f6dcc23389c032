#include "core/space/files/shipped.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"

char *ll_spaces_dir(void)
{
    return ll_came_along("data/spaces", "spaces");
}

/* False: it was stopped, and may be asked again. */
static bool read_all(const char *dir)
{
    ll_strs names = {0};
    ll_status s = ll_list_dir(dir, ".json", &names, NULL);
    for (int i = 0; i < names.n && s != LL_CANCELLED; i++) {
        char *path = ll_path_join(dir, names.v[i]);
        const ll_space *space;
        s = ll_space_from_file(path, &space, NULL);
        free(path);
    }
    ll_strs_free(&names);
    return s != LL_CANCELLED;
}

void ll_spaces_shipped(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool done;
    static _Thread_local bool reading; /* what is read defines spaces, and asks */
    if (reading) return;
    pthread_mutex_lock(&lock);
    if (!done) {
        char *dir = ll_spaces_dir();
        reading = true;
        done = read_all(dir);
        reading = false;
        free(dir);
    }
    pthread_mutex_unlock(&lock);
}
