/* Architectures that are numbers: their spaces, the tables they come in (HAT), and what works on them. */
#include "tests/say.h"

#include "core/space/files/space_json.h"
#include "core/space/own/numbers.h"
#include "data/datasets/folder.h"
#include "data/importers/import.h"

/* --- spaces --- */

static const double widths[] = {512, 640}, layers[] = {1, 2, 3, 6}, ratios[] = {.1, 1 / 3., 2.5};
static const ll_numbers columns[] = {{"width", LL_COLUMN_WIDTH, widths, 2},
                                     {"layers", LL_COLUMN_COUNT, layers, 4},
                                     {"ratio", LL_COLUMN_RATIO, ratios, 3}};

static void a_column_is_a_position(void)
{
    static const char *const forms[] = {"640|3|0.3333333333333333", "640, 3, .33333333333333333",
                                        "['640', '3.0', '0.3333333333333333']", "(640 3 0.333333333333)"};
    ll_error e = {0};
    const ll_space *s = ll_numbers_define("numbers", columns, 3, &e);
    CHECK(s != NULL);
    CHECK(s == ll_numbers_define("numbers", columns, 3, &e));
    CHECK(s == ll_space_find("numbers"));
    uint8_t gene[LL_MAX_POSITIONS];
    ll_str text = {0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        memset(gene, 9, sizeof gene);
        CHECK_OK(ll_space_parse(s, forms[i], gene, &e));
        CHECK(gene[0] == 1 && gene[1] == 2 && gene[2] == 1);
    }
    s->format(s, gene, &text);
    CHECK_STR(text.s, forms[0]);
    ll_str_free(&text);
    ll_graph g;
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    CHECK_INT(g.n_nodes, 5);
    CHECK_INT(g.op[2], 2 + 2);
    CHECK_STR(ll_space_node_op(s, g.op[2]), "layers=3");
    ll_cost cost;
    CHECK(!ll_space_cost(s, gene, &cost));
}

static void what_is_no_architecture_is_named(void)
{
    static const struct {
        const char *text, *why;
    } bad[] = {{"640|4|2.5", "has the layers 4, the nearest value is 3"},
               {"640|3", "number 3 of 3 (ratio) is wrong at \"\""},
               {"640|3|2.5|1", "more than the 3 numbers"},
               {"640|three|2.5", "number 2 of 3 (layers) is wrong at \"three"},
               {"640|3x|2.5", "\"x|2.5\" is no number"},
               {"nan|3|2.5", "number 1 of 3 (width) is wrong"},
               {"", "number 1 of 3"}};
    const ll_space *s = ll_numbers_define("numbers", columns, 3, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        CHECK_INT(ll_space_parse(s, bad[i].text, gene, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].why);
    }
}

