/* Space files that are refused, and what is said of them. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "core/space/template/expr.h"
#include "tests/check.h"
#include "tests/spaces/space_text.h"

static void refuse(const char *text, const char *why)
{
    const ll_space *s;
    ll_error e;
    CHECK_INT(read_text(text, &s, &e), LL_BAD_DATA);
    CHECK(!s && !ll_space_find("bad"));
    CHECK_HAS(e.message, why);
    check_report(!strchr(e.message, '\n'), __FILE__, __LINE__, "%s", e.message);
}

#define POSITIONS(LIST) "{\"name\": \"bad\", \"positions\": [" LIST "]}"
#define AB              "{\"names\": [\"a\", \"b\"], \"choices\": [1, 2]}"
#define NETWORK(STEPS)  "{\"name\": \"bad\", \"positions\": [" AB "], \"input\": 8, \"network\": [" STEPS "]}"
#define END             "{\"mean\": true}, {\"linear\": 2}"

static void bad_positions_are_refused(void)
{
    refuse("{\"positions\": [" AB "]}", "no \"name\"");
    refuse(POSITIONS("{\"name\": \"a\"}"), "positions[0]: \"choices\" is a list");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": []}"), "positions[0]: the position has no choices");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {}}"), "the position has no choices");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": \"blocks\"}"), "no list of \"lists\"");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [true]}"), "a name or a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1.5]}"), "a name or a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [\"1\", \"2000000000\"]}"), "too large for a number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {\"x\": {\"active\": 7}}}"), "choose another name");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {\"x\": 1.5}}"), "stands for a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1], \"wen\": {}}"), "\"wen\" is nothing");
    refuse(POSITIONS(AB ", {\"name\": \"a\", \"choices\": [1]}"), "the position a comes twice");
    refuse(POSITIONS("{\"name\": \"a b\", \"choices\": [1]}"), "cannot name a position");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [\"x\", \"x\"]}, " AB), "twice");
    refuse(POSITIONS(AB ", 3"), "positions[1]: expected");
    refuse("{\"name\": \"fbnet\", \"positions\": [" AB "]}", "built-in");
    refuse(POSITIONS(AB "],"
                        "\"colour\": [1"),
           "\"colour\" is nothing");
}

static void bad_rules_are_refused(void)
{
#define WHEN(NAME, RULE) "{\"name\": \"" NAME "\", \"choices\": [1, 2], \"when\": " RULE "}"
    refuse(POSITIONS(AB "," WHEN("c", "{\"d\": 1}")), "\"d\" is no position");
    refuse(POSITIONS(AB "," WHEN("c", "{\"a\": 3}")), "positions[1].when: \"3\" is no choice");
    refuse(POSITIONS(AB "," WHEN("c", "{\"a\": []}")), "lists no choice");
    refuse(POSITIONS(AB "," WHEN("c", "[\"a\"]")), "expected {POSITION");
    refuse(POSITIONS(AB "," WHEN("c", "{\"c\": 1}")), "positions: \"c\" hangs on itself");
    refuse(POSITIONS(WHEN("a", "{\"b\": 1}") "," WHEN("b", "{\"c\": 1}") "," WHEN("c", "{\"a\": 2}")),
           "in a circle");
}

static void half_positions_are_refused(void)
{
    refuse(POSITIONS("\"b\", {\"name\": \"a\", \"choices\": [1]}"),
           "positions[0]: expected {\"name\": ..., \"choices\": ...}");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1]}, \"b\""), "positions[1]: expected {");
    refuse(POSITIONS("{\"name\": \"a\", \"names\": [\"b\"], \"choices\": [1]}"),
           "positions[0]: a position has a \"name\", or several");
    refuse(POSITIONS("{\"names\": [], \"choices\": [1]}"), "positions[0]: \"names\" is a list");
    refuse(POSITIONS("{\"names\": \"b\", \"choices\": [1]}"), "positions[0]: \"names\" is a list");
}

static void bad_strings_are_refused(void)
{
#define STRING(TEXT) "{\"name\": \"bad\", \"positions\": [" AB "], \"string\": \"" TEXT "\"}"
    refuse(STRING("{a}"), "1 of 2 positions");
    refuse(STRING("{a}|{a}"), "comes twice");
    refuse(STRING("{a}|{c}"), "no position");
    refuse(STRING("{a}|{b"), "closing '}'");
    refuse(STRING("{a}{b}"), "could belong to its choice");
    refuse(STRING("{a}_{b}"), "'_' behind {a} could belong to its choice: separate them by one of | : / + ~");
    refuse(STRING("{#a}1{b}"),
           "'1' behind {#a} could belong to its choice: separate them by something that is no digit");
    refuse(STRING("{a} {b}"), "a blank cannot stand in it");
    refuse(STRING("{a},{b}"),
           "a comma cannot stand in it, since strings stand in tables and on the command line");
    refuse(STRING("{a}\\\"{b}"), "a quote cannot stand in it");
    refuse(STRING("{a}\\u00e4{b}"), "not printable ASCII");
}

static void bad_networks_are_refused(void)
{
    refuse("{\"name\": \"bad\", \"positions\": [" AB "], \"network\": [" END "]}", "input: a network needs");
    refuse(NETWORK(""), "network: expected a list of steps");
    refuse(NETWORK(END ", 3"), "network[2]: expected a step");
    refuse(NETWORK("{\"conv\": \"a *\"}," END), "network[0].conv: \"a *\" is no expression");
    refuse(NETWORK("{\"conv\": \"x\"}," END), "there is no such name");
    refuse(NETWORK("{\"conv\": 4, \"kernal\": 3}," END), "network[0]: \"kernal\" is nothing");
    refuse(NETWORK("{\"conv\": 4, \"kernel\": 2}," END), "odd");
    refuse(NETWORK("{\"conv\": 0}," END), "expected 1..8192");
    refuse(NETWORK("{\"conv\": \"8 / (a - 2)\"}," END),
           "space bad: network[0].conv: its number is -8: expected");
    refuse(NETWORK("{\"conv\": \"8 / (a - 1)\"}," END), "a division by zero");
    refuse(NETWORK("{\"conv\": 4, \"groups\": 2}," END), "2 groups do not divide 3 channels");
    refuse(NETWORK("{\"to\": \"x\"}, {\"conv\": \"2 + a\"}, {\"add\": \"x\"}," END),
           "network[2].add: 3 channels of 8x8 are added to 4 of 8x8 (the network of 2|1)");
    refuse(NETWORK("{\"add\": \"x\"}," END), "network[0].add: \"x\" is no tensor");
    refuse(NETWORK("{\"when\": 0, \"to\": \"x\"}, {\"add\": \"x\"}," END), "was not made");
    refuse(NETWORK("{\"to\": \"a\"}," END), "has a meaning already");
    refuse(NETWORK("{\"to\": \"c\"}," END), "has a meaning already");
    refuse(NETWORK("{\"each\": [1], \"as\": \"b\", \"do\": [" END "]}"), "has a meaning already");
    refuse(NETWORK("{\"each\": [[1, 2]], \"as\": \"i\", \"do\": [" END "]}"), "as many members");
    refuse(NETWORK("{\"each\": [[1]], \"as\": [\"i\", \"j\"], \"do\": [" END "]}"), "as many members");
    refuse(NETWORK("{\"each\": [\"size\"], \"as\": \"i\", \"do\": [{\"conv\": \"i\"}]}, {\"conv\": 3}"),
           "linear");
    refuse(NETWORK("{\"each\": [\"2 * size\"], \"as\": \"i\", \"do\": [{\"conv\": \"i\"}]}," END),
           "no such name");
    refuse(NETWORK("{\"linear\": 3}"), "reads a mean");
    refuse(NETWORK("{\"mean\": true}"), "does not end with a linear layer");
    refuse(NETWORK("{\"mean\": 3}"), "expected true");
    refuse(NETWORK("{\"mean\": true}, {\"pool\": 2}," END), "larger than the image");
    refuse(NETWORK("{\"conv\": 4, \"position\": \"z\"}," END), "name of a position");
    refuse(NETWORK("{\"conv\": 4, \"act\": \"tanh\"}," END), "no such name");
    refuse(NETWORK("{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [" END
                   "]}]}]}]}]}]}]}]}"),
           "more than 8 deep");
}

#define THREE                                                                                                \
    "{\"name\": \"a\", \"choices\": [8, 12, 32]}, {\"name\": \"b\", \"choices\": [8, 12]}, {\"name\": "      \
    "\"k\", \"choices\": [3, 5]}"
#define OF_THREE(STEPS)                                                                                      \
    "{\"name\": \"bad\", \"positions\": [" THREE "], \"input\": 16, \"network\": [" STEPS END "]}"

/* What fails for some choices says which, and in which layer. */
static void guilty_choices_are_named(void)
{
    refuse(OF_THREE("{\"conv\": 8, \"kernel\": \"k\"}, {\"conv\": \"96 / (32 - a)\"},"),
           "space bad: choice 32 of position a makes no network: network[1].conv: a division by zero (the "
           "network of 32|");
    refuse(OF_THREE("{\"conv\": 8, \"stride\": \"b == 12 ? a : 1\"},"),
           "choice 32 of position a and choice 12 of position b together make no network: network[0].conv: "
           "stride "
           "is 32");
    refuse(OF_THREE("{\"conv\": \"a\", \"to\": \"x\"}, {\"conv\": \"a + k - 3\"}, {\"add\": \"x\"},"),
           "choice 5 of position k makes no network: network[2].add: 8 channels of 16x16 are added to 10");
    refuse(OF_THREE("{\"conv\": 7, \"to\": \"x\"}, {\"conv\": \"a\"}, {\"add\": \"x\"},"),
           "space bad: network[2].add: 7 channels");
    refuse(OF_THREE("{\"when\": \"a != 8\", \"linear\": 3},"),
           "of position a makes no network: network[0].linear: a linear layer reads a mean");
    /* the first one tried is wrong, and nearly all others are not */
    refuse(OF_THREE("{\"when\": \"a == 8 && b == 8 && k == 3\", \"linear\": 3},"),
           "together make no network: network[0].linear");
}

