#include "tui/faces/terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v ? v : "";
}

int ll_terminal_width(int fd)
{
    struct winsize w;
    if (!isatty(fd)) return 0;
    return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

int ll_terminal_height(int fd)
{
    struct winsize w;
    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_row : 0;
}

static bool is_dumb(void)
{
    const char *term = env("TERM");
    return !*term || !strcmp(term, "dumb");
}

/* What terminfo says of the terminal, if it knows it. Leaves curses' own terminal as it is. */
typedef struct known_terminal {
    int colours;
    bool rgb, moves_cursor;
} known_terminal;

static bool look_up(known_terminal *out)
{
    TERMINAL *kept = cur_term;
    int status;
    if (is_dumb() || setupterm(NULL, STDOUT_FILENO, &status) != OK) return false;
    const char *cup = tigetstr("cup");
    *out = (known_terminal){tigetnum("colors"), tigetflag("RGB") > 0, cup && cup != (const char *)-1};
    TERMINAL *mine = cur_term;
    set_curterm(kept);
    if (mine != kept) del_curterm(mine);
    return true;
}

static const char advice[] = "install its terminfo, or set TERM=xterm-256color";

bool ll_terminal_can_draw(ll_error *why)
{
    known_terminal t;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        ll_fail(why, LL_USAGE, "the full screen needs a terminal for input and output");
    else if (is_dumb())
        ll_fail(why, LL_USAGE, "the full screen needs a terminal that can move its cursor, TERM=%s cannot",
                env("TERM"));
    else if (!look_up(&t))
        ll_fail(why, LL_USAGE, "TERM=%.80s is not known here: %s", env("TERM"), advice);
    else if (!t.moves_cursor)
        ll_fail(why, LL_USAGE, "terminfo knows no way to move the cursor of TERM=%.80s: %s", env("TERM"),
                advice);
    else
        return true;
    return false;
}

ll_depth ll_terminal_depth(void)
{
    const char *colorterm = env("COLORTERM");
    known_terminal t;
    if (!strcmp(colorterm, "truecolor") || !strcmp(colorterm, "24bit")) return LL_DEPTH_TRUE;
    if (!look_up(&t)) return LL_DEPTH_MONO;
    return t.rgb              ? LL_DEPTH_TRUE
           : t.colours >= 256 ? LL_DEPTH_256
           : t.colours >= 16  ? LL_DEPTH_16
           : t.colours >= 8   ? LL_DEPTH_8
                              : LL_DEPTH_MONO;
}

static bool wants_colour(int fd, ll_when colour)
{
    if (colour != LL_AUTO) return colour == LL_ALWAYS;
    if (*env("NO_COLOR")) return false;
    if (*env("FORCE_COLOR")) return true;
    return isatty(fd) && !is_dumb();
}

ll_look ll_terminal_look(int fd, ll_when colour, bool ascii)
{
    ll_look look = ll_look_plain(ll_terminal_width(fd));
    look.theme = ll_theme_at(0);
    look.utf8 = !ascii && !strcmp(nl_langinfo(CODESET), "UTF-8");
    look.attributes = isatty(fd) && !is_dumb();
    if (wants_colour(fd, colour)) {
        look.attributes = true;
        look.depth = ll_terminal_depth();
        /* colour was asked for where nothing says how many there are: what every terminal has had for long */
        if (look.depth == LL_DEPTH_MONO) look.depth = LL_DEPTH_16;
    }
    return look;
}