static void definitions_are_checked(void)
{
    double many[LL_NUMBERS_MOST + 1];
    for (int i = 0; i <= LL_NUMBERS_MOST; i++) many[i] = i;
    const struct {
        const char *name;
        ll_numbers columns[2];
        int n;
        const char *why;
    } bad[] = {
        {"nasbench201", {columns[0]}, 1, "a search space of operations already"},
        {"num bers", {columns[0]}, 1, "cannot name a search space"},
        {"none", {columns[0]}, 0, "0 columns"},
        {"none", {columns[0], columns[0]}, 2, "the column width comes twice"},
        {"none", {{"a b", 0, widths, 2}}, 1, "cannot name a column"},
        {"none", {{"a", 0, many, LL_NUMBERS_MOST + 1}}, 1, "251 distinct values: expected 1..250"},
        {"none", {{"a", 0, (double[]){2, 1}, 2}}, 1, "not finite and ascending"},
        {"none", {{"a", 0, (double[]){1, INFINITY}, 2}}, 1, "not finite and ascending"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        CHECK(!ll_numbers_define(bad[i].name, bad[i].columns, bad[i].n, &e));
        CHECK_HAS(e.message, bad[i].why);
    }
    ll_error e = {0};
    CHECK(ll_numbers_define("numbers", columns, 3, NULL) != NULL);
    CHECK(!ll_space_define("numbers", 2, (char *[]){(char *)"a"}, 1, &e));
    CHECK_HAS(e.message, "a search space of numbers already");
    /* as many node operations as a byte holds, however many values there are */
    ll_numbers wide[] = {{"a", 0, many, 250}, {"b", 0, many, 250}, {"c", 0, many, 1}};
    const ll_space *s = ll_numbers_define("wide-numbers", wide, 3, &e);
    CHECK(s && ll_space_node_ops(s) <= LL_MAX_NODE_OPS);
    uint8_t last[LL_MAX_POSITIONS] = {249, 249, 0};
    ll_graph g;
    CHECK(s->graph(s, last, LL_GRAPH_FULL, &g) && g.op[2] < g.op[3] && g.op[3] < ll_space_node_ops(s));
}

static void spaces_are_stored_and_grow(void)
{
    static const double more[] = {1, 4, 6};
    ll_numbers other[3];
    ll_error e = {0};
    memcpy(other, columns, sizeof other);
    other[1].v = more;
    other[1].n = 3;
    const ll_space *a = ll_numbers_define("growing", columns, 3, &e),
                   *b = ll_numbers_define("growing", other, 3, &e), *both = ll_numbers_union(a, b, &e);
    CHECK(a && b && both && a != b && both != a);
    CHECK_INT(both->n_choices[1], 5);
    CHECK(ll_space_find("growing") == both);
    CHECK(ll_numbers_union(both, a, &e) == both);
    uint8_t gene[LL_MAX_POSITIONS] = {1, 2, 0};
    ll_numbers_translate(b, both, gene, gene);
    CHECK_INT(gene[1], 4);
    cJSON *json = ll_space_json(both);
    const ll_space *again = NULL;
    char *text = ll_json_line(json);
    cJSON *read = cJSON_Parse(text);
    CHECK_OK(ll_space_from_json(read, &again, &e));
    CHECK(again == both);
    cJSON_Delete(read);
    cJSON_Delete(json);
    free(text);
    static const char *const bad[] = {
        "{\"name\":\"x\",\"columns\":[]}", "{\"name\":\"x\",\"columns\":7}",
        "{\"name\":\"x\",\"columns\":[7]}",
        "{\"name\":\"x\",\"columns\":[{\"name\":\"a\",\"kind\":\"b\",\"values\":[1]}]}",
        "{\"name\":\"x\",\"columns\":[{\"name\":\"a\",\"values\":[1,null]}]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        read = cJSON_Parse(bad[i]);
        CHECK_INT(ll_space_from_json(read, &again, &e), LL_BAD_DATA);
        CHECK(!again);
        cJSON_Delete(read);
    }
}

/* --- tables --- */

static const char *put(const char *name, const char *text)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_OK(ll_write_file(path, text, strlen(text), NULL));
    return path;
}

static ll_status import(ll_app *a, const char *name, const char *table, const char *rest)
{
    ll_str line = {0};
    ll_str_addf(&line, "import csv %s %s", put(name, table), rest);
    ll_status s = say(a, line.s);
    ll_str_free(&line);
    return s;
}

static const char hat[] = "width,layers_num,latency_mean_encoder,latency_mean_decoder,latency_std_encoder,"
                          "latency_std_decoder\n"
                          "512,6,199.1,593.3,3,4\n640,6,222.3,710.3,9.1,38.3\n512,5.5,225.6,333.9,1.3,1.7\n";
static const char other[] = " width , layers_num,latency\n768,1,10\n512,6,20\n640,2.25,30\n";

static ll_dataset *stored(ll_app *a, const char *name)
{
    ll_dataset *d = NULL;
    char *path = ll_path_join(ll_app_data_dir(a), name);
    CHECK_OK(ll_folder_load(path, &d, NULL));
    free(path);
    return d;
}

