/* JSON to template: names become numbers, loops are written out, every expression is read once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/network.h"
#include "core/space/template/template_parts.h"

/* What bounds the work of reading, whatever loops stand within each other. */
enum { ROUNDS = 4096, INSTRUCTIONS = 65536, PATH = 160 };

typedef enum name_kind { NAME_POSITION, NAME_NUMBER, NAME_TENSOR } name_kind;
typedef struct binding {
    char *name;
    name_kind kind;
    int index; /* of a position or a tensor; of a number its variable */
} binding;

typedef struct reader {
    const ll_template_position *positions;
    ll_template *t;
    int first[LL_MAX_POSITIONS]; /* variables of each position: index, number, active, fields */
    binding *names;
    int n_names, names_room, variables_room;
    char *tensors[LL_TEMPLATE_TENSORS];
    int tensor_variable[LL_TEMPLATE_TENSORS], n_tensors; /* channels, then side */
    int position;                                        /* that steps belong to here, -1: none */
    int rounds, nested, instructions;
    bool choices_alone; /* values are computed before there is any tensor */
    char path[PATH];
    ll_error *e;
} reader;

static bool wrong(reader *r, const char *key, const char *what)
{
    ll_fail(r->e, LL_BAD_DATA, "%s%s%s: %s", r->path, *key ? "." : "", key, what);
    return false;
}

static bool wrong_name(reader *r, const char *key, const char *name, const char *what)
{
    ll_fail(r->e, LL_BAD_DATA, "%s%s%s: \"%.60s\" %s", r->path, *key ? "." : "", key, name, what);
    return false;
}

/* --- names --- */

static int add_variable(reader *r, ll_variable_kind kind, int index, int *table)
{
    ll_template *t = r->t;
    if (t->n_variables == r->variables_room) {
        r->variables_room = r->variables_room ? 2 * r->variables_room : 256;
        t->variables = ll_realloc(t->variables, (size_t)r->variables_room, sizeof *t->variables);
    }
    t->variables[t->n_variables] = (ll_variable){kind, index, table};
    return t->n_variables++;
}

static const binding *find(const reader *r, const char *name)
{
    for (int i = r->n_names - 1; i >= 0; i--)
        if (!strcmp(r->names[i].name, name)) return &r->names[i];
    return NULL;
}

static int find_tensor(const reader *r, const char *name)
{
    const binding *b = find(r, name);
    if (b) return b->kind == NAME_TENSOR ? b->index : -1;
    for (int i = 0; i < r->n_tensors; i++)
        if (!strcmp(r->tensors[i], name)) return i;
    return -1;
}

static bool is_word(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t n = strlen(name);
    return n && n <= 60 && strspn(name, letters) == n && strcspn(name, "0123456789_");
}

/* A name that means something else already is refused: nothing is ever hidden. */
static bool bind(reader *r, const char *key, const char *name, name_kind kind, int index)
{
    static const char *const functions[] = {"min", "max", "divisible"};
    bool taken = find(r, name) || find_tensor(r, name) >= 0;
    for (int i = 0; i < 3; i++) taken = taken || !strcmp(name, functions[i]);
    if (taken) return wrong_name(r, key, name, "has a meaning already: choose another name");
    if (r->n_names == r->names_room) {
        r->names_room = r->names_room ? 2 * r->names_room : 128;
        r->names = ll_realloc(r->names, (size_t)r->names_room, sizeof *r->names);
    }
    r->names[r->n_names++] = (binding){ll_strdup(name), kind, index};
    return true;
}

static void unbind(reader *r, int n)
{
    while (r->n_names > n) free(r->names[--r->n_names].name);
}

static int field_of(const reader *r, int position, const char *field)
{
    const ll_template_position *p = &r->positions[position];
    if (!strcmp(field, "active")) return r->first[position] + 2;
    for (int i = 0; i < p->n_fields; i++)
        if (!strcmp(p->fields[i].name, field)) return r->first[position] + 3 + i;
    return -1;
}

