/* Finding architectures and devices of a dataset by what a person types. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text/near.h"
#include "core/base/text/quote.h"
#include "core/device/dataset.h"

static bool all_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

ll_status ll_dataset_find_arch(const ll_dataset *d, const char *text, int *row, ll_error *e)
{
    if (all_digits(text) && strlen(text) < 10 && atoi(text) < d->n_archs) {
        *row = atoi(text);
        return LL_OK;
    }
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_error unread = {0};
    if (ll_space_parse(d->space, text, gene, &unread)) {
        if (all_digits(text))
            return ll_fail(e, LL_BAD_DATA, "%s has architectures 0 to %d, there is no %s", d->name,
                           d->n_archs - 1, text);
        return ll_fail(e, LL_BAD_DATA, "%s", unread.message);
    }
    *row = ll_dataset_row(d, gene);
    if (*row < 0)
        return ll_fail(e, LL_BAD_DATA, "%s has no architecture %s among its %d", d->name, text, d->n_archs);
    return LL_OK;
}

/* The device that `fits`, -1 when none or more than one does. */
static int the_only(const ll_dataset *d, const char *name,
                    bool (*fits)(const char *typed, const char *device))
{
    int found = -1;
    for (int i = 0; i < d->n_devices; i++) {
        if (!fits(name, d->devices[i].name)) continue;
        if (found >= 0) return -1;
        found = i;
    }
    return found;
}

static bool same_but_case(const char *typed, const char *device)
{
    return !strcasecmp(typed, device);
}

static bool is_prefix(const char *typed, const char *device)
{
    return *typed && !strncasecmp(typed, device, strlen(typed));
}

enum {
    LEAST_PART = 3, /* letters: fewer are in many names by chance */
    MOST_SHOWN = 3
};

/* Distance of a typed word from a device name; a name that holds the word is near however long it is. */
static int distance(const char *typed, const char *device)
{
    if (is_prefix(typed, device) || (strlen(typed) >= LEAST_PART && strcasestr(device, typed))) return 0;
    return ll_near_distance(typed, device);
}

/* Few letters that many names begin with say nothing of which was meant. */
static bool begins_too_many(const ll_dataset *d, const char *typed)
{
    int n = 0;
    for (int i = 0; i < d->n_devices; i++) n += is_prefix(typed, d->devices[i].name);
    return strlen(typed) < LEAST_PART && n > MOST_SHOWN;
}

/* Device nearest to the typed word that is not shown yet; -1 when none is near enough to have been meant. */
static int nearest(const ll_dataset *d, const char *typed, const ll_ints *shown)
{
    int best = -1, least = ll_near_limit(typed) + 1;
    for (int i = 0; i < d->n_devices; i++) {
        int far = distance(typed, d->devices[i].name);
        if (far >= least || ll_ints_find(shown, i) >= 0) continue;
        best = i;
        least = far;
    }
    return best;
}

/* "a, \"b c\" or d": each as it can be typed */
static void add_names(const ll_dataset *d, const ll_ints *devices, ll_str *out)
{
    for (int i = 0; i < devices->n; i++) {
        if (i) ll_str_add(out, i + 1 == devices->n ? " or " : ", ");
        ll_quote_word(out, d->devices[devices->v[i]].name);
    }
}

static ll_status unknown_device(const ll_dataset *d, const char *name, ll_error *e)
{
    if (!d->n_devices) return ll_fail(e, LL_USAGE, "%s has no devices", d->name);
    ll_ints near = {0};
    ll_str names = {0};
    for (int i; near.n < MOST_SHOWN && !begins_too_many(d, name) && (i = nearest(d, name, &near)) >= 0;)
        ll_ints_add(&near, i);
    add_names(d, &near, &names);
    if (near.n)
        ll_fail(e, LL_USAGE, "%s has no device \"%s\"; did you mean %s?", d->name, name, ll_str_text(&names));
    else
        ll_fail(e, LL_USAGE, "%s has no device \"%s\"; `devices` lists those it has", d->name, name);
    ll_str_free(&names);
    ll_ints_free(&near);
    return LL_USAGE;
}

ll_status ll_dataset_find_device(const ll_dataset *d, const char *name, int *device, ll_error *e)
{
    *device = ll_dataset_device(d, name);
    if (*device < 0) *device = the_only(d, name, same_but_case);
    if (*device < 0) *device = the_only(d, name, is_prefix);
    return *device < 0 ? unknown_device(d, name, e) : LL_OK;
}

/* Numbers below a bound in the order they come, each once. */
typedef struct once {
    ll_ints *list;
    bool *there;
} once;

static once once_into(ll_ints *list, int bound)
{
    once o = {list, LL_NEW_ARRAY(bool, bound + 1)};
    for (int i = 0; i < list->n; i++) o.there[list->v[i]] = true;
    return o;
}

static void add_once(once *o, int x)
{
    if (!o->there[x]) ll_ints_add(o->list, x);
    o->there[x] = true;
}

static ll_status add_matches(const ll_dataset *d, const char *pattern, once *out, ll_error *e)
{
    if (!strpbrk(pattern, "*?")) {
        int device;
        ll_status status = ll_dataset_find_device(d, pattern, &device, e);
        if (!status) add_once(out, device);
        return status;
    }
    bool any = false;
    for (int i = 0; i < d->n_devices; i++) {
        if (!ll_glob(pattern, d->devices[i].name)) continue;
        add_once(out, i);
        any = true;
    }
    return any ? LL_OK : ll_fail(e, LL_USAGE, "%s has no device that matches \"%s\"", d->name, pattern);
}

/* One member of a list. Quoted, it is the device of exactly that name, even if that holds a comma or a '*'; what is no
 * device's name is read as names and patterns whether quoted or not. */
static ll_status add_member(const ll_dataset *d, const char *marked, once *out, ll_error *e)
{
    char *text = ll_unmarked(marked);
    int device = ll_is_marked(marked) ? ll_dataset_device(d, text) : -1;
    ll_status status = LL_OK;
    ll_strs words = {0};
    if (device >= 0)
        add_once(out, device);
    else
        ll_strs_split(&words, text, ',');
    for (int i = 0; i < words.n && !status; i++) status = add_matches(d, words.v[i], out, e);
    ll_strs_free(&words);
    free(text);
    return status;
}

ll_status ll_dataset_find_devices(const ll_dataset *d, const ll_strs *patterns, ll_ints *out, ll_error *e)
{
    int before = out->n;
    once o = once_into(out, d->n_devices);
    ll_status status = LL_OK;
    for (int i = 0; i < patterns->n && !status; i++) status = add_member(d, patterns->v[i], &o, e);
    if (status) out->n = before;
    free(o.there);
    return status;
}

ll_status ll_dataset_find_archs(const ll_dataset *d, const ll_strs *texts, ll_ints *rows, ll_error *e)
{
    ll_status s = LL_OK;
    once o = once_into(rows, d->n_archs);
    for (int i = 0; i < texts->n && !s; i++) {
        int row;
        s = ll_dataset_find_arch(d, texts->v[i], &row, e);
        if (!s) add_once(&o, row);
    }
    free(o.there);
    return s;
}