static void encoder_and_decoder_are_summed(void)
{
    ll_app *a = app_new();
    CHECK_OK(import(a, "phone.csv", hat, "as two features=auto unit=ms"));
    ll_dataset *d = stored(a, "two");
    int sum = ll_dataset_device(d, "phone"), row = 0;
    CHECK_INT(d->n_devices, 3);
    CHECK_OK(ll_dataset_find_arch(d, "512|6", &row, NULL));
    CHECK_NEAR(ll_latencies(d, sum)[row], 792.4, 1e-9);
    CHECK_NEAR(d->std_ms[sum * d->n_archs + row], 5, 1e-12);
    CHECK_NEAR(ll_latencies(d, ll_dataset_device(d, "phone_decoder"))[row], 593.3, 0);
    CHECK_NEAR(d->std_ms[ll_dataset_device(d, "phone_encoder") * d->n_archs + row], 3, 0);
    CHECK_INT(d->space->facts->columns[1].kind, LL_COLUMN_COUNT);
    ll_dataset_unref(d);
    /* another device with other values: one of its three architectures is there already */
    CHECK_OK(import(a, "o.csv", other, "into two unit=ms device=board"));
    d = stored(a, "two");
    CHECK_INT(d->n_archs, 5);
    CHECK_INT(d->space->n_choices[0], 3);
    CHECK_OK(ll_dataset_find_arch(d, "512|6", &row, NULL));
    CHECK_NEAR(ll_latencies(d, ll_dataset_device(d, "board"))[row], 20, 0);
    CHECK_NEAR(ll_latencies(d, sum)[row], 792.4, 1e-9);
    ll_dataset_unref(d);
    ll_app_free(a);
}

/* What latlab writes of such a dataset has the numbers in one string. */
static void exports_come_back(void)
{
    ll_app *a = app_new();
    ll_str line = {0};
    char *csv = ll_path_join(check_tmpdir(), "export.csv");
    CHECK_OK(import(a, "phone.csv", hat, "as back features=auto unit=ms"));
    ll_dataset *d = stored(a, "back");
    SAY(a, "load back");
    ll_str_addf(&line, "export csv %s", csv);
    SAY(a, line.s);
    ll_str_clear(&line);
    ll_str_addf(&line, "import csv %s into back unit=ms", csv);
    SAY(a, line.s);
    CHECK_HAS(said, "3 of 3 common latencies agree");
    ll_dataset *again = stored(a, "back");
    CHECK_STR(again->hash.hex, d->hash.hex);
    CHECK_OK(import(a, "todo.csv", "architecture,row,latency_ms,std_ms,teaches_percent\n640|6,1,7,,4.79\n",
                    "into back device=mine unit=ms"));
    ll_dataset_unref(again);
    again = stored(a, "back");
    CHECK_NEAR(ll_latencies(again, ll_dataset_device(again, "mine"))[1], 7, 0);
    ll_dataset_unref(again);
    ll_dataset_unref(d);
    ll_str_free(&line);
    free(csv);
    ll_app_free(a);
}

