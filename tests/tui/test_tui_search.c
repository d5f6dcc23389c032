/* The view of searches: command lines given again with a change, the limit by keys and by the mouse, a search while it
 * runs. The bundled data and a predictor that is made in a moment. */
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/pty.h"
#include "tui/screen/views/search_view.h"

/* --- lines ------------------------------------------------------------------------------------------------ */

static void check_but(const char *line, const char *option, const char *expected)
{
    ll_str out = {0};
    ll_search_line_but(line, option, &out);
    CHECK_STR(ll_str_text(&out), expected);
    ll_str_free(&out);
}

static void check_limit(const char *line, const char *device, const char *expected)
{
    ll_str out = {0};
    ll_search_line_limit(line, device, 4.25, &out);
    CHECK_STR(ll_str_text(&out), expected);
    ll_str_free(&out);
}

static void test_lines(void)
{
    ll_str value = {0};
    check_but("search a max=4 p=.5", "p", "search a max=4");
    check_but("search a  max=4 verify=5 by=host file='x y' # so", NULL, "search a max=4");
    check_but("search 'a b' where=\"x>=1, y<2\" score=macs", "score", "search 'a b' where=\"x>=1, y<2\"");
    check_but("search a max_macs=1 max=4", "max",
              "search a max_macs=1"); /* another option's name begins alike */
    check_limit("search a max=4ms p=.5", "a", "search a p=.5 max=4.25");
    check_limit("search", "a", "search max=4.25");
    check_limit("search a,b max=4 max:b=2", "b", "search a,b max=4 max:b=4.25");
    check_limit("search a,b max=4", "a", "search a,b max=4 max:a=4.25");
    check_limit("search a max:a=9 where=x,y", "a", "search a where=x,y max:a=4.25");
    check_limit("search a where=x,y", "a", "search a where=x,y max=4.25"); /* one device */
    check_limit("search a,'b c'", "b c", "search a,'b c' \"max:b c=4.25\"");
    CHECK(ll_search_line_value("search a p=.5 p=.9", "p", &value));
    CHECK_STR(ll_str_text(&value), ".9");
    CHECK(!ll_search_line_value("search a pp=.5", "p", &value));
    ll_str_free(&value);
}

/* --- in the screen ---------------------------------------------------------------------------------------- */

#define READY                                                                                                \
    "--tui", "-c",                                                                                           \
        "load nb201_sim; partition source=sim_v100* target=sim_eyeriss,sim_raspi4; pretrain flops; "         \
        "transfer sim_eyeriss k=10; transfer sim_raspi4 k=10"

static void leave(void)
{
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    CHECK_INT(pty.t.unknown, 0);
    pty_check_restored();
    pty_finish();
}

static bool begin(int rows, int cols)
{
    if (!START(rows, cols, READY)) return false;
    CHECK(until("nb201_sim"));
    keys(":search sim_eyeriss max=14\r9");
    return CHECK(until("within 14 ms")) && CHECK(until("< limit"));
}

