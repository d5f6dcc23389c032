/* How datasets may be called: a name becomes a folder beside what latlab itself keeps. */
#include <fnmatch.h>
#include <string.h>

#include "data/datasets/folder.h"

/* All that latlab keeps below its XDG folders, which may be one folder: a new file there gets a line here. */
static const struct {
    const char *name, *holds; /* a pattern: what lies beside a file (its lock, its journal) counts too */
} reserved[] = {
    {"sessions*", "the saved sessions"},
    {"live", "the sessions without a name"},
    {"results*", "the results of experiments"},
    {"tasks*", "the saved tasks"},
    {"measure", "the times of measurements that were stopped"},
    {"history", "the history of the prompt"},
    {"config", "the settings"},
};

enum { LONGEST = 100 };

static size_t plain_part(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strspn(name, letters);
    return *name == '.' || *name == '-' || n > LONGEST ? 0 : n;
}

bool ll_is_plain_name(const char *name)
{
    size_t n = plain_part(name);
    return n && !name[n];
}

bool ll_is_dataset_title(const char *name)
{
    size_t n = plain_part(name);
    while (n && name[n] == '+') name += n + 1, n = plain_part(name);
    return n && !name[n];
}

ll_status ll_folder_check_name(const char *name, ll_error *e)
{
    if (!ll_is_plain_name(name))
        return ll_fail(e, LL_USAGE, "\"%.100s\" cannot name a dataset: use letters, digits, '.', '_' and '-'",
                       name);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!fnmatch(reserved[i].name, name, FNM_CASEFOLD))
            return ll_fail(e, LL_USAGE,
                           "\"%s\" cannot name a dataset: latlab keeps %s under that name; choose another",
                           name, reserved[i].holds);
    return LL_OK;
}