/* "act": "nl" is what the choices are called, not their indices; where they are called otherwise it stays an expression. */
static void activations_are_chosen_by_name(void)
{
    static const char text[] = "{\"name\": \"%s\", \"positions\": [{\"name\": \"nl\", \"choices\": %s}], "
                               "\"input\": 8, \"network\": ["
                               "{\"each\": [\"nl\"], \"as\": \"p\", \"do\": [{\"conv\": 4, \"act\": "
                               "\"p\"}]}, {\"conv\": 4, \"act\": \"nl\"}," END "]}";
    static const struct {
        const char *name, *choices;
        ll_activation acts[3];
    } spaces[] = {
        {"acts-names", "[\"hswish\", \"relu\", \"none\"]", {LL_HSWISH, LL_RELU, LL_NO_ACT}},
        {"acts-own", "[\"plain\", \"bent\", \"relu\"]", {LL_NO_ACT, LL_RELU, LL_RELU6}},
        {"acts-numbers", "{\"relu\": 2, \"relu6\": 1, \"none\": 3}", {LL_RELU6, LL_RELU, LL_HSWISH}}};
    for (int i = 0; i < 3; i++) {
        const ll_space *s = NULL;
        ll_error e;
        ll_str file = {0};
        ll_str_addf(&file, text, spaces[i].name, spaces[i].choices);
        CHECK_OK(read_text(file.s, &s, &e));
        for (uint8_t c = 0; s && c < 3; c++) {
            ll_layer layers[LL_MAX_LAYERS];
            CHECK_INT(s->layers(s, &c, layers, LL_MAX_LAYERS), 4);
            CHECK_INT(layers[0].act, spaces[i].acts[c]);
            CHECK_INT(layers[1].act, spaces[i].acts[c]);
        }
        ll_str_free(&file);
    }
}

