/* Names with everything a terminal would obey, in every face: what comes out holds none of it. The dataset lies on the
 * disk as if somebody had handed it over; `import` would not let such names in. */
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/quote.h"
#include "core/base/utf8.h"
#include "data/datasets/folder.h"
#include "tests/check.h"
#include "tests/pty.h"

enum { ARCHS = 12 };

/* What each name holds between an x and the end: all of C0 (NUL ends a text), DEL, C1 as text and as bytes, the controls
 * of writing direction, what shows nothing, noncharacters, broken UTF-8, a whole sequence. */
static void hostile_names(ll_strs *names)
{
    static const char *const others[] = {"\x7f",
                                         "\xc2\x80",
                                         "\xc2\x85",
                                         "\xc2\x90",
                                         "\xc2\x9b"
                                         "31m",
                                         "\xc2\x9d"
                                         "0;t\xc2\x9c",
                                         "\u200e",
                                         "\u200f",
                                         "\u061c",
                                         "\u202a",
                                         "\u202b",
                                         "\u202d",
                                         "\u202e"
                                         "abc",
                                         "\u2066",
                                         "\u2069",
                                         "\u200b",
                                         "\u200d",
                                         "\u2060",
                                         "\ufeff",
                                         "\u2028",
                                         "\ufdd0",
                                         "\uffff",
                                         "\xed\xa0\x80",
                                         "\xc0\xaf",
                                         "\xf8\x88",
                                         "\x9b"
                                         "2J",
                                         "\xe2\x80",
                                         "\033]52;c;T1dORUQ=\a",
                                         "\033[2J\033[1;1Hpwned"};
    for (int c = 1; c < 32; c++) {
        char name[16];
        snprintf(name, sizeof name, "x%02d%cy", c, c);
        ll_strs_add(names, name);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ll_str name = {0};
        ll_str_addf(&name, "z%02d%s", (int)i, others[i]);
        ll_strs_take(names, ll_str_take(&name));
    }
}

static void save_dataset(const char *dataset, const ll_strs *names)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new(dataset, space, ARCHS, names->n);
    ll_error e = {0};
    for (int i = 0; i < ARCHS; i++) {
        space->at(space, 700 * i, d->archs->genes + (size_t)i * (size_t)space->n_positions);
        for (int j = 0; j < names->n; j++) ll_latencies(d, j)[i] = 1 + (i * (7 + j) + 3 * j) % 11;
    }
    for (int j = 0; j < names->n; j++)
        ll_device_set(&d->devices[j], names->v[j], LL_MEASURED, names->v[j], "ms", NULL, names->v[j]);
    char *dir = ll_path_join(check_tmpdir(), dataset);
    check_report(!ll_dataset_seal(d, &e) && !ll_folder_save(d, dir, NULL, &e), __FILE__, __LINE__, "%s",
                 e.message);
    free(dir);
    ll_dataset_unref(d);
}

static void make_dataset(void)
{
    ll_strs names = {0};
    hostile_names(&names);
    save_dataset("hostile", &names);
    ll_strs_free(&names);
}

/* --- what must not come out --- */

static int n_raw;
static char first_raw[80];

static void found_raw(uint32_t ch, const char *at, size_t n)
{
    if (n_raw++) return;
    ll_str shown = {0};
    ll_str around = {0};
    ll_str_addn(&around, at, n < 24 ? n : 24);
    ll_utf8_visible(&shown, ll_str_text(&around));
    snprintf(first_raw, sizeof first_raw, "U+%04X in %s", (unsigned)ch, shown.s);
    ll_str_free(&shown);
    ll_str_free(&around);
}

/* Length of an escape sequence of a kind that latlab itself writes, 0: none. */
static size_t own_sequence(const char *p)
{
    if (*p != '\033') return 0;
    size_t n = p[1] == '[' ? 2 + strspn(p + 2, "0123456789;?<>") : 0;
    return n && p[n] && strchr("mKHJhlrABCDGXdP@LMSTctn", p[n]) ? n + 1
           : p[1] == '(' && p[2]                                ? 3
           : p[1] && strchr("=>78M", p[1])                      ? 2
                                                                : 0;
}

