#include "tui/faces/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"

void ll_config_init(ll_config *c)
{
    *c = (ll_config){.theme = ll_theme_at(0), .ramp = "cividis", .mouse = true, .log_lines = 6};
}

void ll_config_free(ll_config *c)
{
    for (int i = 0; i < c->n_bindings; i++) {
        free(c->bindings[i].view);
        free(c->bindings[i].key);
        free(c->bindings[i].text);
    }
    free(c->bindings);
    *c = (ll_config){0};
}

/* --- settings: one function each --- */

static ll_status set_theme(ll_config *c, const char *value, ll_error *e)
{
    const ll_theme *t = ll_theme_find(value);
    if (!t) {
        ll_str names = {0};
        for (int i = 0; ll_theme_at(i); i++) ll_str_addf(&names, "%s%s", i ? ", " : "", ll_theme_at(i)->name);
        ll_status s = ll_fail(e, LL_USAGE, "no theme '%s'; there are %s", value, ll_str_text(&names));
        ll_str_free(&names);
        return s;
    }
    c->theme = t;
    return LL_OK;
}

static ll_status set_ramp(ll_config *c, const char *value, ll_error *e)
{
    if (strcmp(value, "cividis") && strcmp(value, "viridis"))
        return ll_fail(e, LL_USAGE, "ramp is cividis or viridis, not '%s'", value);
    c->ramp = *value == 'c' ? "cividis" : "viridis";
    return LL_OK;
}

static ll_status set_mouse(ll_config *c, const char *value, ll_error *e)
{
    if (strcmp(value, "on") && strcmp(value, "off"))
        return ll_fail(e, LL_USAGE, "mouse is on or off, not '%s'", value);
    c->mouse = !strcmp(value, "on");
    return LL_OK;
}

static ll_status set_log_lines(ll_config *c, const char *value, ll_error *e)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (*end || !*value || n < 0 || n > 40)
        return ll_fail(e, LL_USAGE, "log-lines is 0 to 40, not '%s'", value);
    c->log_lines = (int)n;
    return LL_OK;
}

static const struct {
    const char *name;
    ll_status (*set)(ll_config *c, const char *value, ll_error *e);
} settings[] = {{"theme", set_theme}, {"ramp", set_ramp}, {"mouse", set_mouse}, {"log-lines", set_log_lines}};

const char *ll_setting_name(int i)
{
    return i < (int)(sizeof settings / sizeof *settings) ? settings[i].name : NULL;
}

/* --- lines ---------------------------------------------------------------------------------------------- */

/* The next word; *rest moves behind it and the blanks after it. */
static char *next_word(const char **rest)
{
    size_t n = strcspn(*rest, " \t");
    char *word = ll_memdup(*rest, n + 1, 1);
    word[n] = 0;
    *rest += n + strspn(*rest + n, " \t");
    return word;
}

static ll_status add_binding(ll_config *c, const char *rest, ll_error *e)
{
    ll_binding b = {next_word(&rest), next_word(&rest), NULL};
    if (!*b.view || !*b.key || !*rest) {
        free(b.view);
        free(b.key);
        return ll_fail(e, LL_USAGE, "expected: bind VIEW|all KEY TEXT");
    }
    b.text = ll_strdup(rest);
    c->bindings = ll_realloc(c->bindings, (size_t)c->n_bindings + 1, sizeof *c->bindings);
    c->bindings[c->n_bindings++] = b;
    return LL_OK;
}

static void no_setting(const char *name, ll_error *e)
{
    ll_str names = {0};
    for (int i = 0; ll_setting_name(i); i++) ll_str_addf(&names, "%s%s", i ? ", " : "", ll_setting_name(i));
    ll_fail(e, LL_USAGE, "no setting '%s'; there are %s", name, ll_str_text(&names));
    ll_str_free(&names);
}

static ll_status apply_setting(ll_config *c, const char *rest, ll_error *e)
{
    char *name = next_word(&rest);
    ll_status s = LL_USAGE;
    bool found = false;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!strcmp(settings[i].name, name)) {
            found = true;
            s = settings[i].set(c, rest, e);
        }
    if (!found) no_setting(name, e);
    free(name);
    return s;
}

ll_status ll_config_line(ll_config *c, const char *line, ll_error *e)
{
    const char *rest = line + strspn(line, " \t");
    if (!*rest || *rest == '#') return LL_OK;
    char *text = ll_strdup(rest), *comment = strstr(text, " #");
    if (comment) *comment = 0;
    for (size_t n = strlen(text); n && strchr(" \t\r\n", text[n - 1]);) text[--n] = 0;
    const char *p = text;
    char *word = next_word(&p);
    ll_status s = !strcmp(word, "set") ? apply_setting(c, p, e)
                  : !strcmp(word, "bind")
                      ? add_binding(c, p, e)
                      : ll_fail(e, LL_USAGE, "'%s': a line begins with set or bind", word);
    free(word);
    free(text);
    return s;
}

void ll_config_text(ll_config *c, const char *text, const char *name, ll_strs *complaints)
{
    for (int number = 1; *text; number++) {
        size_t n = strcspn(text, "\n");
        char *line = ll_memdup(text, n + 1, 1);
        line[n] = 0;
        ll_error e = {0};
        if (ll_config_line(c, line, &e)) {
            ll_str s = {0};
            ll_str_addf(&s, "%s:%d: %s", name, number, e.message);
            ll_strs_take(complaints, ll_str_take(&s));
        }
        free(line);
        text += n + (text[n] == '\n');
    }
}

const char ll_config_default[] =
    "# Settings of latlab's full screen. Lines that begin with # are comments: "
    "take the # away to change something.\n"
    "# A bad line is reported with its number and ignored.\n"
    "\n"
    "# set theme default     # default, dark, light, mono\n"
    "# set ramp cividis      # of heatmaps: cividis, viridis\n"
    "# set mouse on          # off: the terminal's own; while on, Shift-drag selects text\n"
    "# set log-lines 6       # height of the log pane, 0 to 40\n"
    "\n"
    "# bind VIEW|all KEY TEXT: a command line, or an @action. {device}, "
    "{other}, {arch} are what is under the cursor.\n"
    "# bind devices F6 corr {device} metric=kendall\n"
    "# bind all C-t view training\n";

char *ll_config_path(void)
{
    char *dir = ll_xdg_dir(LL_XDG_CONFIG), *path = ll_path_join(dir, "config");
    free(dir);
    return path;
}

void ll_config_load(ll_config *c, ll_strs *complaints)
{
    char *path = ll_config_path(), *text;
    size_t len;
    ll_error e = {0};
    if (ll_is_file(path)) {
        if (ll_read_file(path, 1 << 20, &text, &len, &e)) {
            ll_strs_add(complaints, e.message);
        } else {
            ll_config_text(c, text, path, complaints);
            free(text);
        }
    }
    free(path);
}

const char *ll_config_binding(const ll_config *c, const char *view, const char *key)
{
    for (int i = c->n_bindings - 1; i >= 0; i--) {
        const ll_binding *b = &c->bindings[i];
        if (!strcmp(b->key, key) && (!strcmp(b->view, view) || !strcmp(b->view, "all"))) return b->text;
    }
    return NULL;
}
