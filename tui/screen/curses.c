#define _XOPEN_SOURCE_EXTENDED 1
#include "tui/screen/curses.h"

#include <curses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tui/faces/rescue.h"

static ll_canvas shown; /* what is on the screen now */
static bool direct;     /* colour numbers are RGB (terminfo RGB) */
static bool over; /* ncurses knows no RGB here, the terminal does: such cells are written over its own */
static bool mouse_on;
static ll_mouse_reader mouse_reader;
enum { KEY_REPORT_SGR = KEY_MAX + 1000, KEY_REPORT_X10 }; /* what a report of the mouse begins with */

/* --- start and stop ------------------------------------------------------------------------------------- */

static void start_colours(ll_look *look)
{
    if (!has_colors() || look->depth == LL_DEPTH_MONO) {
        look->depth = LL_DEPTH_MONO;
        return;
    }
    start_color();
    use_default_colors();
    direct = tigetflag("RGB") > 0;
    ll_depth most = direct          ? LL_DEPTH_TRUE
                    : COLORS >= 256 ? LL_DEPTH_256
                    : COLORS >= 16  ? LL_DEPTH_16
                                    : LL_DEPTH_8;
    const char *keep = tigetstr("sc"), *back = tigetstr("rc");
    over = look->depth == LL_DEPTH_TRUE && most == LL_DEPTH_256 && keep && keep != (const char *)-1 && back &&
           back != (const char *)-1;
    if (look->depth > most && !over) look->depth = most;
}

/* The modes the terminal had before: endwin() brings back those of the first start only, and readline may have
 * changed them since. */
static struct termios saved_modes;
static bool started;

/* Ctrl-Z comes as a key: the terminal's own signal would get lost now and then, because ncurses ignores SIGTSTP
 * while it draws. */
static void take_suspend_as_key(void)
{
    struct termios modes;
    if (tcgetattr(STDIN_FILENO, &modes)) return;
    modes.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    def_prog_mode(); /* ncurses brings these modes back after each endwin() */
}

/* By our own hand, since ncurses' reports know no dragging and end at column 223 in many terminals. */
static void report_mouse(bool on)
{
    const char *kmous = tigetstr("kmous");
    if (kmous && kmous != (const char *)-1)
        ll_curses_escape(on ? "\033[?1002h\033[?1006h" : "\033[?1006l\033[?1002l");
}

/* The terminal knows its size better than LINES and COLUMNS, which some shells export. */
static void begin(void)
{
    use_tioctl(TRUE);
    initscr();
}

/* What terminals send that are not quite the one TERM names, as tmux under TERM=xterm: else End is Esc, [, 4 and ~, and 4 a
 * view. */
