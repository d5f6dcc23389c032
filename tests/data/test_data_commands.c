/* The commands of data/, through the app as a face sees them: what they say, and that bad input costs nothing.
 * (Names of devices: test_data_names.c.) */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/predict/predictor.h"
#include "data/commands/commands.h"
#include "data/datasets/folder.h"
#include "data/formats/safetensors.h"
#include "tests/check.h"
#include "tests/data/data_say.h"

static const char good_table[] = "arch,phone,board\n0,1,20\n1,2,\n2,3,25.5\n3,4,30\n";

/* --- CSV --- */

static void bad_tables_cost_nothing(void)
{
    static const struct {
        const char *text, *options, *say;
    } bad[] = {
        {good_table, "", "give unit=ms"},
        {"arch,phone\n0,1\n99999,2\n", "unit=ms", "line 3: unknown architecture"},
        {"arch,phone\n|nope~0|,1\n", "unit=ms", "line 2: unknown architecture"},
        {"arch,phone\n0,1\n1,2\n0,3\n", "unit=ms", "line 4: architecture 0 stands in line 2"},
        {"arch,device,latency\n0,x,1\n0,y,1\n0,x,2\n", "unit=ms",
         "line 4: this architecture on x stands in line 2"},
        {"arch,phone\n0,7\n1,NaNs\n", "unit=ms", "line 3: \"NaNs\""},
        {"arch,phone\n0,inf\n", "unit=ms", "line 2: \"inf\""},
        {"arch,phone\n0,1\n1,-2\n", "unit=ms", "line 3: \"-2\" in column phone is negative"},
        {"arch,phone\n0,1\n1,1e308\n", "unit=ms",
         "line 3: \"1e308\" in column phone: no device takes 1e+308 ms"},
        {"arch,phone\n0,1\n1,1e-299\n", "unit=us",
         "line 3: \"1e-299\" in column phone: no device takes 1e-302 ms"},
        {"arch;phone\n0;1,5\n1;2.5\n", "unit=ms", "decimal comma"},
        {"arch,phone\n0,1,5\n", "unit=ms",
         "line 2: 3 cells, 2 were expected as in the header (a decimal comma?)"},
        {"arch,phone,x\n0,1\n", "unit=ms", "line 2: 2 cells, 3 were expected"},
        {"arch,phone\n0,fast\n", "unit=ms", "\"fast\""},
        {"name,phone\n0,1\n", "unit=ms", "which column holds the architectures"},
        {"arch,phone\n0,1\n", "unit=ms arch=cell", "no column is called \"cell\""},
        {"arch,phone,phone\n0,1,2\n", "unit=ms", "two columns are called \"phone\""},
        {"arch,phone,\n0,1,2\n", "unit=ms", "line 2: 3 cells, 2 were expected"},
        {"arch\n0\n", "unit=ms", "one column"},
        {"arch,phone\n", "unit=ms", "no row"},
        {"", "unit=ms", "is empty"},
        {"arch,latency\n0,1\n", "unit=ms", "give device=NAME"},
        {"arch,a,b\n0,1,2\n", "unit=ms device=c",
         "2 may be latencies: \"a\", \"b\"; latency=COLUMN says which"},
        {"arch,device,latency_ms\n0,x,1\n", "unit=us", "the column is latency_ms, which is ms, and unit=us"},
        {"arch,device,latency,unit\n0,x,1,us\n", "unit=ms", "the unit is us here, unit=ms was given"},
        {"arch,device,latency,unit\n0,x,1,us\n1,x,1,mJ\n", "", "x was in us before and is in mJ here"},
        {"arch,phone\n0,1\n", "unit=ms,us", "two units of one quantity"},
        {"arch,phone\n0,1\n", "unit=ms order=mine", "expected own, naslib"},
        {"arch,device\n0,1\n", "unit=ms", "no column \"latency\""},
        {"arch,device,latency,unit\n0,x,1,h\n", "", "the unit \"h\""},
        {"arch,device,latency\n0,,1\n", "unit=ms", "the device is missing"},
        {"arch,phone\n0,5\n1,6\n", "unit=ms", "phone is in base already and 2 of 2"},
        {"arch,phone\n0,1\n", "unit=h", "unit"},
        {"arch,phone\n0,1\n", "unit=ms space=fbnet", "nasbench201, not of fbnet"},
        {"arch,phone\n0,1\n", "unit=ms space=nope", "unknown search space nope; `spaces` lists them"},
        {"arch,phone\n0,1\n", "unit=ms space=nasbench20", "did you mean nasbench201?"},
    };
    start();
    CHECK_STR(say("import csv %s as base space=nasbench201 unit=ms", write_text("base.csv", good_table)),
              "ok");
    ll_hash before = stored_hash("base");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STR(say("import csv %s into base %s", write_text("bad.csv", bad[i].text), bad[i].options),
                  "failed");
        CHECK_HAS(ll_str_text(&complaint), bad[i].say);
        CHECK_STR(stored_hash("base").hex, before.hex);
    }
    CHECK_STR(say("import csv %s into base unit=ms", check_missing()), "failed");
    CHECK_HAS(ll_str_text(&complaint), check_missing());
    CHECK_STR(say("import csv %s into nothing unit=ms", write_text("bad.csv", good_table)), "failed");
    CHECK_HAS(ll_str_text(&complaint), "no dataset is called nothing");
    CHECK_STR(say("import csv %s as new unit=ms", write_text("bad.csv", good_table)), "failed");
    CHECK_HAS(ll_str_text(&complaint), "give space=NAME");
    CHECK_STR(say("import csv %s as ../new unit=ms space=nasbench201", write_text("bad.csv", good_table)),
              "failed");
    CHECK_STR(stored_hash("base").hex, before.hex);
    stop();
}