/* "NAME.FIELD" of a position or a tensor; names of positions may have dots themselves. */
static int member(const reader *r, const char *name)
{
    char owner[160];
    const char *dot = strrchr(name, '.');
    if (!dot || (size_t)(dot - name) >= sizeof owner) return -1;
    memcpy(owner, name, (size_t)(dot - name));
    owner[dot - name] = 0;
    const binding *b = find(r, owner);
    if (b && b->kind == NAME_POSITION) return field_of(r, b->index, dot + 1);
    int tensor = find_tensor(r, owner);
    if (tensor < 0 || r->choices_alone) return -1;
    if (!strcmp(dot, ".c")) return r->tensor_variable[tensor];
    return strcmp(dot, ".size") ? -1 : r->tensor_variable[tensor] + 1;
}

static int variable(void *ctx, const char *name)
{
    const reader *r = ctx;
    const binding *b = find(r, name);
    if (!b) return member(r, name);
    if (b->kind == NAME_POSITION) return r->first[b->index] + 1;
    if (b->kind == NAME_TENSOR) return -1;
    ll_variable_kind kind = r->t->variables[b->index].kind;
    bool later = kind == LL_VAR_CHANNELS || kind == LL_VAR_SIDE;
    return later && r->choices_alone ? -1 : b->index;
}

static int choice(void *ctx, int v, const char *name, int *value)
{
    const reader *r = ctx;
    const ll_variable *of = &r->t->variables[v];
    if (of->kind != LL_VAR_CHOICE || v > r->first[of->index] + 1) return -1;
    const ll_template_position *p = &r->positions[of->index];
    *value = -1;
    for (int i = 0; i < p->n_choices; i++)
        if (!strcmp(p->choices[i], name)) *value = i;
    return r->first[of->index];
}

/* --- expressions --- */

static bool read_text(reader *r, const char *key, const char *text, ll_expr *out)
{
    const ll_expr_scope scope = {r, variable, choice};
    bool good = !ll_expr_read(text, &scope, out, r->e);
    r->instructions += out->n;
    if (good && r->instructions > INSTRUCTIONS) {
        ll_expr_free(out);
        return wrong(r, key, "the expressions are too long: 65536 names, numbers and signs are the limit");
    }
    if (good) return true;
    if (r->e) ll_fail_in(r->e, "%s%s%s: ", r->path, *key ? "." : "", key);
    return false;
}

static bool read_expr(reader *r, const char *key, const cJSON *v, ll_expr *out)
{
    if (cJSON_IsString(v)) return read_text(r, key, v->valuestring, out);
    int value = cJSON_IsTrue(v);
    if (!cJSON_IsBool(v) && !ll_json_is_whole(v, LL_EXPR_MOST, &value))
        return wrong(r, key, "expected a whole number or an expression as text");
    ll_expr_constant(value, out);
    return true;
}

/* One more value, computed from choices and the values before it; gives its variable, -1: refused. */
static int add_value(reader *r, const char *key, const cJSON *v)
{
    ll_template *t = r->t;
    if (t->n_values == LL_TEMPLATE_VALUES) {
        wrong(r, key, "there are more than 512 values, expressions in \"each\" included");
        return -1;
    }
    r->choices_alone = true;
    bool good = read_expr(r, key, v, &t->values[t->n_values]);
    r->choices_alone = false;
    return good ? add_variable(r, LL_VAR_VALUE, t->n_values++, NULL) : -1;
}

/* --- steps --- */

static const struct {
    const char *name;
    ll_template_step_kind kind;
    bool number; /* what stands behind the name is a number; else true, or a tensor */
    unsigned takes;
} kinds[] = {
#define TAKES(X) (1u << LL_SET_##X)
    {"conv", LL_DO_CONV, true,
     TAKES(KERNEL) | TAKES(STRIDE) | TAKES(GROUPS) | TAKES(BN) | TAKES(ACT) | TAKES(RELU_BEFORE)},
    {"pool", LL_DO_POOL, true, TAKES(STRIDE)},
    {"add", LL_DO_ADD, false, TAKES(ACT)},
    {"gate", LL_DO_GATE, false, 0},
    {"shuffle", LL_DO_SHUFFLE, true, 0},
    {"mean", LL_DO_MEAN, false, TAKES(BN) | TAKES(RELU_BEFORE)},
    {"linear", LL_DO_LINEAR, true, TAKES(ACT)},
    {"copy", LL_DO_COPY, false, 0},
    {"zero", LL_DO_ZERO, false, 0},
#undef TAKES
};
enum { KINDS = sizeof kinds / sizeof *kinds };
static const char *const setting_names[LL_SETTINGS] = {"",   "kernel", "stride",     "groups",
                                                       "bn", "act",    "relu_before"};

