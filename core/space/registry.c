/* The spaces there are: the built-in ones, then those of users. */
#include <string.h>

#include "core/space/parts.h"
#include "core/space/user.h"

static const ll_space *const built_in[] = {&ll_nasbench201, &ll_fbnet};
enum { N_BUILT_IN = sizeof built_in / sizeof built_in[0] };

const ll_space *ll_space_at(int i)
{
    if (i < 0) return NULL;
    return i < N_BUILT_IN ? built_in[i] : ll_user_space_at(i - N_BUILT_IN);
}

const ll_space *ll_space_find(const char *name)
{
    const ll_space *s;
    for (int i = 0; (s = ll_space_at(i)); i++)
        if (!strcmp(s->name, name)) return s;
    return NULL;
}
