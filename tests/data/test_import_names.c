/* Which architecture a line of a table is of: a number means one thing, and columns that name architectures agree. What
 * latlab writes about architectures it reads back as the same ones. */
#include <stdlib.h>

#include "core/base/text/csv.h"
#include "data/datasets/folder.h"
#include "tests/say.h"

/* Rows are not canonical indices here: row 0 is index 1462. */
static const char table[] = "arch,phone\n1462,10\n9,11\n77,12\n15000,13\n";

static ll_app *world(void)
{
    ll_app *a = app_new();
    ll_str path = {0}, line = {0};
    ll_str_addf(&path, "%s/d.csv", check_tmpdir());
    CHECK_OK(ll_write_file(path.s, table, strlen(table), NULL));
    ll_str_addf(&line, "import csv %s as d space=nasbench201 unit=ms", path.s);
    SAY(a, line.s);
    SAY(a, "load d");
    ll_str_free(&line);
    ll_str_free(&path);
    return a;
}

static char *cell_of(int index)
{
    const ll_space *s = ll_space_find("nasbench201");
    uint8_t gene[LL_MAX_POSITIONS];
    ll_str text = {0};
    CHECK(s->at(s, index, gene));
    s->format(s, gene, &text);
    return ll_str_take(&text);
}

/* "@N" in a table is the string of cell N. */
static ll_status import(ll_app *a, const char *text, const char *how)
{
    ll_str whole = {0}, path = {0}, line = {0};
    for (; *text; text++) {
        if (*text != '@') {
            ll_str_addc(&whole, *text);
            continue;
        }
        char *end, *cell = cell_of((int)strtol(text + 1, &end, 10));
        ll_str_add(&whole, cell);
        free(cell);
        text = end - 1;
    }
    ll_str_addf(&path, "%s/in.csv", check_tmpdir());
    CHECK_OK(ll_write_file(path.s, whole.s, whole.len, NULL));
    ll_str_addf(&line, "import csv %s %s", path.s, how);
    ll_status s = say(a, line.s);
    ll_str_free(&whole);
    ll_str_free(&path);
    ll_str_free(&line);
    return s;
}

static double stored(const char *dataset, const char *device, int index)
{
    char *data = ll_path_join(check_tmpdir(), "data"), *dir = ll_path_join(data, dataset),
         *cell = cell_of(index);
    ll_dataset *d = NULL;
    CHECK_OK(ll_folder_load(dir, &d, NULL));
    int row = -1, j = ll_dataset_device(d, device);
    uint8_t gene[LL_MAX_POSITIONS];
    CHECK_OK(ll_space_parse(d->space, cell, gene, NULL));
    row = ll_dataset_row(d, gene);
    double x = row < 0 || j < 0 ? NAN : ll_latencies(d, j)[row];
    ll_dataset_unref(d);
    free(cell);
    free(dir);
    free(data);
    return x;
}

static void columns_that_agree_are_read(void)
{
    static const char *const tables[] = {
        "arch,row,latency_ms\n@9,1,5\n@77,2,6\n",
        "row,string,latency_ms\n1,@9,5\n2,@77,6\n",
        "arch,string,latency_ms\n9,@9,5\n77,@77,6\n",
        "row,latency_ms\n1,5\n2,6\n",
        "arch,row,latency_ms\n9.0,1.0,5\n77.0,2.0,6\n",
        "arch_index,cell,latency_ms\n9,@9,5\n77,@77,6\n",
        "index,arch,row,latency_ms\n0,@9,1,5\n1,@77,,6\n" /* labels of a data frame */,
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_app *a = world();
        if (!CHECK_OK(import(a, tables[i], "into d device=mine unit=ms")))
            printf("%s\n%s\n", tables[i], said);
        CHECK_NEAR(stored("d", "mine", 9), 5, 0);
        CHECK_NEAR(stored("d", "mine", 77), 6, 0);
        CHECK_NEAR(stored("d", "mine", 1462), NAN, 0);
        CHECK_HAS(said, "\"archs\":4,");
        ll_app_free(a);
    }
}

static void contradictions_are_refused(void)
{
    static const struct {
        const char *table, *why;
    } tables[] = {
        {"arch,row,latency_ms\n@9,1,5\n@77,0,6\n", "line 3: column row says 0, which is"},
        {"arch,string,latency_ms\n0,@1462,5\n1,@9,6\n", "line 2: column string says"},
        {"arch,arch_index,latency_ms\n@9,9,5\n@77,78,6\n", "line 3: column arch_index says 78, which is"},
        {"index,cell,latency_ms\n9,@9,5\n78,@77,6\n", "line 3: column index says 78"},
        {"arch,row,latency_ms\n@9,9,5\n", "says"}};
    ll_app *a = world();
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (i == 4) { /* a row that there is not says nothing */
            CHECK_OK(import(a, tables[i].table, "into d device=last unit=ms"));
            break;
        }
        CHECK_INT(import(a, tables[i].table, "into d device=mine unit=ms"), LL_BAD_DATA);
        CHECK_HAS(said, tables[i].why);
        CHECK_HAS(said, "two architectures");
        CHECK_NEAR(stored("d", "phone", 9), 11, 0);
        CHECK(isnan(stored("d", "mine", 9)));
    }
    /* the user says which one counts */
    CHECK_OK(import(a, tables[0].table, "into d device=mine unit=ms arch=arch"));
    CHECK_NEAR(stored("d", "mine", 77), 6, 0);
    ll_app_free(a);
}