/* A cell of ten million characters and a line of ten million cells. */
static void long_lines_are_refused_with_a_sentence(void)
{
    size_t n = (size_t)10 << 20;
    char *text = ll_alloc(n + 32, 1);
    start();
    memcpy(text, "arch,phone\n", 11);
    memset(text + 11, 'x', n);
    memcpy(text + 11 + n, ",1\n", 4);
    CHECK_STR(say("import csv %s as long space=nasbench201 unit=ms", write_text("long.csv", text)), "failed");
    CHECK_HAS(ll_str_text(&complaint), "line 2: unknown architecture");
    CHECK(complaint.len < 1100);
    memset(text + 11, ',', n);
    CHECK_STR(say("import csv %s as long space=nasbench201 unit=ms", write_text("long.csv", text)), "failed");
    CHECK_HAS(ll_str_text(&complaint), "line 2: more than");
    free(text);
    stop();
}

static double latency(const char *dataset, const char *device, int row)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    char *path = ll_path_join(ll_app_data_dir(app), dataset);
    CHECK_INT(ll_folder_load(path, &d, &e), LL_OK);
    free(path);
    int j = d ? ll_dataset_device(d, device) : -1;
    double x = j < 0 ? -1 : ll_latencies(d, j)[row];
    ll_dataset_unref(d);
    return x;
}

