/* The manual page and bash completion: loops over the tables. */
#include <ctype.h>
#include <string.h>

#include "tui/faces/faces.h"

/* Roff reads a leading '.' or '\'' as a request and '\\' as an escape; a plain '-' may become a hyphen. A line may end
 * behind a '|': lists of choices are long. */
static void roff(ll_str *out, const char *text)
{
    for (bool start = true; *text; start = *text == '\n', text++) {
        if (start && (*text == '.' || *text == '\'')) ll_str_add(out, "\\&");
        if (*text == '\\')
            ll_str_add(out, "\\e");
        else if (*text == '-')
            ll_str_add(out, "\\-");
        else if (*text == '|')
            ll_str_add(out, "|\\:");
        else
            ll_str_addc(out, *text);
    }
}

static void roff_item(ll_str *out, const char *term, const char *text)
{
    ll_str_add(out, ".TP\n.B ");
    roff(out, term);
    ll_str_addc(out, '\n');
    roff(out, text ? text : "");
    ll_str_addc(out, '\n');
}

static void man_flags(ll_str *out)
{
    ll_str_add(out, ".SH OPTIONS\n");
    for (const ll_flag *o = ll_flags; o->name; o++) {
        ll_str term = {0};
        if (isprint(o->letter)) ll_str_addf(&term, "-%c, ", o->letter);
        ll_str_addf(&term, "--%s%s%s", o->name, o->value ? "=" : "", o->value ? o->value : "");
        roff_item(out, ll_str_text(&term), o->help);
        ll_str_free(&term);
    }
}

static void man_option(const ll_option *o, ll_str *out)
{
    ll_str text = {0};
    ll_str_add(&text, o->help ? o->help : "");
    if (o->unit) ll_str_addf(&text, " (%s)", o->unit);
    if (o->type == LL_CHOICE) ll_str_add(&text, "; one of ");
    if (o->type == LL_CHOICE) ll_option_choices_text(o, &text);
    if (o->lo != o->hi) ll_str_addf(&text, "; %g to %g", o->lo, o->hi);
    if (o->otherwise) ll_str_addf(&text, "; default %s", o->otherwise);
    roff_item(out, o->name, ll_str_text(&text));
    ll_str_free(&text);
}

static void man_command(const ll_command *c, ll_str *out)
{
    ll_str usage = {0};
    ll_command_usage(c, &usage);
    ll_str_add(out, ".SS ");
    roff(out, ll_str_text(&usage));
    ll_str_addc(out, '\n');
    ll_str_free(&usage);
    roff(out, c->summary);
    ll_str_add(out, ".\n");
    if (c->alias) ll_str_addf(out, "Short: %s.\n", c->alias);
    if (c->options && c->options->name) {
        ll_str_add(out, ".RS\n");
        for (const ll_option *o = c->options; o->name; o++) man_option(o, out);
        ll_str_add(out, ".RE\n");
    }
    if (c->help) {
        ll_str_add(out, ".PP\n");
        roff(out, c->help);
        ll_str_addc(out, '\n');
    }
    if (c->examples) {
        ll_str_add(out, ".PP\n.nf\n");
        roff(out, c->examples);
        ll_str_add(out, "\n.fi\n");
    }
}

static const char man_head[] = ".TH LATLAB 1 \"\" \"latlab " LL_VERSION "\" \"User Commands\"\n"
                               ".ad l\n" /* lists of words break without a blank that could be widened */
                               ".SH NAME\nlatlab \\- workbench for hardware\\-aware NAS latency prediction\n"
                               ".SH SYNOPSIS\n.B latlab\n[OPTION...] [FILE | \\-]\n"
                               ".SH DESCRIPTION\n"
                               "Load a search space, see how its devices correlate, split them into source "
                               "and target devices, pick a few\n"
                               "architectures to measure, watch a predictor transfer, and compare predicted "
                               "with measured latency. The same\n"
                               "commands work at the prompt, in the full screen (\\-\\-tui) and in scripts "
                               "(FILE, \\-c, or \\- for stdin).\n"
                               "Latencies are in milliseconds.\n";

static const char man_tail[] =
    ".SH EXIT STATUS\n0 ok, 1 a command failed, 2 usage, 3 bad data, 4 out of memory, 130 interrupted.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B LATLAB_DATA\nfolder of datasets\n"
    ".TP\n.B NO_COLOR, FORCE_COLOR\nno colour; colour in pipes too\n"
    ".TP\n.B COLORTERM\ntruecolor or 24bit: 24\\-bit colour\n"
    ".TP\n.B PAGER\nwhat shows an answer at the prompt that is longer than the terminal (default less; cat: "
    "nothing)\n"
    ".TP\n.B LATLAB_KEYS\nfile of keys that the full screen plays before it reads the keyboard\n"
    ".SH FILES\n"
    ".TP\n.I $XDG_CONFIG_HOME/latlab/config\nkeys, theme and layout of the full screen\n"
    ".TP\n.I $XDG_DATA_HOME/latlab\ndatasets and saved sessions\n"
    ".TP\n.I $XDG_STATE_HOME/latlab/history\nlines typed at the prompt\n";

void ll_manpage(const ll_app *app, ll_str *out)
{
    const ll_command *c;
    ll_str_add(out, man_head);
    man_flags(out);
    ll_str_add(
        out, ".SH COMMANDS\nA line is a command and its arguments; several are separated by ';'. Positional\n"
             "arguments are in capitals, the others are given as name=value. '...' and \"...\" keep a\n"
             "word with blanks together; inside \"...\", \\e\" and \\e\\e are these characters, \\e= is a "
             "'=' that makes\n"
             "no option, and \\exHH is a byte. A quoted name is that of a device even with a comma or a '*' "
             "in it.\n");
    for (int i = 0; (c = ll_app_command_at(app, i)); i++) man_command(c, out);
    ll_str_add(out, man_tail);
}

void ll_bash_completion(const ll_app *app, ll_str *out)
{
    const ll_command *c;
    ll_str_add(out, "# bash completion for latlab; made by latlab --bash\n_latlab()\n{\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "    COMPREPLY=()\n    case $prev in\n"
                    "    --color) COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n"
                    "    --data) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n    -c|--command)\n"
                    "        COMPREPLY=($(compgen -W '");
    for (int i = 0; (c = ll_app_command_at(app, i)); i++) ll_str_addf(out, "%s%s", i ? " " : "", c->name);
    ll_str_add(out,
               "' -- \"$cur\")); return ;;\n    esac\n    case $cur in\n    -*) COMPREPLY=($(compgen -W '-c");
    for (const ll_flag *o = ll_flags; o->name; o++) ll_str_addf(out, " --%s", o->name);
    ll_str_add(out, "' -- \"$cur\")) ;;\n    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n    esac\n}\n"
                    "complete -o filenames -F _latlab latlab\n");
}
