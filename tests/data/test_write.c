/* `write`: tables, matrices, maps and whole answers in files. */
#include "tests/say.h"

static char *file_in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* Runs `write NAME 'COMMAND'` and gives the file's text, NULL when it did not work. */
static char *written(ll_app *a, const char *name, const char *command)
{
    char *path = file_in_tmp(name), *text = NULL;
    size_t n;
    ll_str line = {0};
    ll_str_addf(&line, "write %s '%s' force=on", path, command);
    if (say(a, ll_str_text(&line)) || ll_read_file(path, 0, &text, &n, NULL)) text = NULL;
    ll_str_free(&line);
    free(path);
    return text;
}

static int lines_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

static void every_shape_becomes_a_table(void)
{
    make_toy(); /* five devices, 150 architectures */
    ll_app *a = app_new();
    SAY(a, "load toy");
    char *rows = written(a, "rows.csv", "devices"), *matrix = written(a, "matrix.csv", "corr order=file"),
         *map = written(a, "map.csv", "map"), *fields = written(a, "fields.csv", "info"),
         *json = written(a, "arch.json", "arch 5");
    CHECK(!strstr(said, "\"kind\":\"arch\"")); /* what is written is not shown as well */
    if (CHECK(rows && matrix && map && fields && json)) {
        CHECK_INT(lines_of(rows), 6); /* a head and five devices */
        CHECK_HAS(rows, "name,tag,role,kind,n,");
        CHECK_INT(lines_of(matrix), 6);
        CHECK(!strncmp(matrix, "device,", 7));
        CHECK_HAS(matrix, ",1,"); /* of the diagonal */
        CHECK_INT(lines_of(map), 151);
        CHECK(!strncmp(map, "row,x,y\n0,", 10));
        CHECK_INT(lines_of(fields), 2);
        CHECK_HAS(json, "\"kind\":\"arch\"");
        CHECK_HAS(json, "\"row\":5");
    }
    free(rows), free(matrix), free(map), free(fields), free(json);
    ll_app_free(a);
}

static void what_cannot_be_written_says_so(void)
{
    ll_app *a = app_new();
    char *path = file_in_tmp("kept.csv"), *text = NULL;
    size_t n;
    CHECK(!ll_write_file(path, "kept", 4, NULL));
    CHECK(!written(a, "kept.csv", "no such command"));
    CHECK_HAS(said, "no command 'no'");
    CHECK(!written(a, "kept.csv", "corr")); /* nothing is loaded */
    if (CHECK(!ll_read_file(path, 0, &text, &n, NULL))) CHECK_STR(text, "kept");
    CHECK(!written(a, "no/such/folder/x.csv", "spaces"));
    free(text);
    free(path);
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {{"every shape becomes a table", every_shape_becomes_a_table},
                                       {"what cannot be written says so", what_cannot_be_written_says_so},
                                       {0}};
    return check_main("test_write", cases, argc, argv);
}