static void names_that_clash_are_refused(void)
{
    refuse(
        POSITIONS(
            "{\"name\": \"a\", \"choices\": {\"x\": {\"k\": 1}}}, {\"name\": \"a.k\", \"choices\": [\"x\"]}"),
        "space bad: positions: \"a.k\" is a position and a number of another one");
    refuse(POSITIONS("{\"name\": \"a.active\", \"choices\": [1]}, {\"name\": \"a\", \"choices\": [\"x\"]}"),
           "\"a.active\" is");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1]}, {\"name\": \"a\", \"choices\": [\"x\"]}"),
           "space bad: the position a comes twice");
    refuse("{\"name\": \"bad\", \"positions\": [{\"name\": \"z.c\", \"choices\": [\"x\", \"y\"]}], "
           "\"input\": 8, \"network\": [{\"to\": \"z\"}, " END "]}",
           "network[0].to: \"z\" and a dot begin the name of a position");
    const ll_space *s = NULL;
    ll_error e;
    CHECK_INT(
        read_text("{\"name\": \"dots\", \"positions\": [{\"name\": \"a\", \"choices\": {\"x\": {\"k\": 1}}}, "
                  "{\"name\": \"a.e\", \"choices\": [\"x\"]}, {\"name\": \"ab.k\", \"choices\": [\"x\"]}]}",
                  &s, &e),
        LL_OK);
}

