#include "tests/vt.h"

#include <stdlib.h>
#include <string.h>

#include "tui/draw/canvas.h"

static const vt_cell blank = {' ', -1, -1, false, false};

static void clear(vt *t, int y0, int x0, int y1, int x1)
{
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            t->cell[y][x] = blank;
            t->cell[y][x].bg = t->pen.bg; /* back colour erase */
        }
}

void vt_init(vt *t, int rows, int cols)
{
    memset(t, 0, sizeof *t);
    t->pen = blank;
    vt_resize(t, rows, cols);
    clear(t, 0, 0, VT_ROWS - 1, VT_COLS - 1);
}

void vt_resize(vt *t, int rows, int cols)
{
    t->rows = rows < VT_ROWS ? rows : VT_ROWS;
    t->cols = cols < VT_COLS ? cols : VT_COLS;
    t->top = 0;
    t->bottom = t->rows - 1;
    if (t->y >= t->rows) t->y = t->rows - 1;
    if (t->x >= t->cols) t->x = t->cols - 1;
}

static void scroll(vt *t, int top, int n) /* n > 0: up; lines below the region stay */
{
    if (top > t->bottom) return;
    for (; n > 0; n--) {
        memmove(t->cell[top], t->cell[top + 1], sizeof t->cell[0] * (size_t)(t->bottom - top));
        clear(t, t->bottom, 0, t->bottom, t->cols - 1);
    }
    for (; n < 0; n++) {
        memmove(t->cell[top + 1], t->cell[top], sizeof t->cell[0] * (size_t)(t->bottom - top));
        clear(t, top, 0, top, t->cols - 1);
    }
}

static void line_feed(vt *t)
{
    if (t->y == t->bottom)
        scroll(t, t->top, 1);
    else if (t->y < t->rows - 1)
        t->y++;
}

static void put(vt *t, uint32_t ch)
{
    if (t->wrap_next) {
        t->x = 0;
        line_feed(t);
        t->wrap_next = false;
    }
    t->cell[t->y][t->x] = t->pen;
    t->cell[t->y][t->x].ch = t->last = ch;
    if (t->x == t->cols - 1)
        t->wrap_next = true;
    else
        t->x++;
}

static int at_least_1(int v)
{
    return v > 0 ? v : 1;
}

static int clip(int v, int hi)
{
    return v < 0 ? 0 : v > hi ? hi : v;
}

static void colours(vt *t, const int *v, int n)
{
    for (int i = 0; i < n; i++) {
        int c = v[i], *slot = c >= 40 && c < 50 ? &t->pen.bg : &t->pen.fg;
        if (c == 0)
            t->pen = blank;
        else if (c == 1)
            t->pen.bold = true;
        else if (c == 7)
            t->pen.reverse = true;
        else if (c == 22)
            t->pen.bold = false;
        else if (c == 27)
            t->pen.reverse = false;
        else if ((c == 38 || c == 48) && i + 2 < n && v[i + 1] == 5)
            *slot = v[i + 2], i += 2;
        else if ((c == 38 || c == 48) && i + 4 < n && v[i + 1] == 2)
            *slot = 1 << 24 | v[i + 2] << 16 | v[i + 3] << 8 | v[i + 4], i += 4;
        else if ((c >= 30 && c < 38) || (c >= 40 && c < 48))
            *slot = c % 10;
        else if (c == 39 || c == 49)
            *slot = -1;
        else if (c >= 90 && c < 98)
            t->pen.fg = c - 82;
        else if (c >= 100 && c < 108)
            t->pen.bg = c - 92;
        else if (c != 2 && c != 4 && c != 24)
            t->unknown++;
    }
}