/* `layout`: controls that the face may use; `sequences`: so are escape sequences of its own. */
static void look_for_raw(const char *text, size_t n, const char *layout, bool sequences)
{
    const char *end = text + n;
    for (const char *p = text; p < end;) {
        uint32_t ch;
        bool good;
        size_t own = sequences ? own_sequence(p) : 0;
        if (own) {
            p += own;
            continue;
        }
        int used = ll_utf8_read(p, &ch, &good);
        if (!used) used = 1, ch = 0, good = false;
        bool allowed = ch < 32 && ch && strchr(layout, (int)ch);
        if (!good || (ll_hidden(ch) && !allowed))
            found_raw(good ? ch : (unsigned char)*p, p, (size_t)(end - p));
        p += used;
    }
}

static void begin_look(void)
{
    n_raw = 0;
    first_raw[0] = 0;
}

static void end_look(const char *what)
{
    check_report(!n_raw, __FILE__, __LINE__, "%s: %d characters came out raw, the first is %s", what, n_raw,
                 first_raw);
}

/* --- batch --- */

/* Output and complaints of latlab; the arguments go through no shell but for their quotes. */
static char *batch(const char *flags, const char *line)
{
    char *path = ll_path_join(check_tmpdir(), "script.latlab"), *text = NULL;
    ll_error e = {0};
    ll_str command = {0};
    size_t n;
    CHECK_INT(ll_write_file(path, line, strlen(line), &e), LL_OK);
    ll_str_addf(
        &command,
        "cd '%s' && LC_ALL=C.UTF-8 TERM=xterm-256color HOME=$PWD XDG_DATA_HOME=$PWD XDG_STATE_HOME=$PWD "
        "XDG_CONFIG_HOME=$PWD '%s' "
        "--data . --keep-going %s script.latlab > said 2>&1",
        check_tmpdir(), pty_program, flags);
    int status = system(command.s);
    (void)status; /* some of the lines are meant to fail */
    char *said = ll_path_join(check_tmpdir(), "said");
    if (ll_read_file(said, 0, &text, &n, &e)) text = ll_strdup("");
    free(said);
    free(path);
    ll_str_free(&command);
    return text;
}

static const char *const lines[] = {"devices",
                                    "corr",
                                    "corr order=name",
                                    "corr order=file",
                                    "audit",
                                    "monotonicity",
                                    "summary",
                                    "arch 0",
                                    "datasets",
                                    "partition train=20 test=20",
                                    "partition source=x* target=z*",
                                    "task",
                                    "task save t",
                                    "task list",
                                    "task show",
                                    "corr x08",
                                    "tag x*",
                                    "tagged",
                                    "pretrain flops",
                                    "sample k=5",
                                    "transfer all",
                                    "eval",
                                    "results",
                                    "predict",
                                    "suggest next=3",
                                    "diagnose x09",
                                    "plot heatmap",
                                    "plot hist x27",
                                    "plot heatmap x*",
                                    "map",
                                    "export csv out.csv",
                                    "write out2.csv devices",
                                    "load \"no\\x1b[31msuch\\xc2\\x9b\"",
                                    "eval \"no\\x1b[31msuch\"",
                                    "corr \"z\\x9b\"",
                                    "import csv \"a\\x1b]0;t\\x07.csv\" as y space=nasbench201 unit=ms",
                                    "\"\\x1b[31mcommand\" x",
                                    "corr \"a\\x1b=1\" b=\"\\xe2\\x80\\xae\"",
                                    "replay \"s\\x1b[2J\"",
                                    "open \"s\\x1b[2J\"",
                                    "help \"s\\x1b[2J\"",
                                    "set \"\\x1b[2J\" x",
                                    "history"};