static void tables_of_every_shape_are_read(void)
{
    static const char *const tables[] = {
        /* 2.5 ms on phone for cell 7 in every one */
        "arch,phone\n7,2500\n",
        ("\xef\xbb\xbf"
         "index;phone;phone_std\r\n7;2500;1e1\r\n"),
        "device\tarchitecture\tlatency\tstd\tn\nphone\t7\t2500\t10\t5\n",
        "# mine\ncell,device,latency_us\n7,phone,2500\n\n",
        ",phone\n7,2500\n",
        ",index,arch,phone,accuracy\n0,7,7,2500,91.5\n",
    };
    start();
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        CHECK_STR(say("import csv %s as shape space=nasbench201 unit=us", write_text("t.csv", tables[i])),
                  "ok");
        CHECK_NEAR(latency("shape", "phone", 0), 2.5, 0);
    }
    CHECK_STR(say("import csv %s as shape space=nasbench201",
                  write_text("t.csv", "arch,device,latency,unit\n7,phone,.0025,s\n")),
              "ok");
    CHECK_NEAR(latency("shape", "phone", 0), 2.5, 0);
    CHECK_STR(say("import csv %s into shape unit=ms device=new", write_text("t.csv", "arch,ms\n8,1\n7,2\n")),
              "ok");
    CHECK_NEAR(latency("shape", "new", 1), 1, 0);
    CHECK_NEAR(latency("shape", "new", 0), 2, 0);
    CHECK(isnan(latency("shape", "phone", 1)));
    /* a unit that is off by a thousand is said */
    CHECK_STR(say("import csv %s into shape unit=s", write_text("t.csv", "arch,slow\n7,2.5\n8,1\n")), "ok");
    CHECK_HAS(ll_str_text(&complaint), "was the file really in s?");
    stop();
}

/* --- load, export, and back --- */

static void exported_tables_come_back(void)
{
    char *out = ll_path_join(check_tmpdir(), "out.csv"), *npy = ll_path_join(check_tmpdir(), "out.npy");
    start();
    CHECK_STR(say("export csv %s", out), "failed");
    CHECK_HAS(ll_str_text(&complaint), "no dataset is loaded");
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    CHECK_STR(say("load base"), "ok");
    CHECK_STR(ll_json_get_str(last, "space", ""), "nasbench201");
    CHECK_INT(ll_json_get_int(last, "devices", 0), 2);
    CHECK_STR(say("export csv %s", out), "ok");
    CHECK_STR(say("import csv %s as back unit=ms space=nasbench201", out), "ok");
    CHECK_STR(stored_hash("back").hex, stored_hash("base").hex);
    CHECK_STR(say("export npy %s devices=bo*", npy), "ok");
    CHECK_INT(ll_json_get_int(last, "n_devices", 0), 1);
    CHECK_STR(say("export csv /dev/full"), "failed");
    CHECK_HAS(ll_str_text(&complaint), "No space left");
    char *link = ll_path_join(check_tmpdir(), "link.csv"),
         *elsewhere = ll_path_join(check_tmpdir(), "elsewhere.csv");
    CHECK(!symlink(elsewhere, link));
    CHECK_STR(say("export csv %s force=on", link), "failed"); /* no file appears that nobody named */
    CHECK_HAS(ll_str_text(&complaint), "elsewhere.csv, where nothing is: write to that itself");
    CHECK(ll_is_missing(elsewhere));
    CHECK_OK(ll_write_file(elsewhere, "x", 1, NULL));
    CHECK_STR(say("export csv %s force=on", link), "ok"); /* one that is there is written */
    free(link);
    free(elsewhere);
    CHECK_STR(say("export csv %s/x.csv", check_missing()), "failed");
    CHECK_STR(say("export csv %s force=on devices=nope", out), "failed");
    CHECK_STR(say("export predictions %s force=on", out), "failed");
    CHECK_HAS(ll_str_text(&complaint), "nothing is predicted");
    CHECK_STR(say("load nope"), "failed");
    CHECK_HAS(ll_str_text(&complaint), "no dataset is called nope");
    stop();
    free(out);
    free(npy);
}

static void importing_into_the_loaded_dataset_extends_it(void)
{
    ll_state s;
    start();
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    say("load base");
    CHECK_STR(say("import csv %s into base unit=ms", write_text("t.csv", "arch,third\n2,8\n")), "ok");
    ll_app_snapshot(app, &s);
    CHECK(s.data && s.data->n_devices == 3 && ll_latencies(s.data, 2)[2] == 8);
    ll_state_free(&s);
    CHECK_STR(say("datasets"), "ok");
    const cJSON *row = cJSON_GetObjectItem(last, "rows")->child;
    while (row && strcmp(ll_json_get_str(row, "name", ""), "base")) row = row->next;
    CHECK_INT(ll_json_get_int(row, "devices", 0), 3);
    stop();
}

