#include "tui/draw/graphics.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "plots/commands.h"

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v ? v : "";
}

/* Asking costs a round trip, and a terminal that knows nothing of it may show rubbish, so only those are
 * asked that show by their environment that they might say yes. */
static bool may_have_pictures(void)
{
    static const char *const terms[] = {"kitty", "foot", "mlterm", "contour", "ghostty", "wezterm", "yaft"};
    static const char *const programs[] = {"WezTerm", "ghostty", "iTerm.app", "mintty"};
    if (*env("TMUX") || *env("STY") || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return false;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (strstr(env("TERM"), terms[i])) return true;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!strcmp(env("TERM_PROGRAM"), programs[i])) return true;
    return *env("KITTY_WINDOW_ID") || *env("KONSOLE_VERSION") || *env("XTERM_VERSION");
}

/* Device attributes: ESC [ ? 62 ; 4 ; ... c has a 4 for sixel. Kitty's answer is ESC _G i=31;OK ESC \. */
void ll_graphics_read(const char *answer, bool *kitty, bool *sixel)
{
    *kitty = strstr(answer, "\033_Gi=31;OK") != NULL;
    *sixel = false;
    const char *attributes = strstr(answer, "\033[?");
    if (!attributes || !strchr(attributes, 'c')) return;
    for (const char *at = attributes + 3; *at && *at != 'c';) {
        size_t n = strspn(at, "0123456789");
        if (n == 1 && *at == '4') *sixel = true;
        at += n + (at[n] == ';');
        if (!n && *at != ';' && *at != 'c') return;
    }
}

/* Reads up to the 'c' that ends the device attributes, which every terminal answers last. */
static void read_answer(char *answer, size_t most)
{
    size_t n = 0;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    while (n + 1 < most && poll(&in, 1, 200) > 0) {
        ssize_t got = read(STDIN_FILENO, answer + n, 1);
        if (got <= 0) break;
        answer[++n] = 0;
        const char *attributes = strstr(answer, "\033[?");
        if (attributes && answer[n - 1] == 'c') break;
    }
}

static void ask(bool *kitty, bool *sixel)
{
    static const char query[] = "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c";
    struct termios before, raw;
    if (tcgetattr(STDIN_FILENO, &before)) return;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)) return;
    char answer[256] = "";
    if (write(STDOUT_FILENO, query, sizeof query - 1) == (ssize_t)(sizeof query - 1))
        read_answer(answer, sizeof answer);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    ll_graphics_read(answer, kitty, sixel);
}

static void find_pictures(bool *kitty, bool *sixel)
{
    static bool known, has_kitty, has_sixel; /* the faces' thread only; the terminal stays the same */
    const char *said = env("LATLAB_GRAPHICS");
    if (!known && *said) {
        has_kitty = !strcmp(said, "kitty");
        has_sixel = !strcmp(said, "sixel");
    } else if (!known && may_have_pictures()) {
        ask(&has_kitty, &has_sixel);
    }
    known = true;
    *kitty = has_kitty;
    *sixel = has_sixel;
}

void ll_graphics_tell(ll_app *app, const ll_look *look, int page)
{
    static const int colours[] = {[LL_DEPTH_MONO] = 0,
                                  [LL_DEPTH_8] = 8,
                                  [LL_DEPTH_16] = 16,
                                  [LL_DEPTH_256] = 256,
                                  [LL_DEPTH_TRUE] = 1 << 24};
    ll_plot_caps caps = {.utf8 = look->utf8, .colours = colours[look->depth], .columns = 79, .rows = 24};
    struct winsize w;
    if (look->width > 0) caps.columns = look->width - 1;
    if (look->width > 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_row > 0) {
        caps.rows = w.ws_row;
        if (w.ws_xpixel && w.ws_col) caps.cell_width = w.ws_xpixel / w.ws_col;
        if (w.ws_ypixel) caps.cell_height = w.ws_ypixel / w.ws_row;
    }
    if (page)
        caps.rows = page;
    else
        find_pictures(&caps.kitty, &caps.sixel);
    ll_plots_set_caps(app, &caps);
}