static void shift_cells(vt *t, int n) /* n > 0: room for n, n < 0: n deleted */
{
    vt_cell *row = t->cell[t->y];
    int k = clip(n > 0 ? n : -n, t->cols - t->x), rest = t->cols - t->x - k;
    if (n > 0)
        memmove(row + t->x + k, row + t->x, sizeof *row * (size_t)rest);
    else
        memmove(row + t->x, row + t->x + k, sizeof *row * (size_t)rest);
    if (n > 0)
        clear(t, t->y, t->x, t->y, t->x + k - 1);
    else
        clear(t, t->y, t->cols - k, t->y, t->cols - 1);
}

static void erase_screen(vt *t, int how)
{
    if (how == 0) {
        clear(t, t->y, t->x, t->y, t->cols - 1);
        if (t->y + 1 < t->rows) clear(t, t->y + 1, 0, t->rows - 1, t->cols - 1);
    } else {
        clear(t, 0, 0, t->rows - 1, t->cols - 1);
    }
}

static void private_mode(vt *t, int mode, bool on)
{
    if (mode == 1049) {
        t->alternate = on;
        if (on) clear(t, 0, 0, t->rows - 1, t->cols - 1);
    }
    if (mode == 1) t->keypad = on;
    if (mode == 25) t->cursor_hidden = !on;
    if (mode >= 1000 && mode <= 1003) t->mouse = on;
}

static void control(vt *t, char final, const int *v, int n, bool question)
{
    int a = at_least_1(v[0]);
    t->wrap_next = false;
    switch (final) {
    case 'A':
        t->y = clip(t->y - a, t->rows - 1);
        break;
    case 'B':
        t->y = clip(t->y + a, t->rows - 1);
        break;
    case 'C':
        t->x = clip(t->x + a, t->cols - 1);
        break;
    case 'D':
        t->x = clip(t->x - a, t->cols - 1);
        break;
    case 'G':
        t->x = clip(a - 1, t->cols - 1);
        break;
    case 'd':
        t->y = clip(a - 1, t->rows - 1);
        break;
    case 'H':
        t->y = clip(a - 1, t->rows - 1), t->x = clip(at_least_1(n > 1 ? v[1] : 1) - 1, t->cols - 1);
        break;
    case 'J':
        erase_screen(t, v[0]);
        break;
    case 'K':
        if (v[0] == 0)
            clear(t, t->y, t->x, t->y, t->cols - 1);
        else
            clear(t, t->y, 0, t->y, v[0] == 1 ? t->x : t->cols - 1);
        break;
    case 'X':
        clear(t, t->y, t->x, t->y, clip(t->x + a - 1, t->cols - 1));
        break;
    case 'b':
        for (uint32_t ch = t->last; a > 0; a--) put(t, ch);
        break;
    case 'P':
        shift_cells(t, -a);
        break;
    case '@':
        shift_cells(t, a);
        break;
    case 'L':
        scroll(t, t->y, -a);
        break;
    case 'M':
        scroll(t, t->y, a);
        break;
    case 'S':
        scroll(t, t->top, a);
        break;
    case 'T':
        scroll(t, t->top, -a);
        break;
    case 'Z':
        t->x = clip((t->x - 1) / 8 * 8, t->cols - 1);
        break;
    case 'r':
        t->top = v[0] > 0 ? v[0] - 1 : 0, t->bottom = n > 1 && v[1] > 0 ? v[1] - 1 : t->rows - 1,
        t->y = t->x = 0;
        break;
    case 'm':
        colours(t, v, n);
        break;
    case 'h':
    case 'l':
        for (int i = 0; i < n && question; i++) private_mode(t, v[i], final == 'h');
        break;
    case 't':
    case 'n':
    case 'c':
        break;
    default:
        t->unknown++;
    }
}

/* A whole CSI sequence stands in t->held (behind ESC [). */
static void run_csi(vt *t)
{
    int v[16] = {0}, n = 1;
    bool question = t->held[2] == '?' || t->held[2] == '>';
    for (int i = 2; i < t->n_held - 1; i++) {
        char c = t->held[i];
        if (c == ';' && n < 16)
            n++;
        else if (c >= '0' && c <= '9')
            v[n - 1] = 10 * v[n - 1] + c - '0';
    }
    if (t->held[2] == '>') return;
    control(t, t->held[t->n_held - 1], v, n, question);
}