static void replaced_datasets_are_kept_aside(void)
{
    start();
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    ll_hash first = stored_hash("base");
    CHECK_STR(say("import csv %s as base space=nasbench201 unit=s", write_text("t.csv", good_table)), "ok");
    CHECK(strcmp(stored_hash("base").hex, first.hex) != 0);
    CHECK_STR(stored_hash(".former/base").hex, first.hex);
    CHECK_STR(say("import csv %s into base unit=ms", write_text("t.csv", good_table)), "failed");
    CHECK_STR(say("import csv %s into base unit=ms replace=on", write_text("t.csv", good_table)), "ok");
    CHECK_STR(stored_hash("base").hex, first.hex);
    stop();
}

static void own_spaces_are_defined_by_import(void)
{
    start();
    const char *file = write_text("o.csv", "arch,phone\na b a,1.5\nb b b,3\nc a b,2.2\n");
    CHECK_STR(say("import csv %s as own space=chain3 unit=ms", file), "failed");
    CHECK_HAS(ll_str_text(&complaint), "positions= and ops=");
    CHECK_STR(say("import csv %s as own space=chain3 ops=a,b,c unit=ms", file), "failed");
    CHECK_STR(say("import csv %s as own space=chain3 positions=3 ops=a,b,c unit=ms", file), "ok");
    CHECK_STR(say("load own"), "ok");
    stop();
}

/* A process that was killed while it wrote leaves its work folder; the next change there takes it away. */
static void orphans_are_removed(void)
{
    start();
    ll_error e = {0};
    const char *dir = ll_app_data_dir(app);
    pid_t killed = fork();
    if (!killed) {
        ll_owned_work w;
        if (ll_owned_begin(&w, dir, &ll_folder_kind, &e)) _exit(1);
        char *file = ll_path_join(w.fresh, "latency.csv");
        ll_write_file(file, "arch", 4, &e);
        raise(SIGKILL);
    }
    waitpid(killed, NULL, 0);
    ll_strs before = {0}, after = {0};
    ll_list_dir(dir, NULL, &before, &e);
    CHECK_STR(say("import csv %s as orphaned space=nasbench201 unit=ms", write_text("t.csv", good_table)),
              "ok");
    ll_list_dir(dir, NULL, &after, &e);
    CHECK_INT(after.n, before.n); /* the dataset has come, the orphan has gone */
    for (int i = 0; i < after.n; i++) CHECK(!strstr(after.v[i], ".tmp-"));
    ll_strs_free(&before);
    ll_strs_free(&after);
    stop();
}

static void damaged_datasets_are_found(void)
{
    start();
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    CHECK_STR(say("doctor"), "ok");
    char *answer = ll_json_line(last);
    CHECK_HAS(answer, "limit of a latency table");
    CHECK_HAS(answer, "64 positions");
    CHECK_HAS(answer, "resnet_tiny.json");
    free(answer);
    char *path = ll_path_join(ll_app_data_dir(app), "base/latency.csv");
    ll_error e = {0};
    CHECK_INT(ll_write_file(path, "arch,phone,board\n", 17, &e), LL_OK);
    CHECK_STR(say("doctor"), "failed");
    CHECK_HAS(ll_str_text(&complaint), "1 dataset is damaged");
    CHECK_STR(say("load base"), "failed");
    CHECK_HAS(ll_str_text(&complaint), "truncated");
    free(path);
    stop();
}

/* --- published files, damaged --- */

