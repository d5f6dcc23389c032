/* Tables that are JSON, as scripts print their measurements:
 *
 *   records      [{"arch": ..., "latency_ms": ...}, ...], or one object a line (JSON lines)
 *   columns      {"arch": [...], "latency_ms": [...]}, or as data frames write them, {"arch": {"0": ..., "1": ...}, ...}
 *   dicts        {architecture: latency}, {architecture: {"latency_ms": ..., ...}}, {device: {architecture: latency}}
 *   with a head  {"device": "pi", "unit": "us", "results": any of these}: what stands beside is one more column each
 *
 * Objects within a record become columns of joined names ("latency": {"mean": 1} is latency_mean), lists become cells that are
 * lists. They are read as the table they say, so that columns, units, runs and holes mean what they mean in any table. */
#ifndef LL_DATA_IMPORTERS_JSON_TABLE_H
#define LL_DATA_IMPORTERS_JSON_TABLE_H

#include "core/base/text/csv.h"
#include "core/space/space.h"

/* Opens a table as text, or as JSON. A record is line 1, 2, ... then, which in JSON lines is its line. `space` tells keys that are
 * architectures from others (NULL: none is). LL_BAD_DATA: no table (csv.h), no JSON, or JSON of another form; LL_CANCELLED. */
ll_status ll_table_open(ll_csv *c, const char *path, const ll_space *space, ll_error *e);

#endif
