/* An architecture of the front beside the plot: what is said of it, its drawing, and what the search came to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/quantities.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/space.h"
#include "tui/screen/views/search_view.h"

/* --- its drawing --- */

static char *drawing(const ll_search_card *k)
{
    const ll_space *space = ll_space_find(ll_json_get_str(k->result, "space", ""));
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e;
    ll_str text = {0};
    if (!k->row || !space || !space->draw) return NULL;
    if (ll_space_parse(space, ll_json_get_str(k->row, "arch", ""), gene, &e)) return NULL;
    space->draw(space, gene, &text);
    return ll_str_take(&text);
}

static int widest_line(const char *text)
{
    int w = 0;
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        if ((int)n > w) w = (int)n;
        text += n + (text[n] != 0);
    }
    return w;
}

int ll_search_card_width(const ll_search_card *k)
{
    char *text = drawing(k);
    int w = widest_line(text);
    free(text);
    return w;
}

/* A string has no blanks to break at. */
static void add_broken(ll_str *out, const char *text, int width)
{
    for (int i = 0; *text; i++, text++) {
        if (i && width > 0 && i % width == 0) ll_str_addc(out, '\n');
        ll_str_addc(out, *text);
    }
    ll_str_addc(out, '\n');
}

static cJSON *picture(const ll_search_card *k, int width)
{
    cJSON *part = ll_result_new("card");
    char *lines = drawing(k);
    ll_str text = {0};
    add_broken(&text, ll_json_get_str(k->row, "arch", ""), width);
    if (lines && widest_line(lines) <= width) ll_str_addf(&text, "\n%s", lines);
    ll_json_str(part, "text", ll_str_text(&text));
    ll_str_free(&text);
    free(lines);
    return part;
}

/* --- fields --- */

static void add_field(cJSON *part, const char *title, const char *text)
{
    cJSON *column = ll_json_obj(ll_json_list(part, "columns"), NULL);
    ll_json_str(column, "key", title);
    ll_json_str(column, "title", title);
    ll_json_str(part, title, text);
}

static void add_number(cJSON *part, const char *title, const char *unit, double x)
{
    ll_str text = {0};
    if (isnan(x)) return;
    ll_str_addf(&text, "%.*g%s", fabs(x) < 1e5 ? 5 : 12, x, unit);
    add_field(part, title, text.s);
    ll_str_free(&text);
}

static void add_latency(cJSON *part, const char *title, const char *unit, const cJSON *at)
{
    ll_str text = {0};
    double ms = ll_json_get_num(at, "ms", NAN), lo = ll_json_get_num(at, "lo_ms", NAN),
           hi = ll_json_get_num(at, "hi_ms", NAN), truth = ll_json_get_num(at, "true_ms", NAN);
    if (isnan(ms)) return;
    char behind[16];
    snprintf(behind, sizeof behind, " %s", unit);
    add_number(part, title, behind, ms);
    if (hi > lo) {
        ll_str_addf(&text, "%.4g to %.4g", lo, hi);
        add_field(part, "interval", text.s);
        ll_str_free(&text);
    }
    if (!isnan(truth)) add_number(part, "measured", behind, truth);
}

static const char *device_name(const ll_search_card *k, int device)
{
    const cJSON *name = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(k->result, "devices"), device);
    return cJSON_IsString(name) ? name->valuestring : "";
}

static void add_others(cJSON *part, const ll_search_card *k)
{
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(k->row, "each"));
    for (int i = 0; i < n; i++) {
        const cJSON *at = ll_search_latency(k->row, i);
        ll_str text = {0};
        double hi = ll_json_get_num(at, "hi_ms", NAN), truth = ll_json_get_num(at, "true_ms", NAN);
        if (i == k->device) continue;
        ll_str_addf(&text, "%.4g %s", ll_json_get_num(at, "ms", NAN), ll_result_unit(k->result));
        if (hi > ll_json_get_num(at, "ms", NAN)) ll_str_addf(&text, " (to %.4g)", hi);
        if (!isnan(truth)) ll_str_addf(&text, ", measured %.4g", truth);
        add_field(part, device_name(k, i), text.s);
        ll_str_free(&text);
    }
}