/* The first `part` of a published file (1: all of it) as tmp/help/NAME. */
static void copy_part(const char *name, double part)
{
    ll_str from = {0}, to = {0};
    char *bytes = NULL;
    size_t n;
    ll_error e = {0};
    ll_str_addf(&from, "upstream/HELP/nasbench201/%s", name);
    ll_str_addf(&to, "%s/help/%s", check_tmpdir(), name);
    CHECK_INT(ll_read_file(check_shared(from.s), 0, &bytes, &n, &e), LL_OK);
    CHECK_INT(ll_write_file(to.s, bytes, (size_t)((double)n * part), &e), LL_OK);
    free(bytes);
    ll_str_free(&from);
    ll_str_free(&to);
}

static void truncated_torch_files_make_no_dataset(void)
{
    char *dir = ll_path_join(check_tmpdir(), "help"), *latency = ll_path_join(dir, "latency");
    ll_error e = {0};
    if (!check_shared("upstream/HELP/nasbench201/str_arch2idx.pt")) return;
    start();
    CHECK_INT(ll_make_dirs(latency, &e), LL_OK);
    copy_part("str_arch2idx.pt", 1);
    copy_part("latency/fpga.pt", 1);
    CHECK_STR(say("import help %s as cut", dir), "ok");
    ll_hash before = stored_hash("cut");
    copy_part("latency/pixel2.pt", .6);
    CHECK_STR(say("import help %s as cut", dir), "failed");
    CHECK_HAS(ll_str_text(&complaint), "latency/pixel2.pt: ");
    CHECK_HAS(ll_str_text(&complaint), "truncated");
    copy_part("latency/pixel2.pt", 1);
    copy_part("str_arch2idx.pt", .5);
    CHECK_STR(say("import help %s into cut", dir), "failed");
    CHECK_HAS(ll_str_text(&complaint), "str_arch2idx.pt: ");
    CHECK_STR(stored_hash("cut").hex, before.hex);
    stop();
    free(latency);
    free(dir);
}

