/* Text from outside: what of it may be shown, and what becomes of it in names, tables and JSON. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/base/text/name.h"
#include "core/base/utf8.h"
#include "tests/check.h"

/* --- what may be shown --- */

static void hidden_characters_are_known(void)
{
    static const uint32_t hidden[] = {0,      7,      9,       0xa,     0x1b,     0x1f,   0x7f,   0x80,
                                      0x9b,   0x9f,   0xad,    0x61c,   0x200b,   0x200d, 0x200e, 0x200f,
                                      0x2028, 0x202a, 0x202e,  0x2060,  0x2066,   0x2069, 0xfeff, 0xfe0f,
                                      0xfdd0, 0xfffe, 0x1fffe, 0xe0041, 0x10ffff, 0xd800};
    static const uint32_t shown[] = {' ',    '~',    0xa0,   0xe4,   0x308,  0x2010,
                                     0x2030, 0x2500, 0x28ff, 0x4e2d, 0xfffd, 0x1f600};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        check_report(ll_hidden(hidden[i]), __FILE__, __LINE__, "U+%04X would be shown", (unsigned)hidden[i]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        check_report(!ll_hidden(shown[i]), __FILE__, __LINE__, "U+%04X would be hidden", (unsigned)shown[i]);
    ll_str out = {0};
    ll_utf8_visible(&out, "a\x1b]\x9b\xc2\x9b\xe2\x80\xae\xed\xa0\x80z\xc3\xa4");
    CHECK_STR(out.s, "a\ufffd]\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdz\u00e4");
    ll_str_clear(&out);
    ll_utf8_repair(&out, "Ger\xe4t \xc3\xa4 \xff");
    CHECK_STR(out.s, "Ger\u00e4t \u00e4 \u00ff");
    ll_str_free(&out);
}

static void names_are_checked(void)
{
    static const char *const good[][2] = {{"  Pixel 3 ", "Pixel 3"},
                                          {"Ger\xe4t", "Ger\u00e4t"},
                                          {"a, b*\"'", "a, b*\"'"},
                                          {"=x", "=x"},
                                          {"\u4e2d\u6587", "\u4e2d\u6587"}};
    static const char *const bad[] = {"", "  ", "a\nb", "\x1b[31m", "a\u200bb", "\u202ex", "\x9bm", "a\x7f"};
    char longest[LL_NAME_MOST + 2], *name;
    ll_error e = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!CHECK(ll_name_read(good[i][0], &name, &e) == LL_OK)) continue;
        CHECK_STR(name, good[i][1]);
        CHECK_INT(ll_name_check(name, &e), LL_OK);
        free(name);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(ll_name_read(bad[i], &name, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "is no name");
        ll_str shown = {0};
        ll_utf8_visible(&shown, e.message);
        CHECK_STR(e.message, shown.s);
        ll_str_free(&shown);
    }
    memset(longest, 'x', sizeof longest);
    longest[LL_NAME_MOST + 1] = 0;
    CHECK_INT(ll_name_check(longest, &e), LL_BAD_DATA);
    longest[LL_NAME_MOST] = 0;
    CHECK_INT(ll_name_check(longest, &e), LL_OK);
    CHECK_INT(ll_name_check("x ", &e), LL_BAD_DATA);
    CHECK_INT(ll_name_check("Ger\xe4t", &e), LL_BAD_DATA);
}

/* --- tables --- */

static char *written_cell(const char *text)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    ll_csv_write(f, text);
    fclose(f);
    return out;
}

/* What is read where ll_csv_write wrote: the cell between two others. */
static char *read_cell(const char *cell)
{
    ll_csv c;
    ll_error e = {0};
    bool more;
    ll_str line = {0};
    ll_str_addf(&line, "a,%s,z\n", cell);
    char *back = NULL;
    if (!ll_csv_open_text(&c, "test", line.s, line.len, &e)) {
        c.separator = ',';
        if (!ll_csv_next(&c, &more, &e) && c.n == 3) back = ll_strdup(c.cells[1]);
        ll_csv_close(&c);
    }
    ll_str_free(&line);
    return back;
}

static void spreadsheets_run_no_cell(void)
{
    static const char *const texts[] = {
        "=cmd|'/C calc'!A0", "+1+cmd", "-x",   "@SUM(A1)", "\t=1", "\r=1", "\n=1",
        "\uff1d1+1",         "'=x",    "''=x", "-",        "--5",  "+"};
    static const char *const left[] = {"-5.25", "+3", "1e-3", "x=1", "'quoted'", "it's", "a-b", "", "5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *cell = written_cell(texts[i]), *back = read_cell(cell);
        CHECK_INT(cell[*cell == '"'], '\'');
        CHECK_STR(back, texts[i]);
        free(cell);
        free(back);
    }
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        char *cell = written_cell(left[i]), *back = read_cell(cell);
        CHECK_STR(cell, left[i]);
        CHECK_STR(back, left[i]);
        free(cell);
        free(back);
    }
}

