/* Settings of the full screen: keys, theme, layout. One line each in $XDG_CONFIG_HOME/latlab/config:
 *   set NAME VALUE           # theme, ramp, mouse, log-lines
 *   bind VIEW|all KEY TEXT   # TEXT: a command line, or @action
 * A bad line is reported with its number and ignored. */
#ifndef LL_TUI_FACES_CONFIG_H
#define LL_TUI_FACES_CONFIG_H

#include "core/base/status.h"
#include "core/base/str.h"
#include "tui/draw/theme.h"

typedef struct ll_binding {
    char *view, *key, *text;
} ll_binding;

typedef struct ll_config {
    const ll_theme *theme;
    const char *ramp; /* "cividis" or "viridis" */
    bool mouse;
    int log_lines; /* height of the log pane; 0: none */
    ll_binding *bindings;
    int n_bindings;
} ll_config;

const char *ll_setting_name(int i); /* NULL behind the last */
void ll_config_init(ll_config *c);
void ll_config_free(ll_config *c);
/* "set NAME VALUE" or "bind VIEW KEY TEXT". LL_USAGE: what is wrong with it. */
ll_status ll_config_line(ll_config *c, const char *line, ll_error *e);
/* All lines of a text; complaints are "name:LINE: ...". */
void ll_config_text(ll_config *c, const char *text, const char *name, ll_strs *complaints);
void ll_config_load(ll_config *c, ll_strs *complaints); /* the user's file, when there is one */
extern const char ll_config_default[];                  /* every setting with its default, as comments */
char *ll_config_path(void);                             /* the caller frees */
/* Text bound to the key in this view or in all, the latest first; NULL: not bound here. */
const char *ll_config_binding(const ll_config *c, const char *view, const char *key);

#endif