/* Costs that are limited or weighed. */
static void add_costs(cJSON *part, const ll_search_card *k)
{
    const cJSON *limit;
    cJSON_ArrayForEach(limit, cJSON_GetObjectItemCaseSensitive(k->result, "limits"))
    {
        const char *name = ll_json_get_str(limit, "cost", NULL);
        if (name) add_number(part, name, "", ll_json_get_num(k->row, name, NAN));
    }
}

static void add_score(cJSON *part, const ll_search_card *k)
{
    double score = ll_json_get_num(k->row, "score", NAN), truth = ll_json_get_num(k->row, "true_score", NAN);
    add_number(part, ll_json_get_str(k->result, "score_name", "score"), "", score);
    if (truth != score) add_number(part, "known", "", truth);
}

static void add_verdict(cJSON *part, const ll_search_card *k)
{
    const cJSON *violation = cJSON_GetObjectItemCaseSensitive(k->result, "violation");
    if (!k->chosen) return;
    if (cJSON_IsBool(violation))
        add_field(part, "in truth", cJSON_IsTrue(violation) ? "beyond a limit" : "within");
    add_number(part, "best", "", ll_json_get_num(k->result, "best_score", NAN));
    add_number(part, "regret", "", ll_json_get_num(k->result, "regret", NAN));
}

static void add_decision(cJSON *part, const ll_search_card *k)
{
    const cJSON *closed = cJSON_GetObjectItemCaseSensitive(k->result, "closed");
    ll_str text = {0};
    if (!cJSON_IsBool(closed)) return;
    add_number(part, "verified", " measured", ll_json_get_num(k->result, "verified", 0));
    ll_str_addf(&text, "open: %d more",
                cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(k->result, "open")));
    add_field(part, "decision", cJSON_IsTrue(closed) ? "closed" : text.s);
    ll_str_free(&text);
}

static cJSON *numbers(const ll_search_card *k)
{
    cJSON *part = ll_result_new("card");
    add_latency(part, "predicted", ll_result_unit(k->result), ll_search_latency(k->row, k->device));
    add_score(part, k);
    add_verdict(part, k);
    if (k->chosen) add_decision(part, k);
    add_others(part, k);
    add_costs(part, k);
    return part;
}

/* --- the search --- */

static cJSON *account(const ll_search_card *k)
{
    static const struct {
        const char *key, *title;
    } fields[] = {{"front_size", "front"},
                  {"hypervolume", "hypervolume"},
                  {"igd_plus", "IGD+"},
                  {"evaluations", "met"},
                  {"measurements", "measurements"}};
    cJSON *part = ll_result_new("card");
    add_field(part, "method", ll_json_get_str(k->result, "method", ""));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        add_number(part, fields[i].title, "", ll_json_get_num(k->result, fields[i].key, NAN));
    return part;
}

/* Its sentences; where nothing is within they say why. NULL: it has none. */
static cJSON *sentences(const ll_search_card *k)
{
    const cJSON *notes = cJSON_GetObjectItemCaseSensitive(k->result, "notes");
    if (!notes) return NULL;
    cJSON *part = ll_result_new("card");
    ll_json_str(part, "text", "");
    cJSON_AddItemToObject(part, "notes", cJSON_Duplicate(notes, true));
    return part;
}

void ll_search_card_set(const ll_search_card *k, ll_pager *p, const ll_look *look, int width)
{
    cJSON *parts[4], *said = sentences(k);
    int n = 0;
    ll_look narrow = *look;
    narrow.width = width;
    if (k->row) {
        parts[n++] = numbers(k);
        parts[n++] = picture(k, width - 2);
    }
    if (said && !k->row) parts[n++] = said;
    parts[n++] = account(k);
    if (said && k->row) parts[n++] = said;
    ll_pager_set(p, (const cJSON *const *)parts, n, &narrow);
    for (int i = 0; i < n; i++) cJSON_Delete(parts[i]);
}
