#include "plots/gnuplot/gnuplot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "plots/gnuplot/process.h"

enum { MOST_OUTPUT = 256 << 20 };

static const char *wanted(void)
{
    const char *program = getenv("LATLAB_GNUPLOT");
    return program && *program ? program : "gnuplot";
}

/* gnuplot's complaint among its echo, carets and warnings: the last "line N: ..." that is no warning, else
 * the last line that says anything. */
static void complaint(const ll_str *err, ll_str *out)
{
    ll_strs lines = {0};
    ll_strs_split(&lines, ll_str_text(err), '\n');
    const char *found = NULL, *last = NULL;
    for (int i = 0; i < lines.n; i++) {
        const char *line = lines.v[i];
        if (strspn(line, " ^") == strlen(line) || !strncmp(line, "gnuplot>", 8)) continue;
        last = line;
        if (!strncmp(line, "line ", 5) && !strstr(line, "warning:")) found = line;
    }
    if (!found) found = last;
    ll_str_addf(out, "%.200s", found ? found : "it said nothing");
    ll_strs_free(&lines);
}

/* `-d` keeps the user's own start-up files out. */
static ll_status run(const ll_gnuplot *g, const char *script, size_t n, const ll_observer *observer,
                     ll_str *out, ll_error *e)
{
    char options[] = "-d", standard_input[] = "/dev/stdin"; /* by its name it is read in large pieces */
    char *const argv[] = {g->program, options, standard_input, NULL};
    double timeout_s = g->timeout_s > 0 ? g->timeout_s : LL_GNUPLOT_TIMEOUT_S;
    ll_process p = {argv, script, n, timeout_s, MOST_OUTPUT, observer};
    ll_str err = {0}, said = {0};
    int code = 0;
    ll_status s = ll_process_run(&p, out, &err, &code, e);
    if (!s && code) {
        complaint(&err, &said);
        if (code > 128)
            s = ll_fail(e, LL_FAILED, "%s died of signal %d (%s): %s", g->program, code - 128,
                        strsignal(code - 128), said.s);
        else
            s = ll_fail(e, LL_FAILED, "%s failed with status %d: %s", g->program, code, said.s);
    }
    ll_str_free(&err);
    ll_str_free(&said);
    return s;
}

static bool read_answer(ll_gnuplot *g, const char *text)
{
    char *end;
    double version = strtod(text, &end);
    if (end == text || *end != '\n' || !strstr(end, " dumb ")) return false;
    g->version = version;
    g->terminals = ll_strdup(end);
    for (char *c = g->terminals; *c; c++)
        if (*c == '\n') *c = ' ';
    return true;
}

static ll_status no_gnuplot(const ll_error *why, ll_error *e)
{
    return ll_fail(e, LL_FAILED,
                   "%s; plots need gnuplot 5.4 or newer (Debian: apt-get install gnuplot-nox; LATLAB_GNUPLOT "
                   "names another program)",
                   why->message);
}

ll_status ll_gnuplot_probe(ll_gnuplot *g, const ll_observer *observer, ll_error *e)
{
    static const char question[] = "set print '-'\nprint GPVAL_VERSION\nprint GPVAL_TERMINALS.' '\n";
    if (g->terminals && !strcmp(g->program, wanted())) return LL_OK;
    double timeout_s = g->timeout_s;
    ll_gnuplot_free(g);
    *g = (ll_gnuplot){.program = ll_strdup(wanted()), .timeout_s = timeout_s};
    ll_str out = {0};
    ll_error mine = {0};
    ll_status s = run(g, question, sizeof question - 1, observer, &out, &mine);
    if (!s && !read_answer(g, ll_str_text(&out)))
        s = ll_fail(&mine, LL_FAILED, "%s does not answer like gnuplot 5.4 or newer", g->program);
    ll_str_free(&out);
    if (!s) return LL_OK;
    return s == LL_CANCELLED ? ll_fail(e, s, "%s", mine.message) : no_gnuplot(&mine, e);
}

bool ll_gnuplot_has(const ll_gnuplot *g, ll_gp_terminal t)
{
    ll_str word = {0};
    ll_str_addf(&word, " %s ", ll_gp_terminal_name(t));
    bool has = g->terminals && strstr(g->terminals, word.s);
    ll_str_free(&word);
    return has;
}

ll_status ll_gnuplot_draw(ll_gnuplot *g, const ll_figure *f, const ll_gp_target *target,
                          const ll_observer *observer, ll_str *bytes, ll_error *e)
{
    ll_status s = ll_gnuplot_probe(g, observer, e);
    if (s) return s;
    if (!ll_gnuplot_has(g, target->terminal))
        return ll_fail(e, LL_FAILED, "%s %g has no terminal %s (it has:%.300s)", g->program, g->version,
                       ll_gp_terminal_name(target->terminal), g->terminals);
    ll_str text = {0};
    ll_gnuplot_text(f, target, &text);
    s = run(g, text.s, text.len, observer, bytes, e);
    if (!s && !ll_gp_complete(target->terminal, ll_str_text(bytes), bytes->len))
        s = ll_fail(e, LL_FAILED, "%s ended well, but what it wrote (%zu bytes) is no complete %s picture",
                    g->program, bytes->len, ll_gp_terminal_name(target->terminal));
    ll_str_free(&text);
    return s;
}

void ll_gnuplot_free(ll_gnuplot *g)
{
    free(g->program);
    free(g->terminals);
    *g = (ll_gnuplot){0};
}

static bool is_script(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && !strcasecmp(dot, ".gp");
}

static ll_status write_script(const ll_figure *f, const char *path, ll_plot_theme theme, ll_error *e)
{
    ll_str picture = {0}, text = {0};
    char *stem = ll_path_stem(path);
    ll_str_addf(&picture, "%s.png", stem);
    ll_gp_target target = {.terminal = LL_GP_PNG, .theme = theme, .output = picture.s};
    ll_gnuplot_text(f, &target, &text);
    ll_status s = ll_write_file(path, text.s, text.len, e);
    ll_str_free(&text);
    ll_str_free(&picture);
    free(stem);
    return s;
}

ll_status ll_figure_write(ll_gnuplot *g, const ll_figure *f, const char *path, ll_plot_theme theme,
                          const ll_observer *observer, ll_error *e)
{
    if (is_script(path)) return write_script(f, path, theme, e);
    ll_gp_target target = {.theme = theme};
    if (!ll_gp_terminal_of(path, &target.terminal))
        return ll_fail(e, LL_USAGE, "%s: a figure is written as .png, .svg, .pdf or .gp", path);
    ll_str bytes = {0};
    ll_status s = ll_gnuplot_draw(g, f, &target, observer, &bytes, e);
    if (!s) s = ll_write_file(path, bytes.s, bytes.len, e);
    ll_str_free(&bytes);
    return s;
}