/* What is needed is said, and what is there of it; f begins the line. */
static void test_empty(void)
{
    if (!START(18, 60, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys("9");
    CHECK(until("Nothing has been searched for yet."));
    CHECK(until("[ ] a predictor"));
    keys(">s"); /* nothing to move, nothing to change */
    CHECK(until("f begins"));
    keys(":load nb201_sim\r");
    CHECK(until("[x] a score: cifar10, cifar100, imagenet16"));
    keys(":transfer sim_eyeriss k=10 predictor=flops\r");
    CHECK(until("pretrain"));
    keys(":pretrain flops source=sim_v100*\r:transfer sim_eyeriss k=11\r");
    CHECK(until("samples                          11"));
    keys("q"); /* from the page with the answers */
    CHECK(until("[x] a predictor of the device: sim_eyeriss by flops"));
    keys("f");
    CHECK(until(":search sim_eyeriss max="));
    keys("14\r");
    CHECK(until("within 14 ms"));
    leave();
}

static void test_keys(void)
{
    if (!begin(24, 80)) return;
    CHECK(until("chosen: 6584"));
    keys(">>");
    CHECK(until("searched for when it rests"));
    CHECK(until("> search sim_eyeriss max=14.2"));
    CHECK(until("within 14.2 ms"));
    CHECK(until("< limit"));
    keys("s");
    CHECK(until("> search sim_eyeriss max=14.2 score=cifar100"));
    CHECK(until("cifar100 on sim_eyeriss"));
    keys("c");
    CHECK(until("p=0.95, exhaustive"));
    keys("m");
    CHECK(until(":search sim_eyeriss max=14.2 score=cifar100 p=0.95 method="));
    keys("random budget=500\r");
    CHECK(until("p=0.95, random, 500 met"));
    keys("v");
    CHECK(until("verify=5 by=table"));
    keys("\033");
    CHECK(until("< limit"));
    keys("x");
    CHECK(until("the search is for one device"));
    keys("k");
    CHECK(until("on the front: "));
    keys("y");
    CHECK(until("copied: |"));
    keys("\t");
    CHECK(until("Tab: back to the plot"));
    keys("\t/no such\r");
    CHECK(until("nothing matches the filter"));
    keys("uuuu"); /* the searches before, to the first */
    CHECK(until("within 14 ms"));
    leave();
}

/* An answer may still grow, and its page would come back: the view is asked for until it is there. */
static bool search_view_has(const char *text)
{
    for (int i = 0; i < 20; i++) {
        keys("9");
        pty_settle();
        if (vt_has(&pty.t, text)) return true;
    }
    return until(text);
}

/* What was found by an earlier transfer does not look as if it were of this one; undo makes it current again. */
static void test_outdated(void)
{
    if (!begin(24, 80)) return;
    CHECK(until("exhaustive, "));
    keys(":transfer sim_raspi4 k=12\r"); /* another device is none of its business */
    CHECK(until("q back to the view before"));
    CHECK(search_view_has("exhaustive, "));
    keys(":transfer sim_eyeriss k=12\r");
    CHECK(until("q back to the view before"));
    CHECK(search_view_has("outdated: transferred to sim_eyeriss since"));
    keys("u");
    CHECK(until("undone: transfer sim_eyeriss k=12"));
    CHECK(search_view_has("exhaustive, "));
    leave();
}

/* Neither does a diagnosis. */
static void test_outdated_diagnosis(void)
{
    if (!START(24, 80, READY)) return;
    CHECK(until("nb201_sim"));
    keys(":diagnose sim_eyeriss\r7");
    CHECK(until("Enter diagnoses it again"));
    keys(":transfer sim_eyeriss k=12\r");
    CHECK(until("q back to the view before"));
    pty_settle(); /* an answer may still grow, and its page would come back */
    keys("q");
    CHECK(until("outdated: of an earlier transfer"));
    leave();
}

static void test_axis(void)
{
    if (!begin(40, 120)) return;
    keys(":search sim_eyeriss,sim_raspi4 max=14\r");
    CHECK(until("sim_raspi4  8.021")); /* the card: the log has the title before the view has the result */
    keys("x");
    CHECK(until("sim_raspi4 (ms)"));
    keys("<");
    CHECK(until("> search sim_eyeriss,sim_raspi4 max=14 max:sim_raspi4="));
    CHECK(until("ok"));
    CHECK(until("sim_raspi4 (ms)")); /* still the axis */
    leave();
}

/* Dragging takes the limit along; letting go searches. A click goes to the front's nearest. */
static void test_mouse(void)
{
    int y, x;
    if (!begin(24, 80)) return;
    if (!CHECK(vt_find(&pty.t, "within 14 ms", &y, &x))) return pty_finish();
    pty_drag(y - 5, 30, y - 5, 38);
    CHECK(until("> search sim_eyeriss max=17.5"));
    CHECK(until("within 17.5 ms"));
    pty_click(y - 8, 8);
    CHECK(until("on the front: "));
    pty_drag(y - 5, 30, y + 2, 79); /* out of the plot: its edge */
    CHECK(until("> search sim_eyeriss max=19.4"));
    leave();
}

static void test_live(void)
{
    if (!begin(40, 120)) return;
    keys(":search sim_eyeriss max=14 score=gp:cifar10 method=evolution budget=1e6\r");
    CHECK(until("keeps what it"));
    CHECK(until("best within"));
    pty_resize(24, 80);
    CHECK(until("1devices"));
    CHECK(until("best within"));
    keys("K");
    CHECK(until("gp:cifar10 on sim_eyeriss"));
    CHECK(until("chosen: "));
    leave();
}

static void test_ascii(void)
{
    if (!START(24, 80, "--ascii", READY)) return;
    CHECK(until("nb201_sim"));
    keys(":search sim_eyeriss max=14\r9");
    CHECK(until("= within 14 ms"));
    CHECK(until("* chosen"));
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x++) CHECK(pty.t.cell[y][x].ch < 128);
    keys(":search sim_eyeriss max=1\r");
    CHECK(until("nothing is within the limits"));
    leave();
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"command lines with a change", test_lines},
                                       {"before anything was found", test_empty},
                                       {"keys", test_keys},
                                       {"outdated after a new transfer", test_outdated},
                                       {"an outdated diagnosis", test_outdated_diagnosis},
                                       {"several devices", test_axis},
                                       {"the mouse", test_mouse},
                                       {"while it runs", test_live},
                                       {"ASCII, and nothing within", test_ascii},
                                       {0}};
    return check_main("test_tui_search", cases, argc, argv);
}