static ll_template_step *add_step(reader *r)
{
    ll_template *t = r->t;
    if (t->n_steps == LL_TEMPLATE_STEPS) {
        wrong(r, "", "there are more than 2048 steps when every loop is written out");
        return NULL;
    }
    ll_template_step *s = &t->steps[t->n_steps++];
    *s = (ll_template_step){
        .position = r->position, .from = -1, .to = -1, .second = -1, .place = ll_strdup(r->path)};
    return s;
}

static bool read_tensor(reader *r, const char *key, const cJSON *v, int *out)
{
    if (!v) return true;
    if (!cJSON_IsString(v)) return wrong(r, key, "expected the name of a tensor");
    *out = find_tensor(r, v->valuestring);
    return *out >= 0 || wrong_name(r, key, v->valuestring, "is no tensor that a \"to\" before it named");
}

/* Is a position called NAME.c or NAME.size? */
static bool is_owner(const reader *r, const char *name)
{
    size_t n = strlen(name);
    bool any = false;
    for (int i = 0; i < r->n_names && !any; i++) {
        const char *other = r->names[i].name;
        any = !strncmp(other, name, n) && (!strcmp(other + n, ".c") || !strcmp(other + n, ".size"));
    }
    return any;
}

static bool name_tensor(reader *r, const cJSON *v, int *out)
{
    if (!v) return true;
    if (!cJSON_IsString(v)) return wrong(r, "to", "expected the name of a tensor");
    const char *name = v->valuestring;
    if ((*out = find_tensor(r, name)) >= 0) return true;
    if (find(r, name)) return wrong_name(r, "to", name, "has a meaning already: choose another name");
    if (is_owner(r, name))
        return wrong_name(r, "to", name,
                          "and a dot begin the name of a position, so that NAME.c or NAME.size could be two "
                          "things: choose another name");
    if (!is_word(name))
        return wrong_name(r, "to", name, "cannot name a tensor: expected letters, digits, '_'");
    if (r->n_tensors == LL_TEMPLATE_TENSORS) return wrong(r, "to", "more than 12 tensors have names");
    *out = r->n_tensors;
    r->tensor_variable[*out] = add_variable(r, LL_VAR_CHANNELS, *out, NULL);
    add_variable(r, LL_VAR_SIDE, *out, NULL);
    r->tensors[r->n_tensors++] = ll_strdup(name);
    return true;
}

static bool read_position(reader *r, const cJSON *v, int *out)
{
    if (!v) return true;
    const binding *b = cJSON_IsString(v) ? find(r, v->valuestring) : NULL;
    if (!b || b->kind != NAME_POSITION) return wrong(r, "position", "expected the name of a position");
    *out = b->index;
    return true;
}

static bool is_any(const char *key, const char *const *list, int n)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(key, list[i])) return true;
    return false;
}

/* A position alone whose choices are called as activations: they are what it stands for, and no indices. */
static bool names_activations(const reader *r, const cJSON *v, ll_str *expression)
{
    const binding *b = cJSON_IsString(v) ? find(r, v->valuestring) : NULL;
    if (!b || b->kind != NAME_POSITION || r->positions[b->index].counts) return false;
    const ll_template_position *p = &r->positions[b->index];
    for (int i = 0; i < p->n_choices; i++) {
        const binding *act = find(r, p->choices[i]);
        int a = 0;
        while (a < LL_ACTIVATIONS && strcmp(ll_activation_name((ll_activation)a), p->choices[i])) a++;
        if (!act || a == LL_ACTIVATIONS) return false;
        ll_str_addf(expression, "%s == '%s' ? %s : ", v->valuestring, p->choices[i], p->choices[i]);
    }
    ll_str_add(expression, "none");
    return true;
}

