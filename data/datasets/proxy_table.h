/* Zero-cost proxies of architectures as a table, and as the file of `proxies ... out=`. Rows: those of the file that goes
 * on, and those asked for. Columns: all proxies that there are (ll_proxies). A value may be there and not defined (NaN). */
#ifndef LL_DATA_DATASETS_PROXY_TABLE_H
#define LL_DATA_DATASETS_PROXY_TABLE_H

#include "core/proxies/proxies.h"

typedef struct ll_proxy_table {
    ll_archs *archs; /* indexed */
    double *value;   /* (archs->n, ll_proxies) */
    bool *there;     /* likewise */
    int room;
} ll_proxy_table;

ll_status ll_proxy_table_init(ll_proxy_table *t, const ll_space *space, ll_error *e);
void ll_proxy_table_free(ll_proxy_table *t);

int ll_proxies_count(void);
int ll_proxy_row(ll_proxy_table *t, const uint8_t *gene); /* added where it is new */
static inline size_t ll_proxy_cell(int row, int proxy)
{
    return (size_t)row * (size_t)ll_proxies_count() + (size_t)proxy;
}

/* A CSV file: arch, settings, a column a proxy of which something is known; nan: not defined, empty: not computed.
 * `settings` is what decides about the values: a row of others is refused (LL_BAD_DATA). LL_USAGE: a file of another kind. */
ll_status ll_proxy_table_read(ll_proxy_table *t, const char *path, const char *settings, ll_error *e);
ll_status ll_proxy_table_write(const ll_proxy_table *t, const char *path, const char *settings, ll_error *e);

#endif
