/* latlab: options, registration, choice of the face. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/utf8.h"
#include "core/commands/commands.h"
#include "core/num/blas.h"
#include "core/num/blas_choice.h"
#include "data/commands/commands.h"
#include "data/datasets/folder.h"
#include "data/datasets/verify_reference.h"
#include "data/machines/codesign.h"
#include "data/machines/measure.h"
#include "data/machines/simulate.h"
#include "data/sweep/commands/sweep.h"
#include "plots/commands.h"
#include "plots/report/report.h"
#include "sessions/commands.h"
#include "sessions/course/commands.h"
#include "sessions/course/script.h"
#include "tui/draw/graphics.h"
#include "tui/faces/faces.h"
#include "tui/faces/rescue.h"
#include "tui/faces/talk.h"
#include "tui/faces/terminal.h"

enum { VALUE = 256, TUI, JSON, DATA, KEEP_GOING, COLOR, ASCII, THREADS, ECHO, MAN, BASH, VERSION };

const ll_flag ll_flags[] = {
    {"command", "CMDS", "run these commands, separated by ';' (may come again)", 'c'},
    {"tui", NULL, "open the full screen (after -c or FILE, when given)", TUI},
    {"json", NULL, "make stdout the event stream, one JSON object per line", JSON},
    {"data", "DIR", "folder of datasets (default: $LATLAB_DATA, else ~/.local/share/latlab)", DATA},
    {"keep-going", NULL, "do not stop a script at a failing command", KEEP_GOING},
    {"echo", NULL, "show each command of a script on stderr before its output", ECHO},
    {"color", "WHEN", "auto, always or never", COLOR},
    {"ascii", NULL, "draw with ASCII characters only", ASCII},
    {"threads", "N", "threads for computation (default: all cores)", THREADS},
    {"man", NULL, "print the manual page", MAN},
    {"bash", NULL, "print completion for bash: source <(latlab --bash)", BASH},
    {"version", NULL, "print the version", VERSION},
    {"help", NULL, "print this", 'h'},
    {0},
};

/* Every room's commands, in the order help lists them. */
/* clang-format off */
static const ll_command *const tables[] = {
    ll_data_commands,
    ll_sweep_commands,
    ll_simulate_commands,
    ll_codesign_commands,
    ll_measure_commands,
    ll_proxies_commands,
    ll_lut_commands,
    ll_encode_commands,
    ll_look_commands,
    ll_map_commands,
    ll_monotonicity_commands,
    ll_partition_commands,
    ll_sources_commands,
    ll_sample_commands,
    ll_predict_commands,
    ll_search_commands,
    ll_diagnose_commands,
    ll_active_commands,
    ll_score_commands,
    ll_plot_commands,
    ll_report_commands,
    ll_session_commands,
    ll_course_commands,
    ll_help_commands,
    ll_face_commands,
    ll_verify_commands,
};
/* clang-format on */

typedef struct settings {
    ll_str commands; /* of every -c, in their order */
    const char *file, *data;
    bool tui, json, keep_going, ascii, echo;
    ll_when color;
    int threads;
    int print; /* MAN, BASH, VERSION, 'h', 0 */
} settings;

static void print_usage(FILE *f)
{
    fprintf(
        f,
        "usage: latlab [OPTION...] [FILE | -]\n\n"
        "A workbench for hardware-aware NAS latency prediction. Without FILE or -c it opens a prompt.\n\n");
    for (const ll_flag *o = ll_flags; o->name; o++) {
        char left[40];
        snprintf(left, sizeof left, "%s--%s%s%s", o->letter < VALUE ? "-x, " : "    ", o->name,
                 o->value ? "=" : "", o->value ? o->value : "");
        if (o->letter < VALUE) left[1] = (char)o->letter;
        fprintf(f, "  %-22s %s\n", left, o->help);
    }
    fprintf(f, "\nexit status: 0 ok, 1 a command failed, 2 usage, 3 bad data, 4 out of memory, 75 stopped "
               "and to be\ncontinued (sweep run), 130 interrupted\n");
}