static bool read_setting(reader *r, int setting, const cJSON *v, ll_expr *out)
{
    const char *name = setting_names[setting];
    ll_str acts = {0};
    bool good = setting == LL_SET_ACT && names_activations(r, v, &acts) ? read_text(r, name, acts.s, out)
                                                                        : read_expr(r, name, v, out);
    ll_str_free(&acts);
    return good;
}

static const char *const everywhere[] = {"when", "from", "to", "position", "about"};
static const char *const in_loops[] = {"when", "position", "about", "each", "as", "do"};

/* Keys that a layer does not have are typing errors: none is passed over. */
static bool check_layer_keys(reader *r, const cJSON *item, int kind)
{
    for (const cJSON *v = item->child; v; v = v->next) {
        bool known = is_any(v->string, everywhere, 5) || (kind >= 0 && !strcmp(v->string, kinds[kind].name));
        for (int i = 1; i < LL_SETTINGS && kind >= 0; i++)
            known = known || (kinds[kind].takes >> i & 1 && !strcmp(v->string, setting_names[i]));
        if (!known) return wrong_name(r, "", v->string, "is nothing that this step takes");
    }
    return true;
}

static bool check_loop_keys(reader *r, const cJSON *item)
{
    for (const cJSON *v = item->child; v; v = v->next)
        if (!is_any(v->string, in_loops, 6))
            return wrong_name(r, "", v->string, "is nothing that a group or a loop takes");
    return true;
}

static bool read_main(reader *r, const cJSON *v, int kind, ll_template_step *s)
{
    if (kinds[kind].number) return read_expr(r, kinds[kind].name, v, &s->set[LL_SET_MAIN]);
    if (s->kind == LL_DO_ADD || s->kind == LL_DO_GATE) return read_tensor(r, kinds[kind].name, v, &s->second);
    return cJSON_IsTrue(v) || wrong(r, kinds[kind].name, "expected true");
}

static bool read_when(reader *r, const cJSON *item, ll_template_step *s)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, "when");
    return !v || read_expr(r, "when", v, &s->when);
}

/* "network[2]" is "network[2].add" to whoever looks for it. */
static void name_place(ll_template_step *s, const char *kind)
{
    ll_str place = {0};
    ll_str_addf(&place, "%s.%s", s->place, kind);
    free(s->place);
    s->place = ll_str_take(&place);
}

static bool read_layer(reader *r, const cJSON *item)
{
    int kind = 0;
    const cJSON *v = NULL;
    while (kind < KINDS && !(v = cJSON_GetObjectItemCaseSensitive(item, kinds[kind].name))) kind++;
    if (kind == KINDS) kind = -1;
    if (!check_layer_keys(r, item, kind)) return false;
    ll_template_step *s = add_step(r);
    if (!s) return false;
    s->kind = kind < 0 ? LL_DO_NOTHING : kinds[kind].kind;
    if (kind >= 0) name_place(s, kinds[kind].name);
    bool good = read_when(r, item, s) &&
                read_position(r, cJSON_GetObjectItemCaseSensitive(item, "position"), &s->position) &&
                read_tensor(r, "from", cJSON_GetObjectItemCaseSensitive(item, "from"), &s->from) &&
                (kind < 0 || read_main(r, v, kind, s));
    for (int i = 1; i < LL_SETTINGS && good; i++)
        if ((v = cJSON_GetObjectItemCaseSensitive(item, setting_names[i])))
            good = read_setting(r, i, v, &s->set[i]);
    if (s->position >= 0 && kind >= 0) r->t->places[s->position] = true;
    return good && name_tensor(r, cJSON_GetObjectItemCaseSensitive(item, "to"), &s->to);
}

static bool read_steps(reader *r, const cJSON *list);

