/* Names of devices through the commands of data/: odd ones come back from files and are addressed, bad ones stay out. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"
#include "tests/check.h"
#include "tests/data/data_say.h"

static const char odd_table[] =
    "arch,device,latency\n"
    "0,\"a, b\",1\n1,\"a, b\",2\n2,\"a, b\",3\n"
    "0,x*,2\n1,x*,1\n2,x*,3\n"
    "0,\"say \"\"hi\"\", it's\",3\n1,\"say \"\"hi\"\", it's\",2\n2,\"say \"\"hi\"\", it's\",1\n"
    "0,\"=cmd|'/C calc'!A0\",1\n1,\"=cmd|'/C calc'!A0\",3\n2,\"=cmd|'/C calc'!A0\",2\n"
    "0,''=x,1\n1,''=x,3\n2,''=x,2\n"
    "0,out=y,1\n1,out=y,3\n2,out=y,2\n0,xy,1\n1,xy,5\n2,xy,2\n";

static void odd_names_come_back(void)
{
    char *bytes;
    size_t n;
    ll_error e = {0};
    char *out = ll_path_join(check_tmpdir(), "odd-out.csv");
    start();
    CHECK_STR(say("import csv %s as odd space=nasbench201 unit=ms", write_text("odd.csv", odd_table)), "ok");
    CHECK_STR(say("load odd"), "ok");
    CHECK_STR(say("export csv %s", out), "ok");
    if (CHECK(!ll_read_file(out, 0, &bytes, &n, &e))) {
        CHECK_HAS(bytes, ",'=cmd|'/C calc'!A0,"); /* no spreadsheet runs it */
        CHECK_HAS(bytes, ",''=x,");
        free(bytes);
    }
    CHECK_STR(say("import csv %s as again space=nasbench201 unit=ms", out), "ok");
    CHECK_STR(stored_hash("again").hex, stored_hash("odd").hex);
    CHECK_STR(
        say("import csv %s as twice space=nasbench201 unit=ms", write_text("odd.csv", "arch,'=x\n0,1\n")),
        "ok");
    CHECK_STR(say("load twice"), "ok"); /* the guard is no part of the name */
    CHECK_STR(say("export csv %s force=on devices=\"\\=x\"", out), "ok");
    stop();
    free(out);
}

static void quoted_names_are_addressed(void)
{
    static const struct {
        const char *devices;
        int n;
    } table[] = {
        {"\"a, b\"", 1},   {"\"a, b\",xy", 2}, {"'x*'", 1}, {"x*", 2}, {"\"say \\\"hi\\\", it's\"", 1},
        {"\"xy, x*\"", 2}, {"\"out\\=y\"", 1}};
    char *out = ll_path_join(check_tmpdir(), "chosen.csv");
    start();
    CHECK_STR(say("import csv %s as odd space=nasbench201 unit=ms", write_text("odd.csv", odd_table)), "ok");
    CHECK_STR(say("load odd"), "ok");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK_STR(say("export csv %s force=on devices=%s", out, table[i].devices), "ok");
        CHECK_INT(ll_json_get_int(last, "n_devices", -1), table[i].n);
    }
    stop();
    free(out);
}

/* The file with every `from` made `to`, as a latlab that took any byte would have written it. */
static void rewrite(const char *file, const char *from, const char *to)
{
    char *path = ll_path_join(check_tmpdir(), file), *bytes;
    size_t n;
    ll_error e = {0};
    ll_str out = {0};
    if (!CHECK(!ll_read_file(path, 0, &bytes, &n, &e))) return;
    for (char *p = bytes, *at; *p; p = at ? at + strlen(from) : p + strlen(p)) {
        at = strstr(p, from);
        ll_str_addn(&out, p, at ? (size_t)(at - p) : strlen(p));
        if (at) ll_str_add(&out, to);
    }
    CHECK_INT(ll_write_file(path, out.s, out.len, &e), LL_OK);
    ll_str_free(&out);
    free(bytes);
    free(path);
}

/* Such a folder hashed its names as the bytes they were: it loads, and is UTF-8 from the next time it is saved. */
static void former_names_load(void)
{
    start();
    const char *table = write_text("former.csv", "arch,Ger\u00e4t\n0,1\n1,2\n");
    CHECK_STR(say("import csv %s as former space=nasbench201 unit=ms", table), "ok");
    ll_hash hash = stored_hash("former");
    rewrite("data/former/dataset.json", hash.hex, "00000000000000000000000000000000");
    CHECK_STR(say("load former"), "failed"); /* damaged, as far as anybody can tell */
    rewrite("data/former/dataset.json", "\u00e4", "\xe4");
    rewrite("data/former/latency.csv", "\u00e4", "\xe4");
    CHECK_STR(say("load former"), "ok");
    CHECK_STR(say("import csv %s into former unit=ms", write_text("more.csv", "arch,b\n0,1\n")), "ok");
    CHECK_STR(say("load former"), "ok");
    CHECK_INT(ll_json_get_int(last, "devices", 0), 2);
    stop();
}

static void names_are_checked_at_the_door(void)
{
    static const struct {
        const char *text, *say;
    } bad[] = {
        {"arch,a\x1b[31m\n0,1\n", "line 1: column 2: \"a\ufffd[31m\" is no name: its character 2 is U+001B"},
        {"arch,device,latency\n0,a\u202e,1\n", "line 2: \"a\ufffd\" is no name"},
        {"arch,\"a\nb\"\n0,1\n", "U+000A"},
        {"arch,a\x9b"
         "b\n0,1\n",
         "U+009B"},
        {"arch,"
         "\"\"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxx\"\n0,1\n",
         "at most 100"}};
    char *info, *path = ll_path_join(check_tmpdir(), "data/latin/dataset.json");
    size_t n;
    ll_error e = {0};
    start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STR(say("import csv %s as bad space=nasbench201 unit=ms", write_text("bad.csv", bad[i].text)),
                  "failed");
        CHECK_HAS(ll_str_text(&complaint), bad[i].say);
    }
    CHECK_STR(say("import csv %s as bad space=nasbench201 unit=ms device=\"a\\x1b\"",
                  write_text("bad.csv", "arch,a\n0,1\n")),
              "failed");
    CHECK_HAS(ll_str_text(&complaint), "is no name");
    /* a table in Latin-1 is taken, with a note, and what is stored of it is UTF-8 */
    CHECK_STR(say("import csv %s as latin space=nasbench201 unit=ms",
                  write_text("latin.csv", "arch, Ger\xe4t \n0,1\n")),
              "ok");
    char *notes = ll_json_line(last);
    CHECK_HAS(notes, "read as Latin-1");
    if (CHECK(!ll_read_file(path, 0, &info, &n, &e))) {
        CHECK(ll_utf8_valid(info));
        CHECK_HAS(info, "\"Ger\u00e4t\"");
        free(info);
    }
    CHECK_STR(say("load latin"), "ok");
    free(notes);
    free(path);
    stop();
}

static const check_case cases[] = {
    {"odd names come back", odd_names_come_back},
    {"quoted names are addressed", quoted_names_are_addressed},
    {"names that were let in before load", former_names_load},
    {"names are checked at the door", names_are_checked_at_the_door},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_data_names", cases, argc, argv);
}