static void batch_shows_none(void)
{
    if (!pty_program[0]) {
        check_skip("no program in $LATLAB");
        return;
    }
    static const char *const flags[] = {"--echo", "--color=always --echo", "--ascii"};
    ll_str script = {0};
    make_dataset();
    ll_str_add(&script, "# a comment that is \033[31mechoed\xc2\x9b\nload hostile\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) ll_str_addf(&script, "%s\n", lines[i]);
    for (int i = 0; i < 3; i++) {
        char *text = batch(flags[i], script.s);
        begin_look();
        look_for_raw(text, strlen(text), "\n", i == 1);
        end_look(flags[i]);
        CHECK_HAS(text, i == 2 ? "z28?[2J?[1;1Hpwned" : "z28\ufffd[2J\ufffd[1;1Hpwned");
        CHECK_HAS(text, i == 2 ? "x27?y" : "x27\ufffdy");
        free(text);
    }
    char *text = batch("--json", script.s);
    begin_look();
    look_for_raw(text, strlen(text), "\n", false);
    end_look("--json");
    free(text);
    ll_str_free(&script);
}

/* What is said before there is a face: a script, a folder, an option of such a name. */
static void arguments_show_none(void)
{
    static const char *const arguments[] = {
        "--bog$(printf '\\033[31m\\302\\233')", "-c quit \"$(printf 'f\\033]0;t\\007')\"",
        "\"$(printf 'f\\033]0;t\\007')\"",      "a \"$(printf '\\342\\200\\256')\"",
        "--color=\"$(printf '\\033[2J')\"",     "--data \"$(printf '\\033[2J')\" -c 'load x'",
        "--threads=\"$(printf '\\302\\233')\""};
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments && pty_program[0]; i++) {
        ll_str command = {0};
        char text[4096] = "";
        ll_str_addf(&command,
                    "cd '%s' && LC_ALL=C.UTF-8 HOME=$PWD XDG_STATE_HOME=$PWD XDG_DATA_HOME=$PWD '%s' %s 2>&1 "
                    "< /dev/null",
                    check_tmpdir(), pty_program, arguments[i]);
        FILE *f = popen(command.s, "r");
        size_t n = fread(text, 1, sizeof text - 1, f);
        pclose(f);
        CHECK(n > 10);
        begin_look();
        look_for_raw(text, n, "\n", false);
        end_look(arguments[i]);
        ll_str_free(&command);
    }
}

/* --- prompt and screen --- */

static ll_str output;

static void keep_output(const char *bytes, int n)
{
    ll_str_addn(&output, bytes, (size_t)n);
}

static bool begin(const char *const *args)
{
    ll_str_clear(&output);
    begin_look();
    return pty_begin(&(pty_start){.rows = 40, .cols = 120, .on_output = keep_output}, args);
}

static void check_output(const char *what)
{
    look_for_raw(ll_str_text(&output), output.len, "\n\r\t\b\a", true);
    end_look(what);
    CHECK(!output.len || !memmem(output.s, output.len, "\033]52;c;T1dORUQ=", 15));
    CHECK_INT(pty.t.unknown, 0);
}

/* What scrolls away is in the output still. */
static bool has_come(const char *text)
{
    for (double end = ll_now_s() + pty_patience; ll_now_s() < end; pty_pump(20))
        if (output.len && memmem(output.s, output.len, text, strlen(text))) return true;
    printf("  the output has no \"%s\":\n", text);
    pty_print();
    return false;
}

static void prompt_shows_none(void)
{
    make_dataset();
    if (!begin((const char *const[]){pty_program, "--data", ".", "--color=never", NULL})) return;
    CHECK(until("latlab>"));
    keys("load hostile\r");
    CHECK(until("hostile>"));
    for (size_t i = 0; i < 12; i++) {
        keys(lines[i]);
        keys("\r");
        pty_settle();
    }
    keys("devices z28\t\r"); /* completion writes an escape, not the character */
    CHECK(has_come("\"z28\\x1b[2J\\x1b[1;1Hpwned\""));
    CHECK(has_come("z28\ufffd[2J\ufffd[1;1Hpwned  target"));
    keys("corr z2\t\t");
    CHECK(has_come("\"z27\\x1b]52;c;T1dORUQ\\=\\x07\""));
    keys("\025eval \"x\\x1b[31m\"\r");
    CHECK(has_come("no device \"x\ufffd[31m\""));
    keys("quit\r");
    CHECK(pty_wait_end());
    check_output("prompt");
    pty_finish();
}