static void know_other_keys(void)
{
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {{"\033[A", KEY_UP},    {"\033[B", KEY_DOWN},   {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033OA", KEY_UP},    {"\033OB", KEY_DOWN},   {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT},
                {"\033[H", KEY_HOME},  {"\033[F", KEY_END},    {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
                {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END},   {"\033[7~", KEY_HOME}, {"\033[8~", KEY_END},
                {"\033[3~", KEY_DC},   {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!key_defined(keys[i].sequence)) define_key(keys[i].sequence, keys[i].code);
}

void ll_curses_start(ll_look *look)
{
    tcgetattr(STDIN_FILENO, &saved_modes);
    set_escdelay(25);
    if (started)
        refresh();
    else
        begin();
    started = true;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    know_other_keys();
    define_key("\033[<", KEY_REPORT_SGR);
    define_key("\033[M", KEY_REPORT_X10);
    take_suspend_as_key();
    start_colours(look);
    ll_curses_guard(true);
}

void ll_curses_stop(void)
{
    if (mouse_on) report_mouse(false);
    curs_set(1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_modes);
}

void ll_curses_resume(void)
{
    refresh();
    keypad(stdscr,
           TRUE); /* endwin() ends it, and ncurses asks for it again only when it next waits for a key */
    if (mouse_on) report_mouse(true);
    clearok(stdscr, TRUE);
    ll_curses_forget();
}

/* Not by endwin(): that leaves the screen for a moment, and the arrow keys until the next one has been taken apart. */
void ll_curses_resize(void)
{
    struct winsize size;
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
        resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE);
    ll_curses_forget();
}

void ll_curses_size(int *h, int *w)
{
    getmaxyx(stdscr, *h, *w);
}

void ll_curses_forget(void)
{
    ll_canvas_free(&shown);
    erase();
}

/* --- output --------------------------------------------------------------------------------------------- */

static int colour_number(int colour)
{
    if (colour == LL_PLAIN) return -1;
    if (!direct) return ll_colour_at(colour, LL_DEPTH_256);
    if (colour < 8) return colour; /* the first eight keep their meaning */
    int rgb[3];
    ll_colour_rgb(colour, rgb);
    return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
}

static attr_t attributes(unsigned attr)
{
    return (attr & LL_BOLD ? A_BOLD : 0) | (attr & LL_DIM ? A_DIM : 0) | (attr & LL_REVERSE ? A_REVERSE : 0) |
           (attr & LL_UNDERLINE ? A_UNDERLINE : 0);
}

static void put(int y, int x, const ll_cell *cell)
{
    cchar_t out;
    wchar_t text[3] = {(wchar_t)cell->ch, (wchar_t)cell->accent, 0};
    int pair = 0;
    if (cell->fg != LL_PLAIN || cell->bg != LL_PLAIN)
        pair = alloc_pair(colour_number(cell->fg), colour_number(cell->bg));
    if (pair < 0) pair = 0;
    if (setcchar(&out, text, attributes(cell->attr), 0, &pair) == OK) mvadd_wch(y, x, &out);
}

/* --- true colour where terminfo has none ----------------------------------------------------------------
 * A terminal says by COLORTERM that it knows RGB, while the terminfo entry it goes by ends at 256 colours. What ncurses
 * has put there in the nearest of those is written once more, and the cursor and its ink put back. */

static bool is_rgb(const ll_cell *cell)
{
    return (cell->fg != LL_PLAIN && cell->fg & LL_RGB_BIT) || (cell->bg != LL_PLAIN && cell->bg & LL_RGB_BIT);
}

/* ncurses writes a row from the first cell that changed to the last: all between may be in its colours again. */
static void add_row_over(const ll_canvas *c, int y, ll_str *out)
{
    const ll_cell *row = &c->cells[y * c->width];
    for (int x = 0, end; x < c->width; x = end) {
        for (end = x + 1; end < c->width && is_rgb(&row[x]) == is_rgb(&row[end]);) end++;
        if (!is_rgb(&row[x])) continue;
        ll_str_addf(out, "\033[%d;%dH", y + 1, x + 1);
        ll_canvas_add_cells(c, y, x, end, out);
    }
}

static void write_over(const ll_str *cells)
{
    if (!cells->len) return;
    putp(tigetstr("sc"));
    fputs(cells->s, stdout);
    putp(tigetstr("rc"));
    fflush(stdout);
}

/* --- the screen ----------------------------------------------------------------------------------------- */

/* Tells ncurses of the cells of a row that changed; false: none. */
static bool put_row(const ll_canvas *c, int y, bool all)
{
    bool changed = false;
    for (int x = 0; x < c->width; x++) {
        const ll_cell *now = &c->cells[y * c->width + x];
        if (!now->ch || (!all && !memcmp(now, &shown.cells[y * c->width + x], sizeof *now))) continue;
        put(y, x, now);
        changed = true;
    }
    return changed;
}

void ll_curses_show(const ll_canvas *c, int cy, int cx)
{
    bool all = shown.width != c->width || shown.height != c->height;
    ll_str again = {0};
    if (all) {
        ll_canvas_free(&shown);
        ll_canvas_init(&shown, c->look, c->height, c->width);
    }
    for (int y = 0; y < c->height; y++)
        if (put_row(c, y, all) && over) add_row_over(c, y, &again);
    memcpy(shown.cells, c->cells, sizeof *c->cells * (size_t)c->height * (size_t)c->width);
    curs_set(cy >= 0);
    if (cy >= 0) move(cy, cx);
    refresh();
    write_over(&again);
    ll_str_free(&again);
}

void ll_curses_escape(const char *sequence)
{
    putp(sequence);
    fflush(stdout);
}

/* --- input ---------------------------------------------------------------------------------------------- */

void ll_curses_mouse(bool on)
{
    if (mouse_on != on) report_mouse(on);
    mouse_on = on;
}

static const struct {
    int code;
    const char *name;
} special[] = {{KEY_UP, "Up"},       {KEY_DOWN, "Down"},           {KEY_LEFT, "Left"}, {KEY_RIGHT, "Right"},
               {KEY_PPAGE, "PgUp"},  {KEY_NPAGE, "PgDn"},          {KEY_HOME, "Home"}, {KEY_END, "End"},
               {KEY_ENTER, "Enter"}, {KEY_BACKSPACE, "Backspace"}, {KEY_DC, "Delete"}, {KEY_IC, "Insert"},
               {KEY_BTAB, "S-Tab"},  {KEY_RESIZE, "Resize"}};
static const struct {
    wint_t ch;
    const char *name;
} controls[] = {{'\r', "Enter"}, {'\n', "Enter"},    {'\t', "Tab"},   {27, "Esc"},
                {' ', "Space"},  {127, "Backspace"}, {8, "Backspace"}};

static void name_function_key(int code, char name[LL_KEY_NAME])
{
    name[0] = 0;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].code == code) strcpy(name, special[i].name);
    if (code > KEY_F0 && code <= KEY_F(12)) snprintf(name, LL_KEY_NAME, "F%d", code - KEY_F0);
}

