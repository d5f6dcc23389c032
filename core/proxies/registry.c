#include <string.h>

#include "core/proxies/parts.h"

/* In the order tables list them: what needs no images first. */
/* clang-format off */
const ll_proxy *const ll_proxies[] = {
    &ll_proxy_params,
    &ll_proxy_flops,
    &ll_proxy_l2_norm,
    &ll_proxy_synflow,
    &ll_proxy_zen,
    &ll_proxy_nwot,
    &ll_proxy_grad_norm,
    &ll_proxy_plain,
    &ll_proxy_snip,
    &ll_proxy_fisher,
    &ll_proxy_jacov,
    &ll_proxy_epe_nas,
    &ll_proxy_gradsign,
    &ll_proxy_grasp,
    NULL,
};
/* clang-format on */

const ll_proxy *ll_proxy_find(const char *name)
{
    for (int i = 0; ll_proxies[i]; i++)
        if (!strcmp(ll_proxies[i]->name, name)) return ll_proxies[i];
    return NULL;
}
