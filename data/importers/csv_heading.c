#include "data/importers/csv_heading.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

/* The last word of a column's name may say what it measures. */
static const struct {
    const char *word;
    ll_measurand of;
} hints[] = {{"latency", LL_LATENCY}, {"lat", LL_LATENCY},      {"time", LL_LATENCY},
             {"runtime", LL_LATENCY}, {"duration", LL_LATENCY}, {"elapsed", LL_LATENCY},
             {"energy", LL_ENERGY},   {"power", LL_POWER},      {"memory", LL_MEMORY},
             {"mem", LL_MEMORY},      {"sram", LL_MEMORY},      {"throughput", LL_LATENCY}};
enum { N_HINTS = sizeof hints / sizeof *hints };

static const char *const latency_names[] = {
    "latency", "lat", "mean", "median", "avg",      "average", "min",  "max",   "p50", "p90",
    "p95",     "p99", "best", "worst",  "duration", "elapsed", "time", "value", NULL};
/* "inference_time" */
static const char *const latency_kinds[] = {"inference", "wall", "total", "execution", "exec", "e2e", NULL};
static const char *const other_values[] = {"energy", "power", "memory", "throughput", NULL};
static const char *const std_names[] = {"std", "stddev", "sd", "stdev", NULL};

static const char separators[] = "_- .()[]";

/* To be freed with ll_strs_free. */
static ll_strs split(const char *name)
{
    ll_strs words = {0};
    char *copy = ll_strdup(name), *rest = copy, *word;
    while ((word = strsep(&rest, separators)))
        if (*word) ll_strs_add(&words, word);
    free(copy);
    return words;
}

ll_heading_words ll_heading_words_of(const char *name)
{
    ll_strs words = split(name);
    ll_heading_words w = {.n = words.n};
    for (int i = 0; i < words.n; i++) {
        const char *word = words.v[i];
        w.latencies += ll_heading_among(latency_names, word);
        w.kinds += ll_heading_among(latency_kinds, word);
        w.others += ll_heading_among(other_values, word);
        w.stds += ll_heading_among(std_names, word);
        w.units += ll_unit_find(word) != NULL;
    }
    ll_strs_free(&words);
    return w;
}

static const ll_unit *unit_of_length(const char *text, size_t n)
{
    char *word = ll_strndup(text, n);
    const ll_unit *u = n < 16 ? ll_unit_find(word) : NULL;
    free(word);
    return u;
}

/* "phone (mJ)", "phone[mJ]" */
static void read_bracketed(ll_heading *h)
{
    size_t n = strlen(h->stem);
    char closing = n ? h->stem[n - 1] : 0;
    char *open = closing == ')' ? strrchr(h->stem, '(') : closing == ']' ? strrchr(h->stem, '[') : NULL;
    if (!open || open == h->stem) return;
    h->unit = unit_of_length(open + 1, (size_t)(h->stem + n - 1 - open - 1));
    if (!h->unit) return;
    h->bracketed = true;
    while (open > h->stem && open[-1] == ' ') open--;
    *open = 0;
}

static void find_hint(ll_heading *h, const char *text, size_t n)
{
    for (int i = 0; i < N_HINTS; i++) {
        size_t m = strlen(hints[i].word);
        if (n < m || strncasecmp(text + n - m, hints[i].word, m)) continue;
        if (n > m && isalnum((unsigned char)text[n - m - 1])) continue;
        h->hinted = true;
        h->of = hints[i].of;
    }
}

/* "phone_fps", "latency_us": the name stays as it is. "server_us" is a name, not microseconds. */
static void read_behind_underscore(ll_heading *h)
{
    const char *last = strrchr(h->stem, '_'), *word = last ? last + 1 : h->stem;
    const ll_unit *u = ll_unit_find(word);
    if (u && last) find_hint(h, h->stem, (size_t)(last - h->stem));
    if (strlen(word) == 1 && !h->hinted) u = NULL; /* "width_b" */
    bool plain = u && !h->hinted && (u->of != LL_LATENCY || u->per_second);
    if (u && (h->hinted ? h->of == u->of : plain))
        h->unit = u;
    else
        h->maybe = u;
    h->in_name = u != NULL;
}

/* Does this word say what a unit is of? */
static bool is_measured_in(const char *word, const ll_unit *u)
{
    for (int i = 0; i < N_HINTS; i++)
        if (!strcasecmp(word, hints[i].word) && hints[i].of == u->of) return true;
    return false;
}

/* "latency_ms_mean", "mean_ms_latency": a unit inside stands beside the word that says what is measured; one letter only
 * behind it. "latency_server_us_east" has none, and "s_latency" is of a device s. */
static void read_inside(ll_heading *h)
{
    ll_strs words = split(h->stem);
    for (int i = 0; i < words.n && !h->unit; i++) {
        const ll_unit *u = ll_unit_find(words.v[i]);
        if (!u) continue;
        bool beside = (i && is_measured_in(words.v[i - 1], u)) ||
                      (i + 1 < words.n && strlen(words.v[i]) > 1 && is_measured_in(words.v[i + 1], u));
        if (beside) h->unit = u;
        h->in_name = beside;
    }
    ll_strs_free(&words);
}

bool ll_heading_among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (!strcasecmp(*names, name)) return true;
    return false;
}

bool ll_heading_ends_in(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n > m && !strcasecmp(name + n - m, ending);
}

ll_heading ll_heading_read(const char *name)
{
    ll_heading h = {.stem = ll_strdup(name)};
    read_bracketed(&h);
    find_hint(&h, h.stem, strlen(h.stem));
    if (!h.unit) read_behind_underscore(&h);
    if (!h.unit && !h.maybe) read_inside(&h);
    if (!h.unit && ll_heading_ends_in(h.stem, "throughput")) h.unit = ll_unit_find("fps");
    return h;
}

bool ll_heading_hints(const char *name)
{
    for (int i = 0; i < N_HINTS; i++) {
        const char *at = strstr(name, hints[i].word);
        char before = at && at > name ? at[-1] : 0, behind = at ? at[strlen(hints[i].word)] : 0;
        if (at && !isalnum((unsigned char)before) && !isalnum((unsigned char)behind)) return true;
    }
    return false;
}
