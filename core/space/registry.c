/* The spaces there are: the built-in ones, then those of users, who cannot take a built-in one's name. */
#include <string.h>

#include "core/space/numbers.h"
#include "core/space/parts.h"
#include "core/space/user.h"

static const ll_space *const built_in[] = {&ll_nasbench201, &ll_fbnet, &ll_ofa};
enum { N_BUILT_IN = sizeof built_in / sizeof built_in[0] };

const ll_space *ll_space_at(int i)
{
    if (i < 0) return NULL;
    if (i < N_BUILT_IN) return built_in[i];
    int users = 0;
    const ll_space *s = NULL;
    while ((s = ll_user_space_at(users)) && users < i - N_BUILT_IN) users++;
    return s ? s : ll_numbers_at(i - N_BUILT_IN - users);
}

static ll_status check_not_built_in(const char *name, ll_error *e)
{
    for (int i = 0; i < N_BUILT_IN; i++)
        if (!strcmp(name, built_in[i]->name))
            return ll_fail(e, LL_BAD_DATA, "%s is a built-in search space: choose another name", name);
    if (ll_numbers_find(name))
        return ll_fail(e, LL_BAD_DATA, "%s is a search space of numbers already: choose another name", name);
    return LL_OK;
}

const ll_space *ll_space_define(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e)
{
    return check_not_built_in(name, e) ? NULL : ll_user_space_define(name, n_positions, ops, n_ops, e);
}

const ll_space *ll_space_define_positions(const char *name, const ll_position *positions, int n, ll_error *e)
{
    return check_not_built_in(name, e) ? NULL : ll_user_space_define_positions(name, positions, n, e);
}

const ll_space *ll_space_find(const char *name)
{
    const ll_space *s;
    for (int i = 0; (s = ll_space_at(i)); i++)
        if (!strcmp(s->name, name)) return s;
    return NULL;
}
