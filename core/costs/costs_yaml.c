/* Tables of layer costs as YAML: two levels, of which libyaml tells one event after the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/decimal.h"
#include "core/base/index.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/costs/costs_file.h"
#include "core/costs/part_names.h"

enum { ANCHORS_MOST = 1000 };

/* The numbers of one row. */
typedef struct numbers {
    double mean, std, count;
} numbers;

typedef struct reading {
    const char *what;
    yaml_parser_t parser;
    yaml_event_t event;
    bool held; /* is there an event to be freed? */
    ll_costs *c;
    ll_strs texts;    /* what the next two borrow */
    ll_names names;   /* rows so far */
    ll_names anchors; /* of rows that have one, and their numbers */
    numbers *anchored;
    int n_anchored;
} reading;

static ll_status fail(const reading *r, ll_error *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static ll_status fail(const reading *r, ll_error *e, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_fail(e, LL_BAD_DATA, "%s: line %zu: %s", r->what, r->event.start_mark.line + 1, ll_str_text(&text));
    ll_str_free(&text);
    return LL_BAD_DATA;
}

static ll_status next(reading *r, ll_error *e)
{
    if (r->held) yaml_event_delete(&r->event);
    r->held = false;
    if (ll_interrupted()) return ll_interrupt_fail(e);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        const yaml_parser_t *p = &r->parser;
        return ll_fail(e, LL_BAD_DATA, "%s: line %zu: no YAML: %s", r->what,
                       (p->problem_mark.line ? p->problem_mark.line : p->mark.line) + 1,
                       p->problem ? p->problem : "it cannot be read");
    }
    r->held = true;
    return LL_OK;
}

static ll_status expect(reading *r, yaml_event_type_t type, const char *wanted, ll_error *e)
{
    ll_status s = next(r, e);
    if (s || r->event.type == type) return s;
    return fail(r, e, "%s was expected", wanted);
}

/* false: there is one of that name. Events take their texts along when they go. */
static bool add_name(reading *r, ll_names *to, const char *name)
{
    if (ll_names_find(to, name) >= 0) return false;
    ll_strs_add(&r->texts, name);
    return ll_names_add_new(to, r->texts.v[r->texts.n - 1]);
}

/* The text of the scalar at hand; NULL: it is another thing, or has a NUL in it. */
static const char *text_of(const reading *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    if (r->event.type != YAML_SCALAR_EVENT) return NULL;
    return strlen(text) == r->event.data.scalar.length ? text : NULL;
}

/* Python objects and the like: what a tag makes of a text is not asked. */
static bool is_tagged(const reading *r)
{
    return r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.tag;
}

static ll_status read_number(const reading *r, const char *key, double *out, ll_error *e)
{
    const char *text = is_tagged(r) ? NULL : text_of(r);
    if (!text) return fail(r, e, "%s is no number", key);
    if (ll_decimal_parse(text, out) && isfinite(*out) && *out >= 0) return LL_OK;
    return fail(r, e, "%s \"%.40s\": a number from 0 was expected", key, text);
}

/* A member of a row: mean, std, var or count; any other with a plain value is not looked at. */
static ll_status read_member(reading *r, numbers *out, ll_error *e)
{
    const char *key = text_of(r);
    char name[8] = "";
    if (!key) return fail(r, e, "mean, std or count was expected");
    if (strlen(key) < sizeof name) strcpy(name, key);
    ll_status s = next(r, e);
    if (s) return s;
    if (r->event.type != YAML_SCALAR_EVENT) return fail(r, e, "a number was expected: rows have two levels");
    double *to = !strcmp(name, "mean")                          ? &out->mean
                 : !strcmp(name, "std") || !strcmp(name, "var") ? &out->std
                 : !strcmp(name, "count")                       ? &out->count
                                                                : NULL;
    if (!to) return LL_OK;
    if (!isnan(*to)) return fail(r, e, "%s is given twice, or std and var both", name);
    s = read_number(r, name, to, e);
    if (!s && !strcmp(name, "var")) *to = sqrt(*to);
    return s;
}

static ll_status find_anchor(const reading *r, numbers *out, ll_error *e)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    int at = ll_names_find(&r->anchors, name);
    if (at < 0) return fail(r, e, "*%.60s stands for no row before it", name);
    *out = r->anchored[at];
    return LL_OK;
}

static ll_status keep_anchor(reading *r, const char *name, const numbers *x, ll_error *e)
{
    if (r->n_anchored == ANCHORS_MOST) return fail(r, e, "more than %d anchors", ANCHORS_MOST);
    if (!add_name(r, &r->anchors, name)) return fail(r, e, "&%.60s is given twice", name);
    r->anchored = ll_realloc(r->anchored, (size_t)r->n_anchored + 1, sizeof *r->anchored);
    r->anchored[r->n_anchored++] = *x;
    return LL_OK;
}

