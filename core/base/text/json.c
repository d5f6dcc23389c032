#include "core/base/text/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/utf8.h"

static void *allocate(size_t bytes)
{
    return ll_realloc(NULL, bytes, 1);
}

void ll_json_start(void)
{
    cJSON_Hooks hooks = {allocate, free};
    cJSON_InitHooks(&hooks);
}

static cJSON *number(double x)
{
    return isfinite(x) ? cJSON_CreateNumber(x) : cJSON_CreateNull();
}

static void put(cJSON *o, const char *key, cJSON *item)
{
    if (cJSON_IsArray(o)) {
        cJSON_AddItemToArray(o, item);
    } else if (!key || ll_utf8_valid(key)) {
        cJSON_AddItemToObject(o, key, item);
    } else {
        ll_str repaired = {0};
        ll_utf8_repair(&repaired, key);
        cJSON_AddItemToObject(o, ll_str_text(&repaired), item);
        ll_str_free(&repaired);
    }
}

cJSON *ll_json_string(const char *text)
{
    if (!text) return cJSON_CreateNull();
    if (ll_utf8_valid(text)) return cJSON_CreateString(text);
    ll_str repaired = {0};
    ll_utf8_repair(&repaired, text);
    cJSON *item = cJSON_CreateString(ll_str_text(&repaired));
    ll_str_free(&repaired);
    return item;
}

void ll_json_num(cJSON *o, const char *key, double x)
{
    put(o, key, number(x));
}

void ll_json_int(cJSON *o, const char *key, long x)
{
    put(o, key, cJSON_CreateNumber((double)x));
}

void ll_json_str(cJSON *o, const char *key, const char *text)
{
    put(o, key, ll_json_string(text));
}

void ll_json_bool(cJSON *o, const char *key, bool x)
{
    put(o, key, cJSON_CreateBool(x));
}

cJSON *ll_json_obj(cJSON *o, const char *key)
{
    cJSON *item = cJSON_CreateObject();
    put(o, key, item);
    return item;
}

cJSON *ll_json_arr(cJSON *o, const char *key)
{
    cJSON *item = cJSON_CreateArray();
    put(o, key, item);
    return item;
}

cJSON *ll_json_list(cJSON *o, const char *key)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(o, key);
    return list ? list : ll_json_arr(o, key);
}

void ll_json_nums(cJSON *o, const char *key, const double *v, int n)
{
    cJSON *a = ll_json_arr(o, key);
    for (int i = 0; i < n; i++) cJSON_AddItemToArray(a, number(v[i]));
}

void ll_json_ints(cJSON *o, const char *key, const int *v, int n)
{
    put(o, key, cJSON_CreateIntArray(v, n));
}

void ll_json_strs(cJSON *o, const char *key, char *const *v, int n)
{
    cJSON *a = ll_json_arr(o, key);
    for (int i = 0; i < n; i++) ll_json_str(a, NULL, v[i]);
}

double ll_json_get_num(const cJSON *o, const char *key, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    if (cJSON_IsNull(item)) return NAN;
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

bool ll_json_is_whole(const cJSON *v, int most, int *out)
{
    if (!cJSON_IsNumber(v) || !(fabs(v->valuedouble) <= most) || v->valuedouble != (int)v->valuedouble)
        return false;
    if (out) *out = (int)v->valuedouble;
    return true;
}

int ll_json_get_int(const cJSON *o, const char *key, int otherwise)
{
    double x = ll_json_get_num(o, key, otherwise);
    return isfinite(x) && fabs(x) < 2e9 ? (int)x : otherwise;
}

const char *ll_json_get_str(const cJSON *o, const char *key, const char *otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(item) ? item->valuestring : otherwise;
}

bool ll_json_get_bool(const cJSON *o, const char *key, bool otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

int ll_json_get_nums(const cJSON *o, const char *key, double **v)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, key), *item;
    *v = NULL;
    if (!cJSON_IsArray(a)) return 0;
    int n = cJSON_GetArraySize(a), i = 0;
    *v = LL_NEW_ARRAY(double, n);
    cJSON_ArrayForEach(item, a)(*v)[i++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    return n;
}

int ll_json_get_ints(const cJSON *o, const char *key, int **v)
{
    double *x;
    int n = ll_json_get_nums(o, key, &x);
    *v = n ? LL_NEW_ARRAY(int, n) : NULL;
    for (int i = 0; i < n; i++) (*v)[i] = fabs(x[i]) < 2e9 ? (int)x[i] : -1;
    free(x);
    return n;
}

/* What a tree takes: blocks of the allocator for the nodes, keys and texts, and the bytes of the texts. */
enum { NODE = 80, TEXT = 32, NESTED_MOST = 100, ASK_EVERY = 1 << 20 };

/* Counts what stands outside of texts, before anything is allocated. */
static ll_status check_tree(ll_budget *budget, const char *text, size_t n, ll_error *e)
{
    size_t nodes = 1, texts = 0;
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (i % ASK_EVERY == 0 && ll_interrupted()) return ll_interrupt_fail(e);
        char c = text[i];
        if (quoted && c == '\\') i++;
        if (c == '"') quoted = !quoted, texts += quoted;
        if (quoted) continue;
        nodes += c == ',' || c == '[' || c == '{';
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth > NESTED_MOST)
            return ll_fail(e, LL_BAD_DATA, "JSON that is nested more than %d deep", NESTED_MOST);
    }
    return ll_budget_take(budget, nodes * NODE + texts * TEXT + n, 1, e);
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (; text < at && *text; text++) line += *text == '\n';
    return line;
}