/* Is the escape sequence in t->held complete? Carries it out when it is. */
static bool run_escape(vt *t)
{
    int n = t->n_held;
    char last = t->held[n - 1];
    if (n < 2) return false;
    if (t->held[1] == '[') {
        if (n < 3 || last < '@' || last > '~') return false;
        run_csi(t);
        return true;
    }
    if (t->held[1] == ']') return last == '\a' || (n > 2 && t->held[n - 2] == '\033' && last == '\\');
    if (strchr("()*+#", t->held[1])) return n == 3;
    if (t->held[1] == 'M') { /* reverse index */
        if (t->y == t->top)
            scroll(t, t->top, -1);
        else
            t->y--;
    } else if (t->held[1] == '7') {
        t->kept.y = t->y, t->kept.x = t->x, t->kept.pen = t->pen;
    } else if (t->held[1] == '8') {
        t->y = t->kept.y, t->x = t->kept.x, t->pen = t->kept.pen, t->wrap_next = false;
    } else if (!strchr("=>c", t->held[1])) {
        t->unknown++;
    }
    return true;
}

static void plain(vt *t, char c)
{
    if (c == '\r')
        t->x = 0, t->wrap_next = false;
    else if (c == '\n')
        line_feed(t);
    else if (c == '\b')
        t->x = clip(t->x - 1, t->cols - 1), t->wrap_next = false;
    else if (c == '\t')
        t->x = clip(t->x / 8 * 8 + 8, t->cols - 1);
    else if (c != '\a' && c != 14 && c != 15 && c != 0)
        t->unknown++;
}

void vt_write(vt *t, const char *bytes, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (t->n_held && t->n_held < (int)sizeof t->held - 1) {
            t->held[t->n_held++] = (char)c;
            t->held[t->n_held] = 0;
            bool utf8 = (unsigned char)t->held[0] >= 0xc0;
            uint32_t ch;
            int want = (unsigned char)t->held[0] >= 0xf0 ? 4 : (unsigned char)t->held[0] >= 0xe0 ? 3 : 2;
            if (utf8 && t->n_held < want) continue;
            if (utf8) ll_utf8_next(t->held, &ch), put(t, ch);
            if (utf8 || run_escape(t)) t->n_held = 0;
        } else if (c == 27 || c >= 0xc0) {
            t->held[0] = (char)c;
            t->n_held = 1;
        } else if (t->n_held) { /* an operating system command longer than the buffer: wait for its end */
            if (c == '\a' || c == '\\') t->n_held = 0;
        } else if (c < 32 || c == 127) {
            plain(t, (char)c);
        } else {
            put(t, c);
        }
    }
}

const char *vt_row(const vt *t, int y)
{
    static char text[VT_COLS * 4 + 1];
    ll_str row = {0};
    int w = t->cols;
    while (w > 0 && t->cell[y][w - 1].ch == ' ') w--;
    for (int x = 0; x < w; x++) ll_utf8_add(&row, t->cell[y][x].ch);
    strcpy(text, ll_str_text(&row));
    ll_str_free(&row);
    return text;
}

bool vt_has(const vt *t, const char *text)
{
    for (int y = 0; y < t->rows; y++)
        if (strstr(vt_row(t, y), text)) return true;
    return false;
}

bool vt_find(const vt *t, const char *text, int *y, int *x)
{
    int n = (int)strlen(text);
    for (*y = 0; *y < t->rows; ++*y)
        for (*x = 0; *x + n <= t->cols; ++*x) {
            int i = 0;
            while (i < n && t->cell[*y][*x + i].ch == (unsigned char)text[i]) i++;
            if (i == n) return true;
        }
    return false;
}
