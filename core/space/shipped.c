#include "core/space/shipped.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/space/space_json.h"

char *ll_spaces_dir(void)
{
    char *dir = ll_beside_program("data/spaces");
    if (!dir) dir = ll_beside_program("share/latlab/spaces");
    return dir ? dir : ll_strdup(LL_DATA_DIR "/spaces");
}

static void read_shipped(void)
{
    char *dir = ll_spaces_dir();
    ll_strs names = {0};
    if (!ll_list_dir(dir, ".json", &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *path = ll_path_join(dir, names.v[i]);
            const ll_space *s;
            ll_space_from_file(path, &s, NULL);
            free(path);
        }
    ll_strs_free(&names);
    free(dir);
}

void ll_spaces_shipped(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_shipped);
}