static void any_cell_comes_back(void)
{
    static const char telling[] = "'=+-@\t\r\n\",;# ax1";
    ll_rng r = ll_rng_new(13, LL_STREAM_DATA);
    int bad = 0;
    for (int i = 0; i < 20000; i++) {
        char x[12];
        int n = ll_rng_below(&r, 11);
        for (int k = 0; k < n; k++) x[k] = telling[ll_rng_below(&r, sizeof telling - 1)];
        x[n] = 0;
        char *cell = written_cell(x), *back = read_cell(cell);
        if ((!back || strcmp(back, x)) && !bad++) CHECK_STR(back, x);
        free(cell);
        free(back);
    }
    CHECK_INT(bad, 0);
}

static void latin1_tables_are_read(void)
{
    ll_csv c;
    ll_error e = {0};
    bool more;
    const char *text = "arch,Ger\xe4t,\u00e4\n";
    CHECK_INT(ll_csv_open_text(&c, "test", text, strlen(text), &e), LL_OK);
    CHECK(c.repaired);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK_STR(c.cells[1], "Ger\u00e4t");
    CHECK_STR(c.cells[2], "\u00e4");
    ll_csv_close(&c);
}

/* A table of several windows, read through one of them, is the table read at once; whatever lies at the seams. */
static void streams_are_read_as_files(void)
{
    enum { RECORDS = 150000 };
    ll_csv a, b;
    ll_error e = {0};
    ll_str text = {0};
    bool more = true, also = true;
    char *path = ll_path_join(check_tmpdir(), "stream.csv");
    int n = 0;
    ll_str_add(&text, "\xef\xbb\xbfname;text;x\r\n");
    for (int i = 0; i < RECORDS; i++) {
        if (i % 7 == 0) ll_str_addf(&text, "# remark %d; \"open\n\n", i);
        ll_str_addf(&text, "n%d;\"a \"\"b\"\"\n;%d\";%d%s", i, i % 999, i, i % 2 ? "\n" : "\r\n");
    }
    CHECK_OK(ll_write_file(path, text.s, text.len, &e));
    CHECK_INT(ll_csv_open_text(&a, "text", text.s, text.len, &e), LL_OK);
    CHECK_INT(ll_csv_open_stream(&b, path, &e), LL_OK);
    while (!ll_csv_next(&a, &more, &e) && !ll_csv_next(&b, &also, &e) && more && also && n++ >= 0) {
        bool same = a.n == b.n && a.line == b.line;
        for (int i = 0; same && i < a.n; i++) same = !strcmp(a.cells[i], b.cells[i]);
        if (!same) {
            CHECK(!"the same record");
            break;
        }
    }
    CHECK_INT(n, RECORDS + 1);
    ll_csv_close(&a);
    ll_csv_close(&b);
    /* a comment that is longer than the window */
    ll_str_clear(&text);
    ll_str_add(&text, "x\n#");
    ll_str_repeat(&text, "7,7,7,7,", 1 << 20);
    ll_str_add(&text, "\n5\n");
    CHECK_OK(ll_write_file(path, text.s, text.len, &e));
    CHECK_INT(ll_csv_open_stream(&b, path, &e), LL_OK);
    for (n = 0; !ll_csv_next(&b, &also, &e) && also; n++) CHECK_INT(b.n, 1);
    CHECK_INT(n, 2);
    CHECK_INT(ll_csv_open_text(&a, "text", text.s, text.len, &e), LL_OK);
    more = false;
    CHECK(!more && !also);
    CHECK(!*e.message);
    ll_csv_close(&a);
    ll_csv_close(&b);
    ll_str_free(&text);
    free(path);
}

/* --- JSON --- */