static void truncated_files_leave_the_dataset_alone(void)
{
    char *source = ll_strdup(check_shared("upstream/BRP-NAS/desktop-cpu-core-i7-7820x-fp32.pkl")), *bytes;
    size_t n;
    ll_error e = {0};
    if (!source || ll_read_file(source, 0, &bytes, &n, &e)) return;
    start();
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    ll_hash before = stored_hash("base");
    char *path = ll_path_join(check_tmpdir(), "cut.pkl");
    CHECK_INT(ll_write_file(path, bytes, n / 2, &e), LL_OK);
    CHECK_STR(say("import brpnas %s into base", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "cut.pkl: byte ");
    CHECK_HAS(ll_str_text(&complaint), "truncated");
    CHECK_STR(say("import brpnas %s into base", write_text("evil.pkl", "\x80\x02"
                                                                       "cos\nsystem\n}R.")),
              "failed");
    CHECK_HAS(ll_str_text(&complaint), "GLOBAL \"os system\"");
    CHECK_STR(say("import help %s into base", check_tmpdir()), "failed");
    CHECK_HAS(ll_str_text(&complaint), "not a data folder of HELP");
    CHECK_STR(say("import oneproxy %s into base", check_tmpdir()), "failed");
    CHECK_STR(say("import zcp %s as base", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "into NAME");
    CHECK_STR(stored_hash("base").hex, before.hex);
    CHECK_STR(say("import brpnas %s into base", source), "ok");
    CHECK_INT(ll_json_get_int(last, "devices", 0), 3);
    CHECK_INT(ll_json_get_int(last, "archs", 0), 15284); /* cells 0..3 are among them */
    stop();
    free(path);
    free(bytes);
    free(source);
}

/* --- models --- */

static void foreign_model_files_are_refused(void)
{
    ll_tensors t = {0};
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "m.safetensors");
    start();
    ll_tensors_set_text(&t, "predictor", "gp");
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    CHECK_STR(say("model load %s", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "does not say for which search space it is: load a dataset");
    ll_tensors_free(&t);
    t = (ll_tensors){0};
    say("import csv %s as base space=nasbench201 unit=ms", write_text("t.csv", good_table));
    say("load base");
    CHECK_STR(say("model save %s force=on", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "pretrain");
    CHECK_STR(say("model save %s lut force=on", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "lut is not pretrained");
    CHECK_STR(say("model load %s", write_text("x.safetensors", "nonsense")), "failed");
    CHECK_HAS(ll_str_text(&complaint), "x.safetensors: ");
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    CHECK_STR(say("model load %s", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "as PREDICTOR");
    CHECK_STR(say("model load %s as nope", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "unknown predictor nope");
    ll_tensors_set_text(&t, "predictor", "gp");
    ll_tensors_set_text(&t, "space", "fbnet");
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    CHECK_STR(say("model load %s as nasflat", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "model of gp, not of nasflat");
    CHECK_STR(say("model load %s", path), "failed");
    CHECK_HAS(ll_str_text(&complaint), "pretrained on fbnet");
    ll_tensors_free(&t);
    stop();
    free(path);
}

static char *content(const char *path)
{
    char *text = NULL;
    CHECK_INT(ll_read_file(path, 0, &text, NULL, NULL), LL_OK);
    return text;
}

/* What is there stays, whoever comes, until he says force=on. */
static void files_that_are_there_are_kept(void)
{
    static const char *const lines[] = {"export csv %s", "export npy %s", "write %s datasets"};
    start();
    CHECK_STR(say("import csv %s as kept space=nasbench201 unit=ms", write_text("t.csv", good_table)), "ok");
    CHECK_STR(say("load kept"), "ok");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *path = ll_strdup(write_text("precious.csv", "mine\n")), *text;
        ll_str line = {0};
        const char *at = strstr(lines[i], "%s");
        ll_str_addn(&line, lines[i], (size_t)(at - lines[i]));
        ll_str_addf(&line, "%s%s", path, at + 2);
        CHECK_STR(say("%s", line.s), "failed");
        CHECK_HAS(complaint.s, "is there already");
        text = content(path);
        CHECK_STR(text, "mine\n");
        free(text);
        CHECK_STR(say("%s force=on", line.s), "ok");
        text = content(path);
        CHECK(strcmp(text, "mine\n"));
        free(text);
        ll_str_free(&line);
        free(path);
    }
    CHECK_STR(say("export csv %s", write_text("empty.csv", "")), "ok"); /* of mktemp */
    CHECK_STR(say("export csv /dev/null"), "ok");
    stop();
}

/* An example a line, not all of them wrapped as one paragraph. */
static void examples_are_lines(void)
{
    start();
    CHECK_STR(say("help import"), "ok");
    CHECK_HAS(ll_json_get_str(last, "text", ""), "\n  import eagle EAGLE into nb201\n");
    stop();
}

static const check_case cases[] = {
    {"examples are lines", examples_are_lines},
    {"files that are there are kept", files_that_are_there_are_kept},
    {"bad tables cost nothing", bad_tables_cost_nothing},
    {"long lines are refused with a sentence", long_lines_are_refused_with_a_sentence},
    {"tables of every shape are read", tables_of_every_shape_are_read},
    {"exported tables come back", exported_tables_come_back},
    {"importing into the loaded dataset extends it", importing_into_the_loaded_dataset_extends_it},
    {"replaced datasets are kept aside", replaced_datasets_are_kept_aside},
    {"own spaces are defined by import", own_spaces_are_defined_by_import},
    {"orphans are removed", orphans_are_removed},
    {"damaged datasets are found", damaged_datasets_are_found},
    {"truncated torch files make no dataset", truncated_torch_files_make_no_dataset},
    {"truncated files leave the dataset alone", truncated_files_leave_the_dataset_alone},
    {"foreign model files are refused", foreign_model_files_are_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_data_commands", cases, argc, argv);
}