static void name_character(wint_t ch, char name[LL_KEY_NAME])
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (controls[i].ch == ch) {
            strcpy(name, controls[i].name);
            return;
        }
    ll_str s = {0};
    if (ch < 32)
        ll_str_addf(&s, "C-%c", (char)(ch + 96));
    else
        ll_utf8_add(&s, (uint32_t)ch);
    snprintf(name, LL_KEY_NAME, "%s", ll_str_text(&s));
    ll_str_free(&s);
}

bool ll_curses_key(char name[LL_KEY_NAME], ll_mouse *m)
{
    wint_t ch;
    for (int kind; (kind = get_wch(&ch)) != ERR;) {
        strcpy(name, "Mouse");
        if (kind == KEY_CODE_YES && (ch == KEY_REPORT_SGR || ch == KEY_REPORT_X10)) {
            ll_mouse_begin(&mouse_reader, ch == KEY_REPORT_SGR);
            continue;
        }
        if (mouse_reader.form) {
            if (ll_mouse_take(&mouse_reader, (int)ch, m)) return true;
            continue;
        }
        if (kind == KEY_CODE_YES)
            name_function_key((int)ch, name);
        else
            name_character(ch, name);
        if (name[0] && strcmp(name, "Resize")) return true;
    }
    return false;
}

/* --- when the program dies ------------------------------------------------------------------------------ */

static char restore[256]; /* what brings the terminal back, prepared while that is still safe */
static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_deadly(int sig)
{
    ll_rescue_bring_back();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void add_capability(const char *name)
{
    const char *s = tigetstr(name);
    if (s && s != (const char *)-1 && strlen(restore) + strlen(s) < sizeof restore) strcat(restore, s);
}

static void prepare_restore(void)
{
    strcpy(restore, "\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
    add_capability("sgr0");
    add_capability("cnorm");
    add_capability("rmkx");
    add_capability("rmcup");
}

void ll_curses_guard(bool on)
{
    if (on && !restore[0]) prepare_restore();
    ll_rescue_terminal(on ? restore : NULL, &saved_modes);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], on ? on_deadly : SIG_DFL);
}