/* Before there are faces; what a file or an argument is called reaches the terminal only as it may be shown. */
static void complain(const char *message)
{
    ll_str shown = {0};
    ll_utf8_visible(&shown, message);
    fprintf(stderr, "latlab: %s\n", ll_str_text(&shown));
    ll_str_free(&shown);
}

static int usage_error(const char *message, const char *value)
{
    ll_str text = {0};
    ll_str_addf(&text, "%s%s (see latlab --help)", message, value);
    complain(ll_str_text(&text));
    ll_str_free(&text);
    return LL_USAGE;
}

/* In place of getopt's own complaints, which print what they were given. */
static int option_error(const struct option *table, int argc, char **argv)
{
    const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    bool known = optopt == 'c';
    for (const struct option *o = table; o->name; o++) known |= o->val == optopt;
    return usage_error(!known               ? "no such option, or not one alone: "
                       : strchr(given, '=') ? "no value belongs to this option: "
                                            : "a value is missing behind ",
                       given);
}

static int set_color(settings *s, const char *value)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(value, names[i])) {
            s->color = (ll_when)i;
            return LL_OK;
        }
    return usage_error("--color is auto, always or never, not ", value);
}

static int set_threads(settings *s, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (*end || n < 1 || n > 1024) return usage_error("--threads is a number from 1 to 1024, not ", value);
    s->threads = (int)n;
    return LL_OK;
}

static int set_option(settings *s, int letter)
{
    switch (letter) {
    case 'c':
        ll_str_addf(&s->commands, "%s%s", s->commands.s ? "; " : "", optarg);
        return LL_OK;
    case TUI:
        s->tui = true;
        return LL_OK;
    case JSON:
        s->json = true;
        return LL_OK;
    case DATA:
        s->data = optarg;
        return LL_OK;
    case KEEP_GOING:
        s->keep_going = true;
        return LL_OK;
    case ECHO:
        s->echo = true;
        return LL_OK;
    case ASCII:
        s->ascii = true;
        return LL_OK;
    case COLOR:
        return set_color(s, optarg);
    case THREADS:
        return set_threads(s, optarg);
    default:
        s->print = letter;
        return LL_OK;
    }
}

static int read_options(settings *s, int argc, char **argv)
{
    struct option table[sizeof ll_flags / sizeof *ll_flags] = {{0}};
    int n = 0, letter, status = LL_OK;
    for (const ll_flag *o = ll_flags; o->name; o++)
        table[n++] = (struct option){o->name, o->value ? required_argument : no_argument, NULL, o->letter};
    opterr = 0;
    while (!status && (letter = getopt_long(argc, argv, "c:h", table, NULL)) != -1)
        status = letter == '?' ? option_error(table, argc, argv) : set_option(s, letter);
    if (status) return status;
    if (optind < argc) s->file = argv[optind++];
    if (optind < argc) return usage_error("one FILE at a time; this one is too many: ", argv[optind]);
    if (s->file && s->commands.s) return usage_error("give -c or a FILE, not both: ", s->file);
    return LL_OK;
}

static int print_text(const settings *s, const ll_app *app)
{
    ll_str out = {0};
    if (s->print == MAN) ll_manpage(app, &out);
    if (s->print == BASH) ll_bash_completion(app, &out);
    if (s->print == VERSION) ll_str_add(&out, "latlab " LL_VERSION "\n");
    fputs(ll_str_text(&out), stdout);
    if (s->print == 'h') print_usage(stdout);
    ll_str_free(&out);
    return fflush(stdout) ? LL_FAILED : LL_OK;
}

static int run_script(ll_faces *f, const char *text, const char *file)
{
    int n;
    f->title = file;
    ll_script_line *lines = ll_script_split(text, file != NULL, &n);
    int status = ll_batch_run(f, lines, n);
    ll_script_free(lines, n);
    return status;
}

/* A script that asks, without anybody to answer. */
static int run_lesson(ll_faces *f, const char *path)
{
    ll_str line = {0};
    ll_quote_addf(&line, "lesson run %s", path);
    if (f->keep_going) ll_str_add(&line, " keep-going=on");
    int status = run_script(f, ll_str_text(&line), NULL);
    ll_str_free(&line);
    return status;
}

