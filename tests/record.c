/* Records a session of the full screen: plays a script into a pseudo-terminal and writes what comes back as a cast
 * (asciinema's format, version 2), and the screens named in the script as text.
 *
 *   record SCRIPT CAST FRAMES      with LATLAB naming the program
 *
 * Lines of a script: `wait TEXT` (until a row of the screen has it), `type TEXT` (as a person types), `key TEXT` (at
 * once; \r Enter, \e Escape, \t Tab), `mouse drag Y X Y X`, `rest SECONDS`, `frame TITLE`; `#` is a comment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/pty.h"

enum { ROWS = 30, COLS = 100, TYPING_MS = 70 };

static FILE *cast, *frames;
static double began_s;
static ll_str held; /* bytes of a character that is not complete yet */

/* How many of the n bytes are whole characters. */
static size_t whole(const char *bytes, size_t n)
{
    size_t i = n;
    while (i > 0 && n - i < 4 && ((unsigned char)bytes[i - 1] & 0xc0) == 0x80) i--;
    if (i == 0 || (unsigned char)bytes[i - 1] < 0xc0) return n;
    unsigned char lead = (unsigned char)bytes[i - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return n - (i - 1) >= need ? n : i - 1;
}

static void write_output(const char *bytes, int n)
{
    ll_str_addf(&held, "%.*s", n, bytes);
    size_t done = whole(held.s, held.len);
    ll_str text = {0}, rest = {0};
    ll_str_addf(&text, "%.*s", (int)done, held.s);
    ll_str_add(&rest, held.s + done);
    cJSON *string = cJSON_CreateString(ll_str_text(&text));
    char *quoted = cJSON_PrintUnformatted(string);
    fprintf(cast, "[%.3f, \"o\", %s]\n", ll_now_s() - began_s, quoted);
    cJSON_free(quoted);
    cJSON_Delete(string);
    ll_str_free(&text);
    ll_str_free(&held);
    held = rest;
}

static void rest(double seconds)
{
    for (double end = ll_now_s() + seconds; ll_now_s() < end;) pty_pump(20);
}

static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (*text != '\\') {
            *to++ = *text;
            continue;
        }
        text++;
        *to++ = *text == 'r' ? '\r' : *text == 't' ? '\t' : *text == 'e' ? '\033' : *text;
    }
    *to = 0;
}

static bool do_wait(char *text)
{
    bool good = until(text);
    rest(0.3);
    return good;
}

static bool do_type(char *text)
{
    unescape(text);
    for (char one[2] = ""; *text; text++) {
        one[0] = *text;
        keys(one);
        rest(TYPING_MS / 1000.);
    }
    return true;
}

static bool do_key(char *text)
{
    unescape(text);
    keys(text);
    return true;
}

static bool do_mouse(char *text)
{
    int y0, x0, y1, x1;
    if (sscanf(text, "drag %d %d %d %d", &y0, &x0, &y1, &x1) != 4) return false;
    pty_drag(y0, x0, y1, x1);
    return true;
}

static bool do_rest(char *text)
{
    rest(atof(text));
    return true;
}

static bool do_frame(char *text)
{
    rest(0.3);
    fprintf(frames, "%s\n\n", text);
    for (int y = 0; y < ROWS; y++)
        fprintf(frames, "%s%s\n", *vt_row(&pty.t, y) ? "    " : "", vt_row(&pty.t, y));
    fputc('\n', frames);
    return true;
}

static bool run_line(char *line)
{
    static const struct {
        const char *name;
        bool (*run)(char *text);
    } words[] = {{"wait ", do_wait},   {"type ", do_type}, {"key ", do_key},
                 {"mouse ", do_mouse}, {"rest ", do_rest}, {"frame ", do_frame}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(line, words[i].name, strlen(words[i].name)))
            return words[i].run(line + strlen(words[i].name));
    return !*line || *line == '#';
}

static bool play(const char *path)
{
    char *text, *save;
    size_t n;
    if (ll_read_file(path, 0, &text, &n, NULL)) return false;
    bool good = true;
    for (char *line = strtok_r(text, "\n", &save); line && good; line = strtok_r(NULL, "\n", &save)) {
        good = run_line(line);
        if (!good) fprintf(stderr, "%s: `%s` did not work\n", path, line);
    }
    free(text);
    return good;
}

static int record(const char *script)
{
    fprintf(cast,
            "{\"version\": 2, \"width\": %d, \"height\": %d, \"idle_time_limit\": 2, \"title\": \"latlab "
            "--tui\", "
            "\"env\": {\"TERM\": \"xterm-256color\"}}\n",
            COLS, ROWS);
    began_s = ll_now_s();
    pty_start how = {.rows = ROWS, .cols = COLS, .on_output = write_output};
    if (!pty_begin(&how, (const char *const[]){pty_program, "--tui", NULL})) return 1;
    bool good = play(script) && pty_wait_end() && pty.status == 0;
    pty_finish();
    ll_str_free(&held);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) return fprintf(stderr, "usage: record SCRIPT CAST FRAMES\n"), 2;
    pty_find_program();
    pty_patience = 180;
    cast = fopen(argv[2], "w");
    frames = fopen(argv[3], "w");
    if (!cast || !frames) return perror("record"), 1;
    int status = record(argv[1]);
    return fclose(cast) || fclose(frames) ? 1 : status;
}
