/* The spaces there are: the built-in ones, those that come as files, then those of users, who cannot take a built-in one's
 * name. */
#include <string.h>

#include "core/base/text/near.h"
#include "core/space/files/shipped.h"
#include "core/space/files/space_json.h"
#include "core/space/own/numbers.h"
#include "core/space/own/user.h"
#include "core/space/parts.h"

static const ll_space *const built_in[] = {&ll_nasbench201, &ll_fbnet, &ll_ofa};
enum { N_BUILT_IN = sizeof built_in / sizeof built_in[0] };

const ll_space *ll_space_at(int i)
{
    if (i < 0) return NULL;
    if (i < N_BUILT_IN) return built_in[i];
    ll_spaces_shipped();
    int users = 0;
    const ll_space *s = NULL;
    while ((s = ll_user_space_at(users)) && users < i - N_BUILT_IN) users++;
    return s ? s : ll_numbers_at(i - N_BUILT_IN - users);
}

ll_status ll_space_check_name(const char *name, ll_error *e)
{
    for (int i = 0; i < N_BUILT_IN; i++)
        if (!strcmp(name, built_in[i]->name))
            return ll_fail(e, LL_BAD_DATA, "%s is a built-in search space: choose another name", name);
    if (ll_numbers_find(name))
        return ll_fail(e, LL_BAD_DATA, "%s is a search space of numbers already: choose another name", name);
    return LL_OK;
}

/* Those that come along are there before any other takes their names. */
const ll_space *ll_space_define(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e)
{
    ll_spaces_shipped();
    return ll_space_check_name(name, e) ? NULL : ll_user_space_define(name, n_positions, ops, n_ops, e);
}

const ll_space *ll_space_define_positions(const char *name, const ll_position *positions, int n, ll_error *e)
{
    ll_spaces_shipped();
    return ll_space_check_name(name, e) ? NULL : ll_user_space_define_positions(name, positions, n, e);
}

const ll_space *ll_space_find(const char *name)
{
    const ll_space *s;
    for (int i = 0; (s = ll_space_at(i)); i++)
        if (!strcmp(s->name, name)) return s;
    return NULL;
}

static bool is_file(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && !strcmp(name + n - 5, ".json");
}

ll_status ll_space_open(const char *name, const ll_space **out, ll_error *e)
{
    if (is_file(name)) return ll_space_from_file(name, out, e);
    *out = ll_space_find(name);
    if (*out) return LL_OK;
    ll_near near = ll_near_to(name);
    const ll_space *s;
    for (int i = 0; (s = ll_space_at(i)); i++) ll_near_offer(&near, s->name);
    return ll_near_fail(
        &near, e, LL_USAGE,
        "`spaces` lists them, a file *.json defines one, and so do positions= and ops= of `import`",
        "unknown search space %.60s", name);
}