static void names_of_spaces_are_no_paths(void)
{
    static const char *const names[] = {"..", ".", "a/b", "", "-x", ".x", "7", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ll_str text = {0};
        const ll_space *s = NULL;
        ll_error e;
        ll_str_addf(&text, "{\"name\": \"%s\", \"positions\": [" AB "]}", names[i]);
        CHECK_INT(read_text(text.s, &s, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "\" cannot name a search space");
        CHECK(e.message[0] == '"'); /* the sentence does not begin with "space ..:" */
        ll_str_free(&text);
    }
    refuse("{\"name\": \"bad\", \"positions\": []}", "has no \"positions\"");
    refuse("{\"name\": \"bad\"}", "has no \"positions\"");
}

/* A pipe gives its text once, so it is read once. */
static void a_pipe_is_read_once(void)
{
    static const char text[] = "{\"name\": \"piped\", \"positions\": [" AB "]}";
    char *path = ll_path_join(check_tmpdir(), "pipe.json");
    CHECK(!mkfifo(path, 0600));
    pid_t child = fork();
    if (!child) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, text, sizeof text - 1) != sizeof text - 1);
    }
    const ll_space *s = NULL;
    ll_error e = {0};
    int status = 1;
    alarm(20);
    CHECK_OK(ll_space_open(path, &s, &e));
    alarm(0);
    CHECK(waitpid(child, &status, 0) == child && !status);
    CHECK(s && !strcmp(s->name, "piped"));
    free(path);
}

/* Small files that would grow without bound. */
static void limits_hold(void)
{
#define TEN               "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
#define LOOP(NAME, INNER) "{\"each\": " TEN ", \"as\": \"" NAME "\", \"do\": [" INNER "]}"
    refuse(NETWORK(LOOP("i", LOOP("j", LOOP("k", LOOP("l", "{\"copy\": true}")))) "," END),
           "more than 2048 steps");
    refuse(NETWORK(LOOP(
               "i", LOOP("j", "{\"when\": \"i < 9\", \"conv\": 4}, {\"conv\": 3}, {\"conv\": 3}")) "," END),
           "more than 256 layers");
    refuse(NETWORK("{\"conv\": 8192, \"kernel\": 31}," END), "16777216 weights");
    ll_str text = {0}, sum = {0};
    for (int i = 0; i < 99; i++) ll_str_add(&sum, i ? "+1" : "1");
    ll_str_add(&text,
               "{\"name\": \"bad\", \"positions\": [" AB "], \"input\": 8, \"network\": [{\"each\": " TEN
               ", \"as\": \"i\", \"do\": [{\"each\": " TEN ", \"as\": \"j\", \"do\": [");
    ll_str_addf(&text, "{\"conv\": \"%s\", \"kernel\": \"%s\", \"stride\": \"%s\", \"groups\": \"%s\"}",
                sum.s, sum.s, sum.s, sum.s);
    ll_str_add(&text, "]}]}]}");
    refuse(text.s, "65536 names, numbers and signs");
    ll_str_free(&sum);
    ll_str_clear(&text);
    ll_str_add(&text, "{\"name\": \"bad\", \"positions\": [{\"names\": [");
    for (int i = 0; i < 300; i++) ll_str_addf(&text, "%s\"p%d\"", i ? "," : "", i);
    ll_str_add(&text, "], \"choices\": [1, 2]}]}");
    refuse(text.s, "more than 64 positions");
    ll_str_clear(&text);
    ll_str_add(&text, "{\"name\": \"bad\", \"positions\": [{\"name\": \"a\", \"choices\": [");
    for (int i = 0; i < 40; i++) ll_str_addf(&text, "%s%d", i ? "," : "", i);
    ll_str_add(&text, "]}]}");
    refuse(text.s, "more than 32 choices");
    ll_str_free(&text);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"bad positions are refused", bad_positions_are_refused},
        {"bad rules are refused", bad_rules_are_refused},
        {"half positions are refused", half_positions_are_refused},
        {"bad strings are refused", bad_strings_are_refused},
        {"bad networks are refused", bad_networks_are_refused},
        {"guilty choices are named", guilty_choices_are_named},
        {"activations are chosen by name", activations_are_chosen_by_name},
        {"names that clash are refused", names_that_clash_are_refused},
        {"names of spaces are no paths", names_of_spaces_are_no_paths},
        {"a pipe is read once", a_pipe_is_read_once},
        {"limits hold", limits_hold},
        {0},
    };
    return check_main("test_space_refused", cases, argc, argv);
}