/* A validator of our own, strict as RFC 8259: what cJSON lets pass would not be seen by itself. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++) {
        if ((unsigned char)*p < 32) return NULL;
        if (*p != '\\') continue;
        p++;
        if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") < 4) return NULL;
        if (!*p || !strchr("\"\\/bfnrtu", *p)) return NULL;
    }
    return p + 1;
}

static const char *skip_value(const char *p)
{
    if (*p == '"') return skip_string(p);
    if (*p != '{' && *p != '[') {
        size_t n = strspn(p, "0123456789+-.eEtruefalsn");
        return n ? p + n : NULL;
    }
    char end = *p == '{' ? '}' : ']';
    for (p++; p && *p != end;) {
        if (end == '}') p = *p == '"' ? skip_string(p) : NULL;
        if (p && end == '}') p = *p == ':' ? p + 1 : NULL;
        if (p) p = skip_value(p);
        if (p && *p != end) p = *p == ',' && p[1] != end ? p + 1 : NULL;
    }
    return p ? p + 1 : NULL;
}

static bool is_strict_json(const char *line)
{
    const char *end = skip_value(line);
    return end && !*end && ll_utf8_valid(line);
}

static void hostile_bytes(ll_rng *r, char *x, int most)
{
    static const char telling[] = "\"\\\x1b\x7f\x80\x9b\xc0\xc2\xe2\xed\xa0\xf4\xff\xae\xe4/{},:u";
    int n = ll_rng_below(r, most);
    for (int k = 0; k < n; k++)
        x[k] = ll_rng_below(r, 2) ? telling[ll_rng_below(r, sizeof telling - 1)]
                                  : (char)(1 + ll_rng_below(r, 255));
    x[n] = 0;
}

static cJSON *hostile_object(ll_rng *r)
{
    char key[16], value[24];
    cJSON *o = cJSON_CreateObject(), *list;
    hostile_bytes(r, key, 15);
    hostile_bytes(r, value, 23);
    ll_json_str(o, key, value);
    list = ll_json_arr(o, "list");
    ll_json_str(list, NULL, value);
    cJSON_AddItemToArray(list, ll_json_string(value));
    cJSON_AddItemToObject(o, key,
                          cJSON_CreateString(value)); /* as a text that was read from a file brings it */
    ll_json_num(o, "nan", NAN);
    return o;
}

static void json_is_valid(void)
{
    ll_rng r = ll_rng_new(14, LL_STREAM_DATA);
    char *path = ll_path_join(check_tmpdir(), "lines.jsonl");
    FILE *f = fopen(path, "wb");
    int bad = 0;
    for (int i = 0; i < 20000; i++) {
        cJSON *o = hostile_object(&r);
        char *line = ll_json_line(o), *text = ll_json_text(o);
        bad += !is_strict_json(line) || !ll_utf8_valid(text);
        for (const char *p = line; *p;) {
            uint32_t ch;
            p += ll_utf8_next(p, &ch);
            bad += ll_hidden(ch);
        }
        cJSON *back = cJSON_Parse(line);
        bad += !back;
        fprintf(f, "%s\n", line);
        cJSON_Delete(back);
        cJSON_Delete(o);
        free(line);
        free(text);
    }
    CHECK_INT(bad, 0);
    fclose(f);
    ll_str command = {0};
    ll_str_addf(
        &command,
        "python3 -c 'import json,sys\nfor l in open(sys.argv[1],\"rb\"): json.loads(l.decode(\"utf-8\"))' %s",
        path);
    if (system("python3 -c pass 2>/dev/null"))
        check_skip("no python3, whose JSON reader is stricter than cJSON's");
    else
        CHECK_INT(system(command.s), 0);
    ll_str_free(&command);
    free(path);
}

static void json_keeps_names_apart(void)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "a", "Ger\xe4t");
    ll_json_str(o, "b", "Ger\xe5t");
    ll_json_str(o, "c", "\u202e\x7f\U000e0041\u00e4");
    char *line = ll_json_line(o);
    CHECK_STR(line,
              "{\"a\":\"Ger\u00e4t\",\"b\":\"Ger\u00e5t\",\"c\":\"\\u202e\\u007f\\udb40\\udc41\u00e4\"}");
    cJSON *back = cJSON_Parse(line);
    CHECK_STR(ll_json_get_str(back, "c", ""), "\u202e\x7f\U000e0041\u00e4");
    cJSON_Delete(back);
    cJSON_Delete(o);
    free(line);
}

/* A file that some other program has written in Latin-1 is read, and a lone surrogate is a sentence. */
static void json_files_are_read(void)
{
    char *path = ll_path_join(check_tmpdir(), "latin1.json");
    ll_error e = {0};
    cJSON *o = NULL;
    CHECK_INT(ll_write_file(path, "{\"a\":\"\xe4\"}", 9, &e), LL_OK);
    CHECK_INT(ll_json_read_file(path, &o, &e), LL_OK);
    CHECK_STR(ll_json_get_str(o, "a", ""), "\u00e4");
    cJSON_Delete(o);
    CHECK_INT(ll_write_file(path, "{\"a\":\"\\ud800\"}", 14, &e), LL_OK);
    CHECK_INT(ll_json_read_file(path, &o, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "latin1.json");
    free(path);
}

static const check_case cases[] = {
    {"hidden characters are known", hidden_characters_are_known},
    {"names are checked", names_are_checked},
    {"spreadsheets run no cell", spreadsheets_run_no_cell},
    {"any cell comes back", any_cell_comes_back},
    {"tables in Latin-1 are read", latin1_tables_are_read},
    {"streams are read as files", streams_are_read_as_files},
    {"streams are read as files", streams_are_read_as_files},
    {"JSON is valid whatever came in", json_is_valid},
    {"JSON keeps names apart", json_keeps_names_apart},
    {"JSON files are read", json_files_are_read},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_text", cases, argc, argv);
}