/* A step that those of "do" belong to. */
static bool read_group(reader *r, const cJSON *item)
{
    int at = r->t->n_steps, outside = r->position;
    ll_template_step *s = add_step(r);
    if (!s) return false;
    s->kind = LL_DO_GROUP;
    if (!read_position(r, cJSON_GetObjectItemCaseSensitive(item, "position"), &r->position) ||
        !read_when(r, item, s))
        return false;
    size_t n = strlen(r->path);
    snprintf(r->path + n, PATH - n, ".do");
    bool good = read_steps(r, cJSON_GetObjectItemCaseSensitive(item, "do"));
    r->path[n] = 0;
    r->position = outside;
    r->t->steps[at].inside = r->t->n_steps - at - 1;
    return good;
}

/* A number of its own, or an expression over the choices; its variable, -1: refused. */
static int bind_number(reader *r, const cJSON *v)
{
    int value;
    bool constant = ll_json_is_whole(v, LL_EXPR_MOST, &value);
    return constant ? add_variable(r, LL_VAR_CONSTANT, value, NULL) : add_value(r, "each", v);
}

/* What a name of "as" stands for in this round: a name that there is, a number, or an expression over the choices. */
static bool bind_element(reader *r, const char *name, const cJSON *v)
{
    const binding *b = cJSON_IsString(v) ? find(r, v->valuestring) : NULL;
    int tensor = cJSON_IsString(v) && !b ? find_tensor(r, v->valuestring) : -1;
    if (b) {
        if (b->kind == NAME_POSITION && r->position < 0) r->position = b->index;
        return bind(r, "as", name, b->kind, b->index);
    }
    if (tensor >= 0) return bind(r, "as", name, NAME_TENSOR, tensor);
    int number = bind_number(r, v);
    return number >= 0 && bind(r, "as", name, NAME_NUMBER, number);
}

/* One alone may stand without its list. */
static const cJSON *first_of(const cJSON *v)
{
    return cJSON_IsArray(v) ? v->child : v;
}

static const cJSON *next_of(const cJSON *list, const cJSON *v)
{
    return cJSON_IsArray(list) ? v->next : NULL;
}

static bool bind_tuple(reader *r, const cJSON *names, const cJSON *tuple)
{
    const cJSON *v = first_of(tuple), *name = first_of(names);
    for (; v && name; name = next_of(names, name), v = next_of(tuple, v)) {
        if (!cJSON_IsString(name) || !is_word(name->valuestring))
            return wrong(r, "as", "expected names of letters, digits and '_'");
        if (!bind_element(r, name->valuestring, v)) return false;
    }
    return (!v && !name) || wrong(r, "each", "every entry has as many members as \"as\" has names");
}

static bool read_round(reader *r, const cJSON *item, const cJSON *tuple)
{
    int names = r->n_names, outside = r->position;
    if (++r->rounds > ROUNDS) return wrong(r, "each", "all loops together go more than 4096 rounds");
    r->position = -1; /* the first position in the tuple, if there is one */
    bool good = bind_tuple(r, cJSON_GetObjectItemCaseSensitive(item, "as"), tuple);
    if (r->position < 0) r->position = outside;
    good = good && read_group(r, item);
    r->position = outside;
    unbind(r, names);
    return good;
}

static bool read_loop(reader *r, const cJSON *item, const cJSON *each)
{
    const cJSON *tuple;
    if (!cJSON_IsArray(each) || !each->child) return wrong(r, "each", "expected a list");
    cJSON_ArrayForEach(tuple, each) if (!read_round(r, item, tuple)) return false;
    return true;
}

static bool read_step(reader *r, const cJSON *item)
{
    if (!cJSON_IsObject(item)) return wrong(r, "", "expected a step: {...}");
    const cJSON *each = cJSON_GetObjectItemCaseSensitive(item, "each");
    if (!each && !cJSON_GetObjectItemCaseSensitive(item, "do")) return read_layer(r, item);
    if (!check_loop_keys(r, item)) return false;
    return each ? read_loop(r, item, each) : read_group(r, item);
}

