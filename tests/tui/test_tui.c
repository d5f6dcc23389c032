/* The full screen in a pseudo-terminal: what a user does in it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/pty.h"

/* Nothing was left yet: the first start offers no session to go on with. (The first of these tests, for that.) */
static void test_first_start(void)
{
    if (!START(24, 80, "--tui")) return;
    CHECK(until("i data of your own"));
    keys("/_sim");
    CHECK(until_gone("nb201_host"));
    CHECK(!vt_has(&pty.t, "the last session"));
    CHECK(!vt_has(&pty.t, "o open"));
    keys("\033Q");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_main_job(void)
{
    if (!START(40, 120, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys("/nb201_sim\r\r"); /* filtered, then chosen */
    CHECK(until("sim_phone_a53"));
    keys("3s");
    CHECK(until("partition train=8 test=6 seed=1"));
    CHECK(until("source and 6 target"));
    keys("5Pgp\r");
    CHECK(until("took"));
    keys("ttransfer sim_eyeriss k=10\025transfer sim_eyeriss k=10\r");
    CHECK(until("measured (ms)"));
    keys("6");
    CHECK(until("worst architectures"));
    CHECK(until("sim_eyeriss"));
    keys("v"); /* as the figure: the wildest errors are outside */
    CHECK(until(" outside"));
    keys("v");
    CHECK(until_gone(" outside"));
    keys("p");
    CHECK(until("scatter-sim_eyeriss.png"));
    char *png = ll_path_join(check_tmpdir(), "scatter-sim_eyeriss.png");
    for (double end = ll_now_s() + pty_patience; !ll_is_file(png) && ll_now_s() < end;) pty_pump(50);
    CHECK(ll_is_file(png));
    free(png);
    keys("8");
    CHECK(until("> transfer sim_eyeriss k=10"));
    keys(":save-display screen.txt\rQ");
    CHECK(pty_wait_end());
    pty_finish();
    char *path = ll_path_join(check_tmpdir(), "screen.txt"), *text = NULL;
    size_t n;
    if (CHECK(!ll_read_file(path, 0, &text, &n, NULL))) CHECK_HAS(text, "> pretrain gp");
    free(text);
    free(path);
}

/* A dataset loaded by a typed command ends the choice of one; a card shows its device, not its result's kind. */
static void test_from_welcome_to_card(void)
{
    if (!START(24, 80, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys(":load nb201_sim\r");
    CHECK(until("sim_phone_a53"));
    CHECK(until_gone("Choose a dataset"));
    keys("\r");
    CHECK(until("kind      simulated"));
    keys("3");
    CHECK(until("S and T assign."));
    keys(":view welcome\r");
    CHECK(until("Choose a dataset"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_command_line(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":cor");
    CHECK(until(":cor"));
    keys("\t");
    CHECK(until("metric=spearman")); /* what the command takes */
    keys("sim_eye\t\r");
    CHECK(until("correlation of sim_eyeriss")); /* a question is answered on a page of its own */
    keys("q");
    CHECK(until("log latency"));
    keys("/eye");
    CHECK(until("filter: eye"));
    CHECK(until_gone("sim_phone_a53"));
    keys("\033");
    CHECK(until("sim_phone_a53"));
    keys(":bogus\r");
    CHECK(until("no command 'bogus'"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* What was left is one key away. */
static void test_last_session(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":partition source=sim_raspi4 target=sim_eyeriss\r");
    CHECK(until("by hand"));
    keys("Q");
    CHECK(pty_wait_end());
    CHECK(vt_has(&pty.t, "session kept: `open` goes on"));
    pty_finish();
    if (!START(24, 80, "--tui")) return;
    CHECK(until("o the last session"));
    CHECK(until("o open"));
    keys("o");
    CHECK(until("nb201_sim by hand"));
    CHECK(until("sim_phone_a53"));
    keys(":save mine\r");
    CHECK(until("> save mine"));
    keys("Q");
    CHECK(pty_wait_end());
    CHECK(vt_has(&pty.t, "session kept as mine: `open mine` goes on"));
    pty_finish();
}

/* Views lie on each other as they were opened: q leads through them, back to the prompt from where they came. Who has
 * changed nothing is told of no session. */
static void test_back_to_the_prompt(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until_asked("latlab>"));
    keys("view corr\r");
    CHECK(until("No dataset is loaded"));
    keys("8");
    CHECK(until("No command has been given yet"));
    keys("q");
    CHECK(until("No dataset is loaded"));
    keys("q");
    CHECK(until("latlab>"));
    keys("quit\r");
    CHECK(pty_wait_end());
    CHECK(!vt_has(&pty.t, "session kept"));
    pty_finish();
    if (!START(24, 80, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys("q"); /* nothing lies below: it says what leaves */
    CHECK(until("this is the last view; Q leaves latlab"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* On the first screen: the way in for data of one's own, and what it may be before the options. */
static void test_the_way_in(void)
{
    if (!START(24, 80, "--tui")) return;
    CHECK(until("data of your own"));
    keys("i");
    CHECK(until("accuracy  brpnas  csv  eagle  help"));
    CHECK(until(":import"));
    keys("\033?");
    CHECK(until("more lines"));
    CHECK(until("the column to sort by")); /* nothing of the help is cut */
    keys("qQ");
    CHECK(pty_wait_end());
    pty_finish();
}

/* A line that has to wait for another says that it was taken. */
static void test_a_line_that_waits_says_so(void)
{
    if (!START(40, 120, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":partition train=7 test=7; pretrain help\r");
    CHECK(until("/2000"));
    keys(":spaces\r"); /* is answered beside it */
    CHECK(until("fbnet"));
    CHECK(!vt_has(&pty.t, "waits for what runs"));
    keys(":plot heatmap\r");
    CHECK(until("waits for what runs: plot heatmap"));
    keys("\003");
    CHECK(until("hundredths"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* What a page of 80 columns breaks or leaves out of a table is to its right. */
static void test_a_page_is_scrolled_sideways(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":devices\r");
    CHECK(until("Gold 6226"));
    CHECK(!vt_has(&pty.t, "Intel Xeon Gold 6226"));
    keys(">");
    CHECK(until_gone("Gold 6226"));
    keys(">>");
    CHECK(until("Intel Xeon Gold 6226"));
    CHECK(!vt_has(&pty.t, "sim_xeon_6226"));
    keys("<<<<<<");
    CHECK(until("sim_xeon_6226"));
    CHECK(!vt_has(&pty.t, "Intel Xeon Gold 6226"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* A figure fits on its page: what stands below its axes is in sight. */
static void test_a_figure_fits_on_its_page(void)
{
    static const int sizes[][2] = {{24, 80}, {40, 120}};
    for (int i = 0; i < 2; i++) {
        if (!START(24, 100, LOADED)) return;
        CHECK(until("sim_phone_a53"));
        pty_resize(sizes[i][0], sizes[i][1]);
        pty_settle();
        keys(":plot hist sim_eyeriss\r");
        CHECK(until("latency (ms)"));
        pty_settle();
        CHECK(!vt_has(&pty.t, "more lines") && !vt_has(&pty.t, "more line "));
        keys("Q");
        CHECK(pty_wait_end());
        pty_finish();
    }
}

/* Whatever is asked is answered where one looks: on a page, unless the view shows it. */
static void test_answers(void)
{
    if (!START(40, 120, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":partition train=8 test=6\r"); /* the devices show their sides */
    CHECK(until("kl seed=1: 8 source"));
    CHECK(until("log latency"));
    keys(":pretrain flops; transfer sim_eyeriss k=10\r"); /* one page for both */
    CHECK(until("Spearman on the rest"));
    CHECK(until_gone("log latency"));
    keys("q:plot hist sim_eyeriss\r");
    CHECK(until("architectures (simulated)"));
    CHECK(until_gone("Spearman on the rest"));
    keys("q:transfer?\r");
    CHECK(until("transfer [DEVICE]"));
    keys("/protocol\r");
    CHECK(until("protocol"));
    keys("y");
    CHECK(until("copied: "));
    keys("q:how-many sim_eyeriss\r");
    CHECK(until("What so many measurements"));
    keys("q:export csv b.csv\r"); /* its answer is a file */
    CHECK(until("export csv b.csv"));
    CHECK(until("log latency"));
    keys("q5:pretrain gp\r"); /* no curve: the answer itself */
    CHECK(until("architectures each"));
    keys(":eval sim_eyeriss\r");
    CHECK(until("Kendall tau-b"));
    keys("u"); /* the page of what was undone does not stay */
    CHECK(until("undone"));
    CHECK(until_gone("Kendall tau-b"));
    keys("q:pretrain flops\r");
    CHECK(until("ok after"));
    keys("5:transfer sim_eyeriss k=12\r");
    CHECK(until("samples 12"));
    CHECK(until("measured (ms)"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* n and N go on with what / began, in the map of correlations and in the space, as on a page. */
static void test_search_goes_on(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("2");
    CHECK(until("order cluster"));
    keys("g/v100\r");
    CHECK(until("sim_v100_streams_b1 /"));
    keys("n");
    CHECK(until("sim_v100_b256 /"));
    keys("nn");
    CHECK(until("sim_v100_b1 /"));
    keys("N");
    CHECK(until("sim_v100_b32 /"));
    keys("4");
    CHECK(until("component 1"));
    CHECK(until("architecture "));
    keys("/0\r");
    CHECK(until("architecture 0"));
    keys("/|none~0|+|none~0|none~1|+|none~0|none~1\r"); /* five of them */
    CHECK(until("architecture 105"));
    keys("n");
    CHECK(until("architecture 1651"));
    keys("N");
    CHECK(until("architecture 105"));
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* Nothing is written over before somebody has said so. */
static void test_files_in_the_way(void)
{
    char *path = ll_path_join(check_tmpdir(), "devices.csv"),
         *shot = ll_path_join(check_tmpdir(), "shot.txt"), *text = NULL;
    size_t n;
    CHECK(!ll_write_file(path, "mine\n", 5, NULL) && !ll_write_file(shot, "mine\n", 5, NULL));
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("e");
    CHECK(until("devices.csv is there already: write over it?  y yes  n no"));
    keys("3n"); /* 3 is no answer */
    CHECK(until("left as it is"));
    CHECK(until("log latency"));
    if (CHECK(!ll_read_file(path, 0, &text, &n, NULL))) CHECK_STR(text, "mine\n");
    free(text);
    keys("e");
    CHECK(until("write over it?"));
    keys("y");
    CHECK(until("> export csv devices.csv force=on"));
    CHECK(until_gone("write over it?"));
    keys(":save-display shot.txt\r");
    CHECK(until("shot.txt is there already: write over it?"));
    keys("y");
    CHECK(until("> save-display shot.txt force=on"));
    pty_settle();
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
    if (CHECK(!ll_read_file(path, 0, &text, &n, NULL))) CHECK_HAS(text, "sim_phone_a53");
    free(text);
    if (CHECK(!ll_read_file(shot, 0, &text, &n, NULL))) CHECK_HAS(text, "log latency");
    free(text);
    unlink(path);
    unlink(shot);
    free(path);
    free(shot);
}

static bool rule_is_on_row(const char *row)
{
    return strstr(vt_row(&pty.t, atoi(row)), "log") != NULL;
}

/* The log pane is as high as there are lines in it; an error is there to its last word. */
static void test_log_pane(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    CHECK(until_true(rule_is_on_row, "22", "has no rule in row"));
    keys(":transfer sim_phone_a53 k=100000\r");
    CHECK(until("> transfer sim_phone_a53"));
    CHECK(until_true(rule_is_on_row, "20", "has no rule in row"));
    keys(":import csv /no/such/folder/with/a/rather/long/name/of/a/table.csv as x space=nasbench201 "
         "unit=ms\r");
    CHECK(until("No such file or"));
    CHECK(until("  directory"));
    keys(":\022phone");
    CHECK(until("(search) phone: transfer sim_phone_a53 k=100000"));
    keys("\033\033Q");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_config(void)
{
    char *dir = ll_path_join(check_tmpdir(), "latlab"), *path = ll_path_join(dir, "config");
    static const char text[] = "set theme dark\nset volume 11\nbind devices F6 corr {device}\n";
    CHECK(!ll_make_dirs(dir, NULL) && !ll_write_file(path, text, sizeof text - 1, NULL));
    if (START(24, 250, LOADED)) { /* the message has the whole path, wherever the tests' folder is */
        CHECK(until("config:2: no setting 'volume'"));
        CHECK(until("sim_phone_a53"));
        keys("\033[17~");
        CHECK(until("0.9893")); /* its answer: Q while it runs would ask first */
        keys("Q");
        CHECK(pty_wait_end());
        pty_finish();
    }
    unlink(path);
    free(path);
    free(dir);
}

static void test_key_file(void)
{
    char *path = ll_path_join(check_tmpdir(), "keys.txt"), *shot = ll_path_join(check_tmpdir(), "corr.txt"),
         *text = NULL;
    static const char script[] = "# to the heatmap, one down\n2 Down\n:save-display corr.txt\nQ\n";
    size_t n;
    CHECK(!ll_write_file(path, script, sizeof script - 1, NULL));
    if (pty_begin(&(pty_start){.term = "xterm-256color", .rows = 24, .cols = 80, .keys = path},
                  (const char *const[]){pty_program, LOADED, NULL})) {
        if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
        if (CHECK(!ll_read_file(shot, 0, &text, &n, NULL))) CHECK_HAS(text, "spearman 1.00000");
        free(text);
        pty_finish();
    }
    free(path);
    free(shot);
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"the first start", test_first_start},
                                       {"from data to a saved scatter", test_main_job},
                                       {"from welcome to card", test_from_welcome_to_card},
                                       {"command line and filter", test_command_line},
                                       {"n and N go on with a search", test_search_goes_on},
                                       {"answers", test_answers},
                                       {"the way in", test_the_way_in},
                                       {"a page is scrolled sideways", test_a_page_is_scrolled_sideways},
                                       {"a line that waits says so", test_a_line_that_waits_says_so},
                                       {"a figure fits on its page", test_a_figure_fits_on_its_page},
                                       {"the last session", test_last_session},
                                       {"back to the prompt", test_back_to_the_prompt},
                                       {"files in the way", test_files_in_the_way},
                                       {"log pane", test_log_pane},
                                       {"config file", test_config},
                                       {"keys from a file", test_key_file},
                                       {0}};
    return check_main("test_tui", cases, argc, argv);
}