static void bad_tables_are_refused(void)
{
    static const struct {
        const char *table, *rest, *why;
    } bad[] = {
        {"width,kind,latency\n1,2,3\n4,big,6\n", "as bad features=auto unit=ms device=x",
         "line 3: \\\"big\\\" in column kind is no number"},
        {"width,layers,latency\n1,nan,3\n", "as bad features=auto unit=ms device=x", "line 2: \\\"nan\\\""},
        {"width,layers,latency\n1,,3\n", "as bad features=auto unit=ms device=x", "line 2: \\\"\\\""},
        {"width,layers,latency\n1,2\n", "as bad features=auto unit=ms device=x", "line 2: 2 cells"},
        {"width,layers,latency\n1,2,3\n1,2,4\n", "as bad features=auto unit=ms device=x",
         "stands in line 2 already"},
        {"width,layers,latency\n1,2,3\n", "as bad features=width,depth unit=ms device=x",
         "no column is called \\\"depth\\\""},
        {"width,layers,latency\n1,2,3\n", "as bad features=width:tall unit=ms device=x", "is no kind"},
        {"latency,std\n1,2\n", "as bad features=auto unit=ms device=x",
         "no column describes an architecture"},
        {"width,layers,latency\n", "as bad features=auto unit=ms device=x", "a header and no row"},
        {"", "as bad features=auto unit=ms device=x", "is empty"},
        {"width,layers,latency\n1,2,3\n", "as bad features=auto device=x", "in which unit"},
        {"width,latency\n1,3\n", "into two unit=ms device=x", "no column is called \\\"layers_num\\\""},
        {"width,layers,latency\n1,2,3\n", "as bad space=fbnet features=auto unit=ms device=x",
         "a search space of operations already"},
    };
    ll_app *a = app_new();
    CHECK_OK(import(a, "phone.csv", hat, "as two features=auto unit=ms"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(import(a, "bad.csv", bad[i].table, bad[i].rest) != LL_OK);
        CHECK_HAS(said, bad[i].why);
    }
    ll_str many = {0};
    ll_str_add(&many, "width,latency\n");
    for (int i = 0; i < 300; i++) ll_str_addf(&many, "%d,1\n", i);
    CHECK_INT(import(a, "bad.csv", many.s, "as bad features=auto unit=ms device=x"), LL_BAD_DATA);
    CHECK_HAS(said, "line 252: column width has more than 250 distinct values");
    ll_str_free(&many);
    ll_app_free(a);
}

/* A machine whose widths are odd or even multiples of 64, so that two share no architecture. */
static void add_machine(ll_str *text, int odd, double overhead)
{
    ll_str_add(text, "width,layers,act,latency\n");
    for (int w = 1 + odd; w <= 16; w += 2)
        for (int depth = 1; depth <= 12; depth++)
            for (int act = 0; act < 3; act++)
                ll_str_addf(text, "%d,%d,%d,%.6g\n", 64 * w, depth, act,
                            overhead + depth * (w + (act == 1 ? 4. : 0)));
}

static void add_accuracies(ll_app *a)
{
    ll_str text = {0}, line = {0};
    ll_str_add(&text, "arch,top1\n");
    for (int w = 1; w <= 16; w++)
        for (int depth = 1; depth <= 12; depth++)
            for (int act = 0; act < 3; act++)
                ll_str_addf(&text, "%d|%d|%d,%d\n", 64 * w, depth, act, 40 + w + 2 * depth + act);
    ll_str_addf(&line, "import accuracy %s into far metric=top1", put("accuracy.csv", text.s));
    SAY(a, line.s);
    ll_str_free(&text);
    ll_str_free(&line);
}

static void devices_without_a_common_architecture_transfer(void)
{
    ll_app *a = app_new();
    ll_str one = {0}, two = {0};
    add_machine(&one, 1, 1);
    add_machine(&two, 0, 20);
    CHECK_OK(import(a, "one.csv", one.s, "as far features=width,layers,act:category unit=ms device=one"));
    CHECK_OK(import(a, "two.csv", two.s, "into far unit=ms device=two"));
    SAY(a, "load far");
    SAY(a, "corr");
    CHECK_HAS(said, "fewer than 2 common architectures");
    SAY(a, "map");
    CHECK_HAS(said, "\"encoding\":\"numbers\"");
    SAY(a, "partition source=one target=two");
    SAY(a, "pretrain gp n=256");
    SAY(a, "transfer two k=10");
    SAY(a, "eval two");
    cJSON *result = said_result("eval");
    CHECK_NEAR(ll_json_get_num(result, "spearman", 0), 1, .03);
    cJSON_Delete(result);
    add_accuracies(a);
    SAY(a, "search two max=60ms score=top1");
    result = said_result("search");
    CHECK(ll_json_get_num(result, "evaluations", 0) == 576);
    CHECK(ll_json_get_num(result, "ms", 99) < 60);
    cJSON_Delete(result);
    SAY(a, "pretrain ridge");
    SAY(a, "transfer two k=10");
    int beyond = 0; /* what is beyond the limit has no regret */
    for (int max = 25; max < 90; max += 5) {
        ll_str line = {0};
        ll_str_addf(&line, "search two max=%dms score=top1 predictor=ridge", max);
        SAY(a, line.s);
        result = said_result("search");
        bool violated = cJSON_IsTrue(cJSON_GetObjectItem(result, "violation"));
        CHECK(!violated || cJSON_IsNull(cJSON_GetObjectItem(result, "regret")));
        beyond += violated;
        cJSON_Delete(result);
        ll_str_free(&line);
    }
    CHECK(beyond > 0);
    SAY(a, "search two max=60ms score=top1 verify=3 predictor=ridge");
    CHECK(!strstr(said, "nan"));
    SAY(a,
        "search two max=60ms score=top1 predictor=gp method=random"); /* also of architectures that no table has */
    ll_str_free(&one);
    ll_str_free(&two);
    ll_app_free(a);
}

/* What cannot be is said in a sentence, and nothing is said of numbers that there are not. */
static void devices_without_a_common_architecture_are_spoken_of(void)
{
    ll_app *a = app_new();
    ll_str one = {0}, two = {0};
    ll_app_register(a, ll_diagnose_commands);
    add_machine(&one, 1, 1);
    add_machine(&two, 0, 20);
    CHECK_OK(import(a, "one.csv", one.s, "as apart features=width,layers,act:category unit=ms device=one"));
    CHECK_OK(import(a, "two.csv", two.s, "into apart unit=ms device=two"));
    CHECK_OK(import(a, "two.csv", two.s, "into apart unit=ms device=like_two"));
    SAY(a, "load apart");
    SAY(a, "partition source=one target=two");
    CHECK_HAS(said, "Spearman across: n/a, source and target share too few architectures");
    CHECK(!strstr(said, "nan"));
    SAY(a, "pretrain help episodes=2 support=5");
    CHECK_INT(say(a, "transfer two k=8"), LL_FAILED);
    CHECK_HAS(said, "help needs its 10 reference architectures measured on two as well, and has 0 of them");
    SAY(a, "pretrain gp");
    SAY(a, "transfer two k=8");
    SAY(a, "diagnose two out=none");
    CHECK_HAS(said, "no source has two of them");
    CHECK(!strstr(said, "every operation was seen"));
    CHECK(!strstr(said, "nan"));
    SAY(a, "partition source=one,like_two target=two");
    CHECK_INT(say(a, "pretrain help episodes=2 support=5"), LL_FAILED);
    CHECK_HAS(said, "needs 10 reference architectures that every source device has, and the 2 share 0");
    SAY(a, "pretrain metasgd episodes=2 support=5");
    SAY(a, "transfer two k=8");
    ll_str_free(&one);
    ll_str_free(&two);
    ll_app_free(a);
}

static void hat_transfers(void)
{
    const char *shared = check_shared("upstream/HAT/wmt14ende_cpu_xeon_all.csv");
    ll_app *a;
    ll_str line = {0};
    if (!shared) return;
    a = app_new();
    ll_str_addf(&line, "import csv %s as hat features=auto unit=ms device=xeon", shared);
    SAY(a, line.s);
    ll_str_clear(&line);
    shared = check_shared("upstream/HAT/wmt14ende_gpu_titanxp_all.csv");
    ll_str_addf(&line, "import csv %s into hat unit=ms device=titanxp", shared);
    SAY(a, line.s);
    SAY(a, "load hat");
    SAY(a, "partition source=xeon target=titanxp");
    SAY(a, "pretrain gp");
    SAY(a, "transfer titanxp k=20");
    SAY(a, "eval titanxp");
    cJSON *result = said_result("eval");
    CHECK(ll_json_get_num(result, "spearman", 0) > .95);
    cJSON_Delete(result);
    SAY(a, "predict titanxp top=3");
    SAY(a, "arch 4");
    ll_str_free(&line);
    ll_app_free(a);
}

/* Sums of tenths, and the same file again: what JSON writes with 15 digits is read back as the same value. */
static void nearly_equal_numbers_are_one(void)
{
    static const char near[] = "w,ratio,lat_ms\n1,0.3,1\n2,0.30000000000000004,2\n3,0.5,3\n";
    static const double a[] = {1, 2}, b[] = {1 + 1e-13, 2, 3};
    ll_numbers one = {"w", LL_COLUMN_WIDTH, a, 2}, more = {"w", LL_COLUMN_WIDTH, b, 3};
    ll_error e = {0};
    const ll_space *s = ll_numbers_define("near", &one, 1, &e), *t = ll_numbers_define("near", &more, 1, &e),
                   *both = ll_numbers_union(s, t, &e);
    CHECK_INT(both->n_choices[0], 3);
    uint8_t gene[LL_MAX_POSITIONS] = {2};
    CHECK(ll_numbers_translate(t, both, gene, gene));
    CHECK_INT(gene[0], 2);
    CHECK(!ll_numbers_translate(both, s, gene, gene)); /* 3 is no value of it */
    ll_app *app = app_new();
    CHECK_OK(import(app, "near.csv", near, "as nearby features=w,ratio unit=ms device=one"));
    CHECK_OK(import(app, "near.csv", near, "into nearby unit=ms device=two"));
    SAY(app, "load nearby");
    ll_dataset *d = stored(app, "nearby");
    CHECK_INT(d->n_archs, 3);
    CHECK_INT(d->space->n_choices[1], 2);
    ll_dataset_unref(d);
    CHECK_INT(import(app, "far.csv", "w,lat_ms\n1,1\n1.7e308,2\n", "as far features=w unit=ms device=d"),
              LL_BAD_DATA);
    ll_app_free(app);
}

/* A name that ends in a unit is of something measured, and what came of every column is said before anything is written. */
static void what_has_a_unit_is_measured(void)
{
    static const char table[] = "width,layers,phone_ms,server_us,chip (ms)\n64,1,2,300,4\n96,2,3,400,5\n";
    ll_app *a = app_new();
    char *folder = ll_path_join(ll_app_data_dir(a), "units");
    CHECK_OK(import(a, "units.csv", table, "as units features=auto unit=ms dry=on"));
    CHECK_HAS(said, "taken as numbers of an architecture: width, layers (count)\"");
    CHECK_HAS(said, "taken as devices: phone_ms in ms, server_us in ms, chip (ms) in ms\"");
    CHECK_HAS(said, "nothing was written (dry=on)");
    CHECK(!ll_is_dir(folder));
    CHECK_OK(import(a, "units.csv", table, "as units features=auto unit=ms"));
    ll_dataset *d = stored(a, "units");
    CHECK_INT(d->space->n_positions, 2);
    CHECK_INT(d->n_devices, 3);
    ll_dataset_unref(d);
    CHECK_OK(import(a, "more.csv", "width,layers,gpu_ms\n128,1,2\n", "into units unit=ms dry=on"));
    CHECK_HAS(said, "\"new_archs\":1");
    d = stored(a, "units");
    CHECK_INT(d->n_devices, 3);
    CHECK_INT(d->n_archs, 2);
    ll_dataset_unref(d);
    free(folder);
    ll_app_free(a);
}

/* Twelve architectures, and what gp says of device two from three of them. */
static ll_app *transferring_app(const char *dataset)
{
    ll_str table = {0}, line = {0};
    ll_app *a = app_new();
    ll_str_add(&table, "w,l,one,two\n");
    for (int i = 0; i < 12; i++)
        ll_str_addf(&table, "%d,%d,%d,%d\n", 100 * (1 + i % 4), 1 + i / 4, i + 3, 2 * i + 5);
    ll_str_addf(&line, "as %s features=w,l unit=ms", dataset);
    CHECK_OK(import(a, "small.csv", table.s, line.s));
    ll_str_clear(&line);
    ll_str_addf(&line, "load %s", dataset);
    SAY(a, line.s);
    SAY(a, "partition source=one target=two");
    SAY(a, "pretrain gp");
    SAY(a, "sample add 100|1 300|2 400|3");
    SAY(a, "transfer two");
    ll_str_free(&line);
    ll_str_free(&table);
    return a;
}

/* Row by row the choices are the same, and no architecture is. */
static void likeness_is_of_the_same_values(void)
{
    ll_app *a = app_new();
    ll_str one = {0}, two = {0}, three = {0};
    ll_str_add(&one, "w,l,phone\n");
    ll_str_add(&two, "w,l,tablet\n");
    ll_str_add(&three, "w,l,watch\n");
    for (int i = 0; i < 12; i++) {
        ll_str_addf(&one, "%d,%d,%d\n", i + 1, 10 * i + 10, i + 1);
        ll_str_addf(&two, "%d,%d,%d\n", i + 101, 10 * i + 1010, i + 1);
        ll_str_addf(&three, "%d,%d,%d\n", i + 1, 10 * i + 10, 2 * i + 1);
    }
    CHECK_OK(import(a, "one.csv", one.s, "as alike features=w,l unit=ms"));
    CHECK_OK(import(a, "two.csv", two.s, "into alike unit=ms"));
    CHECK(!strstr(said, "looks like"));
    CHECK_OK(import(a, "three.csv", three.s, "into alike unit=ms"));
    CHECK_HAS(said, "watch looks like phone of alike (Spearman 1.000 on 12 shared architectures)");
    ll_str_free(&one);
    ll_str_free(&two);
    ll_str_free(&three);
    ll_app_free(a);
}

/* What was predicted in a session belongs to its architectures, not to the numbers that their values had. */
static void a_session_follows_its_architectures(void)
{
    ll_app *a = transferring_app("kept");
    SAY(a, "save grown");
    ll_app_free(a);
    a = app_new();
    CHECK_OK(import(a, "more.csv", "w,l,one,two\n50,1,2,4\n250,1,7,9\n", "into kept unit=ms"));
    ll_app_free(a);
    a = app_new();
    SAY(a, "open grown");
    CHECK_HAS(said, "its columns have other values now");
    SAY(a, "sample show");
    CHECK_HAS(said, "\"arch\":\"100|1\"");
    CHECK_HAS(said, "\"arch\":\"300|2\"");
    CHECK_HAS(said, "\"arch\":\"400|3\"");
    ll_app_free(a);
}

/* The loaded dataset grows: task, samples and tags stay, what goes is named, and undo goes back to it. */
static void growth_loses_nothing_in_silence(void)
{
    ll_app *a = transferring_app("grows");
    SAY(a, "tag two");
    CHECK_OK(import(a, "same.csv", "w,l,three\n200,3,9\n", "into grows unit=ms"));
    CHECK(!strstr(said, "gone")); /* no number is new: the models still know them all */
    SAY(a, "eval two");
    CHECK_OK(import(a, "more.csv", "w,l,three\n50,1,2\n250,1,7\n", "into grows unit=ms"));
    CHECK_HAS(said, "the numbers of its architectures have other values now: gone are the model of gp, the "
                    "predictions for two; `undo` goes back to them");
    SAY(a, "info");
    CHECK_HAS(said, "\"task\":\"by hand\"");
    CHECK_HAS(said, "\"tags\":[\"two\"]");
    SAY(a, "sample show");
    CHECK_HAS(said, "\"arch\":\"300|2\"");
    SAY(a, "pretrain gp");
    SAY(a, "transfer two");
    CHECK_HAS(said, "\"k\":3");
    CHECK_OK(import(a, "other.csv", "w,l,one\n100,1,99\n", "into grows unit=ms replace=on"));
    CHECK_HAS(said,
              "are not those of before: gone are the task by hand, the samples, the tags, the model of gp");
    SAY(a, "undo");
    SAY(a, "eval two");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"a column is a position", a_column_is_a_position},
    {"what is no architecture is named", what_is_no_architecture_is_named},
    {"definitions are checked", definitions_are_checked},
    {"spaces are stored and grow", spaces_are_stored_and_grow},
    {"encoder and decoder are summed", encoder_and_decoder_are_summed},
    {"exports come back", exports_come_back},
    {"bad tables are refused", bad_tables_are_refused},
    {"devices without a common architecture transfer", devices_without_a_common_architecture_transfer},
    {"devices without a common architecture are spoken of",
     devices_without_a_common_architecture_are_spoken_of},
    {"hat transfers", hat_transfers},
    {"likeness is of the same values", likeness_is_of_the_same_values},
    {"nearly equal numbers are one", nearly_equal_numbers_are_one},
    {"growth loses nothing in silence", growth_loses_nothing_in_silence},
    {"what has a unit is measured", what_has_a_unit_is_measured},
    {"a session follows its architectures", a_session_follows_its_architectures},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_numbers", cases, argc, argv);
}