static int run_file(ll_faces *f, const char *path)
{
    ll_error e = {0};
    char *text;
    size_t len;
    if (ll_read_file(path, 0, &text, &len, &e)) {
        complain(e.message);
        return LL_USAGE;
    }
    int status = ll_lesson_asks(text) ? run_lesson(f, path) : run_script(f, text, path);
    free(text);
    return status;
}

static int run_faces(const settings *s, ll_faces *f)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    bool from_stdin = s->file && !strcmp(s->file, "-");
    int status = LL_OK;
    if (!s->tui && (s->commands.s || s->file || s->json || !terminal)) ll_sessions_of_script(f->app);
    ll_app_set_input_free(f->app, !s->tui && (s->commands.s || (s->file && !from_stdin)));
    if (s->commands.s)
        status = run_script(f, s->commands.s, NULL);
    else if (s->file && !from_stdin)
        status = run_file(f, s->file);
    if (s->tui) return status ? status : ll_interactive_run(f, LL_TO_SCREEN);
    if (s->commands.s || (s->file && !from_stdin)) return status;
    if (from_stdin || !terminal || s->json) return ll_batch_stdin(f);
    return ll_interactive_run(f, LL_TO_REPL);
}

/* Somebody was there and leaves: is what they did kept? */
static void say_farewell(const ll_faces *f)
{
    char *text = ll_app_slot(f->app, LL_SLOT_FACE) ? ll_session_farewell(f->app) : NULL;
    ll_talk talk = ll_talk_new(stderr, f->err);
    if (text) ll_talk_say(&talk, LL_S_FAINT, "", text);
    free(text);
}

/* A closed standard descriptor would be given to the next file opened, and what is printed would land in it.
 * /dev/null takes its place, opened the wrong way round so that reading or writing it is an error. */
static void keep_standard_files(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0) exit(LL_FAILED);
}

int main(int argc, char **argv)
{
    settings s = {0};
    ll_rescue_start();
    keep_standard_files();
    int asked = ll_blas_restart(argv);
    if (asked) return asked;
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers are written with a point everywhere */
    signal(SIGPIPE, SIG_IGN);   /* a reader that goes away is an error of the write, not of the program */
    signal(SIGXFSZ, SIG_IGN);   /* and so is a file that may not grow further */
    int status = read_options(&s, argc, argv);
    if (status) {
        ll_str_free(&s.commands);
        return status;
    }
    ll_error why = {0};
    if (s.tui && !s.print && !ll_terminal_can_draw(&why)) {
        ll_str_free(&s.commands);
        return usage_error(why.message, "");
    }
    ll_faces f = {.out = ll_terminal_look(STDOUT_FILENO, s.color, s.ascii),
                  .err = ll_terminal_look(STDERR_FILENO, s.color, s.ascii),
                  .json = s.json,
                  .keep_going = s.keep_going,
                  .echo = s.echo || (s.file && isatty(STDERR_FILENO))};
    f.app = ll_app_new(&(ll_app_config){s.data, s.threads});
    if (!f.app) {
        fprintf(stderr, "latlab: cannot start a thread: %s\n", strerror(errno));
        ll_leave_at_once(LL_NO_MEMORY);
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(f.app, tables[i]);
    ll_app_set_loader(f.app, ll_data_find);
    ll_app_keep(f.app, &ll_folder_kind);
    ll_sessions_start(f.app);
    if (!s.json && !s.print) ll_graphics_tell(f.app, &f.out, 0);
    status = s.print ? print_text(&s, f.app) : run_faces(&s, &f);
    ll_str_free(&s.commands);
    if (ll_app_stop(f.app, LL_PATIENCE_S)) {
        say_farewell(&f);
    } else { /* it waits for a file: it is left there */
        ll_app_abandon(f.app);
        ll_leave_at_once(status);
    }
    ll_app_free(f.app);
    if (ll_blas_has_memory()) return status;
    fflush(NULL); /* its exit handler would not come back */
    ll_leave_at_once(status);
}