static void screen_shows_none(void)
{
    make_dataset();
    if (!begin((const char *const[]){pty_program, "--data", ".", "--tui", "-c", "load hostile", NULL}))
        return;
    CHECK(until("x01\ufffdy"));
    keys("\r"); /* the card */
    CHECK(until("x01\ufffdy"));
    pty_settle();
    keys("q2"); /* the heatmap, its columns named downwards */
    CHECK(until("spearman"));
    pty_settle();
    keys("S jjTyy?q345678");
    pty_settle();
    keys(":corr z28\t");
    CHECK(until("z28\\x1b[2J"));
    keys("\r");
    CHECK(until("z28\ufffd[2J"));
    keys("/pwned\r");
    pty_settle();
    keys("y");
    CHECK(until("copied: "));
    keys("]][[?qQ");
    CHECK(pty_wait_end());
    /* the clipboard gets what is shown: the payload is base64, the sequence around it ours */
    for (char *p; output.len && (p = memmem(output.s, output.len, "\033]52;c;", 7));) {
        char *end = memchr(p, '\a', output.len - (size_t)(p - output.s));
        if (!CHECK(end != NULL)) break;
        CHECK(!strstr(p, "Gw=="));
        memset(p, ' ', (size_t)(end - p) + 1);
    }
    check_output("screen");
    pty_finish();
}

/* --- keys on devices whose names would be options, paths and lists --- */

static bool is_there(const char *file)
{
    char *path = ll_path_join(check_tmpdir(), file);
    bool there = ll_is_file(path);
    free(path);
    return there;
}

static void keys_mean_the_device(void)
{
    ll_strs names = {0};
    ll_error e = {0};
    char *sub = ll_path_join(check_tmpdir(), "sub");
    ll_make_dirs(sub, &e);
    ll_strs_add(&names, "Pixel 3");
    ll_strs_add(&names, "sub/OWNED");
    ll_strs_add(&names, "a out=sub/OWNED.png");
    ll_strs_add(&names, "c, d*");
    ll_strs_add(&names, "\"it's\"; quit");
    ll_strs_add(&names, "plain");
    save_dataset("named", &names);
    if (!begin((const char *const[]){pty_program, "--data", ".", "--tui", "-c", "load named", NULL})) return;
    CHECK(until("Pixel 3"));
    for (int i = 0; i < names.n; i++) {
        ll_str line = {0};
        ll_quote_addf(&line, "corr %s", names.v[i]);
        keys("c");
        CHECK(until(line.s));
        keys("q");
        pty_settle();
        keys("\r"); /* the card */
        CHECK(until("Audit of 1 device"));
        keys("e");
        CHECK(until("export csv"));
        pty_settle();
        keys("qSj");
        pty_settle();
        ll_str_free(&line);
    }
    keys("Q");
    CHECK(pty_wait_end());
    static const char *const files[] = {"Pixel_3.csv", "sub_OWNED.csv",    "a_out_sub_OWNED.png.csv",
                                        "c__d_.csv",   "_it_s___quit.csv", "plain.csv"};
    for (int i = 0; i < 6; i++) check_report(is_there(files[i]), __FILE__, __LINE__, "no %s", files[i]);
    ll_strs made = {0};
    CHECK_INT(ll_list_dir(sub, NULL, &made, &e), LL_OK);
    CHECK_INT(made.n, 0);
    pty_finish();
    ll_strs_free(&made);
    ll_strs_free(&names);
    free(sub);
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"batch", batch_shows_none},
                                       {"arguments", arguments_show_none},
                                       {"prompt", prompt_shows_none},
                                       {"screen", screen_shows_none},
                                       {"keys mean the device", keys_mean_the_device},
                                       {0}};
    int status = check_main("test_tui_text", cases, argc, argv);
    ll_str_free(&output);
    return status;
}