static void rows_need_a_dataset(void)
{
    ll_app *a = world();
    CHECK_INT(import(a, "row,latency_ms\n1,5\n", "as x space=nasbench201 device=m unit=ms"), LL_BAD_DATA);
    CHECK_HAS(said, "into NAME");
    CHECK_INT(import(a, "row,latency_ms\n4,5\n", "into d device=m unit=ms"), LL_BAD_DATA);
    CHECK_HAS(said, "d has rows 0..3, not 4");
    CHECK_OK(import(a, "arch,latency_ms\nx_y_x,5\ny_y_x,6\n",
                    "as chain space=xy positions=3 ops=x,y device=m unit=ms"));
    CHECK_INT(import(a, "arch,latency_ms\n1,5\n", "into chain device=q unit=ms"), LL_BAD_DATA);
    CHECK_HAS(said, "1 is one architecture as row of chain and another one in the space xy");
    CHECK_OK(import(a, "row,latency_ms\n1,5\n", "into chain device=q unit=ms"));
    ll_app_free(a);
}

static char *in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* Every file about architectures begins alike, and what is filled in lands where it was measured. */
static void what_is_written_comes_back(void)
{
    ll_app *a = world();
    char *path = in_tmp("samples.csv");
    ll_str line = {0}, filled = {0};
    ll_csv c;
    bool more;
    SAY(a, "sample k=3 seed=2");
    ll_str_addf(&line, "write %s 'sample show'", path);
    SAY(a, line.s);
    CHECK_OK(ll_csv_open(&c, path, NULL));
    CHECK_OK(ll_csv_next(&c, &more, NULL));
    CHECK_STR(c.cells[0], "arch");
    CHECK_STR(c.cells[1], "row");
    CHECK_STR(c.cells[2], "mmacs");
    ll_str_add(&filled, "arch,row,mmacs,lat_ms\n");
    for (int n = 0; !ll_csv_next(&c, &more, NULL) && more; n++)
        ll_str_addf(&filled, "%s,%s,%s,%d\n", c.cells[0], c.cells[1], c.cells[2], 100 + atoi(c.cells[1]));
    ll_csv_close(&c);
    CHECK_OK(import(a, filled.s, "into d device=mine unit=ms"));
    static const int index[] = {1462, 9, 77, 15000};
    for (int row = 0, n = 0; row < 4; row++) {
        double x = stored("d", "mine", index[row]);
        n += !isnan(x);
        CHECK(isnan(x) || x == 100 + row);
        if (row == 3) CHECK_INT(n, 3);
    }
    ll_str_free(&line);
    ll_str_free(&filled);
    free(path);
    ll_app_free(a);
}

/* Accuracies of the table go along; those of no row are empty. */
static void predictions_say_what_is_known(void)
{
    ll_app *a = world();
    char *out = in_tmp("p.csv"), *text;
    ll_str line = {0};
    size_t n;
    CHECK_OK(import(a, "arch,phone,tab,box\n1462,10,20,31\n9,11,22,33\n77,12,24,36\n15000,13,27,39\n",
                    "as three space=nasbench201 unit=ms"));
    char *scores = in_tmp("acc.csv");
    static const char accuracies[] = "arch,top1\n1462,93.5\n9,91\n";
    CHECK_OK(ll_write_file(scores, accuracies, strlen(accuracies), NULL));
    ll_str_addf(&line, "import accuracy %s into three metric=top1", scores);
    SAY(a, line.s);
    SAY(a, "load three");
    SAY(a, "partition source=phone,tab target=box");
    SAY(a, "pretrain flops");
    SAY(a, "transfer box k=2 seed=1");
    ll_str_clear(&line);
    ll_str_addf(&line, "predict box archs=9,5 out=%s", out);
    SAY(a, line.s);
    text = read_text(out, &n);
    CHECK_HAS(text, "arch,row,mmacs,top1,score,predicted_ms,lo_ms,hi_ms,measured_ms\n");
    CHECK_HAS(text, ",91,");    /* of cell 9 */
    CHECK(strstr(text, ",1,")); /* and its row */
    /* beside a table a number is a row of it and nothing else */
    SAY(a, "predict box arch=1");
    CHECK_HAS(said, "\"row\":1");
    CHECK(say(a, "predict box arch=9") != LL_OK);
    CHECK_HAS(said, "three has architectures 0 to 3, there is no 9");
    ll_str_free(&line);
    free(text);
    free(scores);
    free(out);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"columns that agree are read", columns_that_agree_are_read},
    {"contradictions are refused", contradictions_are_refused},
    {"rows need a dataset", rows_need_a_dataset},
    {"what is written comes back", what_is_written_comes_back},
    {"predictions say what is known", predictions_say_what_is_known},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_names", cases, argc, argv);
}