static bool read_steps(reader *r, const cJSON *list)
{
    const cJSON *item;
    size_t n = strlen(r->path);
    int i = 0;
    if (!cJSON_IsArray(list) || !list->child) return wrong(r, "", "expected a list of steps");
    if (r->nested == LL_TEMPLATE_NESTED) return wrong(r, "", "groups are nested more than 8 deep");
    r->nested++;
    cJSON_ArrayForEach(item, list)
    {
        snprintf(r->path + n, PATH - n, "[%d]", i++);
        if (!read_step(r, item)) return false;
    }
    r->nested--;
    r->path[n] = 0;
    return true;
}

/* --- the whole --- */

static bool bind_position(reader *r, int position)
{
    const ll_template_position *p = &r->positions[position];
    r->first[position] = add_variable(r, LL_VAR_CHOICE, position, NULL);
    add_variable(r, LL_VAR_CHOICE, position,
                 p->counts ? ll_memdup(p->number, (size_t)p->n_choices, sizeof(int)) : NULL);
    add_variable(r, LL_VAR_ACTIVE, position, NULL);
    for (int i = 0; i < p->n_fields; i++)
        add_variable(r, LL_VAR_CHOICE, position,
                     ll_memdup(p->fields[i].values, (size_t)p->n_choices, sizeof(int)));
    return bind(r, "", p->name, NAME_POSITION, position);
}

static bool bind_names(reader *r)
{
    bool good = bind(r, "", "c", NAME_NUMBER, add_variable(r, LL_VAR_CHANNELS, -1, NULL)) &&
                bind(r, "", "size", NAME_NUMBER, add_variable(r, LL_VAR_SIDE, -1, NULL));
    for (int i = 0; i < LL_ACTIVATIONS && good; i++)
        good = bind(r, "", ll_activation_name((ll_activation)i), NAME_NUMBER,
                    add_variable(r, LL_VAR_CONSTANT, i, NULL));
    strcpy(r->path, "positions");
    for (int p = 0; p < r->t->n_positions && good; p++) good = bind_position(r, p);
    return good;
}

static bool read_let(reader *r, const cJSON *let)
{
    const cJSON *v;
    strcpy(r->path, "let");
    if (let && !cJSON_IsObject(let)) return wrong(r, "", "expected {name: expression, ...}");
    cJSON_ArrayForEach(v, let)
    {
        if (!is_word(v->string))
            return wrong_name(r, "", v->string, "is no name: expected letters, digits, '_'");
        int number = add_value(r, v->string, v);
        if (number < 0 || !bind(r, "", v->string, NAME_NUMBER, number)) return false;
    }
    return true;
}

static bool read_whole(reader *r, const cJSON *space)
{
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(space, "input");
    if (!bind_names(r) || !read_let(r, cJSON_GetObjectItemCaseSensitive(space, "let"))) return false;
    *r->path = 0;
    r->choices_alone = true;
    bool good = input ? read_expr(r, "input", input, &r->t->input)
                      : wrong(r, "input", "a network needs the pixels of its image's side");
    r->choices_alone = false;
    strcpy(r->path, "network");
    return good && read_steps(r, cJSON_GetObjectItemCaseSensitive(space, "network"));
}

ll_status ll_template_read(const cJSON *space, const ll_template_position *positions, int n,
                           ll_template **out, ll_error *e)
{
    reader r = {.positions = positions, .t = LL_NEW(ll_template), .position = -1, .e = e};
    r.t->n_positions = n;
    r.t->steps = LL_NEW_ARRAY(ll_template_step, LL_TEMPLATE_STEPS);
    r.t->values = LL_NEW_ARRAY(ll_expr, LL_TEMPLATE_VALUES);
    bool good = read_whole(&r, space);
    unbind(&r, 0);
    free(r.names);
    for (int i = 0; i < r.n_tensors; i++) free(r.tensors[i]);
    if (!good) {
        ll_template_free(r.t);
        return LL_BAD_DATA;
    }
    r.t->steps = ll_realloc(r.t->steps, (size_t)r.t->n_steps, sizeof *r.t->steps);
    r.t->values = ll_realloc(r.t->values, (size_t)r.t->n_values + 1, sizeof *r.t->values);
    *out = r.t;
    return LL_OK;
}