ll_status ll_json_parse(const char *text, size_t n, cJSON **out, ll_error *e)
{
    ll_budget budget = ll_budget_for(LL_READER_JSON, n);
    return ll_json_parse_within(&budget, text, n, out, e);
}

/* With a NUL behind it, and as UTF-8: a latlab that passed any byte on may have written it, or another program. */
static char *utf8_copy(const char *text, size_t *n)
{
    ll_str repaired = {0};
    char *copy = ll_alloc(*n + 1, 1);
    memcpy(copy, text, *n);
    if (ll_utf8_valid(copy)) return copy;
    ll_utf8_repair(&repaired, copy);
    free(copy);
    *n = repaired.len;
    return ll_str_take(&repaired);
}

ll_status ll_json_parse_within(ll_budget *budget, const char *text, size_t n, cJSON **out, ll_error *e)
{
    const char *end = NULL;
    *out = NULL;
    ll_status s = check_tree(budget, text, n, e);
    if (s) return s;
    const char *nul = memchr(text, 0, n); /* a blank to cJSON, and the end of the text to others */
    if (nul) return ll_fail(e, LL_BAD_DATA, "line %d: not valid JSON: a byte that is 0", line_of(text, nul));
    char *ended = utf8_copy(text, &n); /* cJSON can ask for nothing behind the value only where a NUL is */
    *out = cJSON_ParseWithLengthOpts(ended, n + 1, &end, 1);
    if (!*out) s = ll_fail(e, LL_BAD_DATA, "line %d: not valid JSON", end ? line_of(ended, end) : 1);
    free(ended);
    return s;
}

ll_status ll_json_read_text(const char *text, size_t len, const char *name, cJSON **out, ll_error *e)
{
    ll_error own = {0};
    if (!e) e = &own;
    return ll_json_parse(text, len, out, e) ? ll_fail_in(e, "%s: ", name) : LL_OK;
}

ll_status ll_json_read_file(const char *path, cJSON **out, ll_error *e)
{
    char *text;
    size_t len;
    ll_status s = ll_read_file(path, ll_limit_of(LL_READER_JSON)->file_most, &text, &len, e);
    if (s) return s;
    s = ll_json_read_text(text, len, path, out, e);
    free(text);
    return s;
}

static void add_escape(ll_str *out, uint32_t ch)
{
    if (ch >= 0x10000) {
        ll_str_addf(out, "\\u%04x", (unsigned)(0xd800 + ((ch - 0x10000) >> 10)));
        ch = 0xdc00 + ((ch - 0x10000) & 0x3ff);
    }
    ll_str_addf(out, "\\u%04x", (unsigned)ch);
}

/* Takes what cJSON has printed. It escapes below 32 only, and passes on any byte of a text that was read from a file;
 * outside of strings all is ASCII, so what is not belongs to one and may be escaped. */
static char *finished(char *printed)
{
    const char *p = printed;
    while (p && *p && (unsigned char)*p < 0x7f) p++;
    if (!p || !*p) return printed;
    ll_str out = {0};
    uint32_t ch;
    bool good;
    ll_str_addn(&out, printed, (size_t)(p - printed));
    for (int n; (n = ll_utf8_read(p, &ch, &good)) > 0; p += n) {
        if (!good) ch = (unsigned char)*p; /* as ll_utf8_repair reads it */
        if (ch >= 0x7f && ll_hidden(ch))
            add_escape(&out, ch);
        else
            ll_utf8_add(&out, ch);
    }
    cJSON_free(printed);
    return ll_str_take(&out);
}

char *ll_json_line(const cJSON *o)
{
    return finished(cJSON_PrintUnformatted(o));
}

char *ll_json_text(const cJSON *o)
{
    return finished(cJSON_Print(o));
}

void ll_json_now(cJSON *o, const char *key)
{
    char text[LL_DATE_SIZE];
    ll_json_str(o, key, ll_utc_text("%Y-%m-%dT%H:%M:%SZ", text));
}