static ll_status read_members(reading *r, numbers *out, ll_error *e)
{
    ll_status s = next(r, e);
    while (!s && r->event.type != YAML_MAPPING_END_EVENT) {
        s = read_member(r, out, e);
        if (!s) s = next(r, e);
    }
    if (!s && isnan(out->mean)) s = fail(r, e, "no mean");
    return s;
}

/* What stands behind a row's name: a mapping, a number, or an alias of an earlier row's. */
static ll_status read_numbers(reading *r, numbers *out, ll_error *e)
{
    *out = (numbers){NAN, NAN, NAN};
    ll_status s = next(r, e);
    if (s) return s;
    if (r->event.type == YAML_ALIAS_EVENT) return find_anchor(r, out, e);
    if (r->event.type == YAML_SCALAR_EVENT) return read_number(r, "the cost", &out->mean, e);
    if (r->event.type != YAML_MAPPING_START_EVENT) return fail(r, e, "mean, std and count were expected");
    char *anchor = ll_strdup((const char *)r->event.data.mapping_start.anchor);
    s = read_members(r, out, e);
    if (!s && anchor) s = keep_anchor(r, anchor, out, e);
    free(anchor);
    return s;
}

static ll_status read_row(reading *r, ll_error *e)
{
    const char *name = is_tagged(r) ? NULL : text_of(r);
    ll_cost_row row = {0};
    ll_error why = {0};
    numbers x;
    if (!name) return fail(r, e, "the name of a layer was expected");
    if (ll_part_read_name(name, &row.part, &why)) return fail(r, e, "%s", why.message);
    if (!add_name(r, &r->names, name)) return fail(r, e, "\"%.100s\" is given twice", name);
    ll_status s = read_numbers(r, &x, e);
    if (s) return s;
    row.ms = x.mean;
    row.std_ms = x.std;
    row.count = x.count >= 1 && x.count <= 1e6 ? (int)x.count : 0;
    return ll_costs_add(r->c, &row, &why) ? fail(r, e, "%s", why.message) : LL_OK;
}

static ll_status read_document(reading *r, ll_error *e)
{
    ll_status s = expect(r, YAML_STREAM_START_EVENT, "text", e);
    if (!s) s = next(r, e);
    if (!s && r->event.type == YAML_STREAM_END_EVENT) return fail(r, e, "the file is empty");
    if (!s) s = expect(r, YAML_MAPPING_START_EVENT, "a mapping of layers to costs", e);
    if (!s) s = next(r, e);
    while (!s && r->event.type != YAML_MAPPING_END_EVENT) {
        s = read_row(r, e);
        if (!s) s = next(r, e);
    }
    if (!s) s = expect(r, YAML_DOCUMENT_END_EVENT, "the end", e);
    return s ? s : expect(r, YAML_STREAM_END_EVENT, "the end: one document", e);
}

ll_status ll_costs_read_yaml(ll_costs *c, const char *what, const char *text, size_t n, ll_error *e)
{
    reading r = {.what = what, .c = c};
    if (!yaml_parser_initialize(&r.parser)) ll_out_of_memory(n);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    ll_status s = read_document(&r, e);
    if (r.held) yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    ll_names_free(&r.names);
    ll_names_free(&r.anchors);
    ll_strs_free(&r.texts);
    free(r.anchored);
    return s;
}

/* --- writing --- */

static void write_row(FILE *f, const char *name, const ll_cost_row *r)
{
    char number[32];
    fprintf(f, "%s:\n", name);
    if (r->count) fprintf(f, "  count: %d\n", r->count);
    ll_decimal_write(r->ms, number);
    fprintf(f, "  mean: %s\n", number);
    if (isnan(r->std_ms)) return;
    ll_decimal_write(r->std_ms, number);
    fprintf(f, "  std: %s\n", number);
}

ll_status ll_costs_write_yaml(const ll_costs *c, const char *path, int *left_out, ll_error *e)
{
    ll_writer w;
    ll_names names = {0};
    ll_strs texts = {0}; /* what the names borrow */
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    *left_out = 0;
    for (int i = 0; i < c->n; i++) {
        ll_str name = {0};
        bool named = ll_part_write_name(&c->rows[i].part, &name);
        ll_strs_take(&texts, ll_str_take(&name));
        const char *text = texts.v[texts.n - 1];
        if (named && ll_names_add_new(&names, text)) /* the names do not tell activations apart */
            write_row(w.f, text, &c->rows[i]);
        else
            ++*left_out;
    }
    ll_names_free(&names);
    ll_strs_free(&texts);
    if (*left_out < c->n) return ll_writer_commit(&w, e);
    ll_writer_abandon(&w);
    return ll_fail(e, LL_FAILED, "none of the %d rows has a name in Once-for-All's tables", c->n);
}
