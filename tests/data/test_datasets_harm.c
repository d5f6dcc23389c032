/* Ordinary commands that meet what is not theirs: folders of the user's in the data folder, names that lead elsewhere,
 * datasets that another process changes meanwhile. Nothing is lost. Engine blas, because it is there in every build. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/datasets/folder_change.h"
#include "tests/data/harm.h"
#include "tests/say.h"

static const char *data_dir(void)
{
    static char dir[600];
    snprintf(dir, sizeof dir, "%s/data", check_tmpdir());
    return dir;
}

/* All that latlab keeps lies in one folder, as where every XDG variable names the same. */
static ll_app *start(void)
{
    ll_error e = {0};
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    CHECK_INT(ll_remove_tree(data_dir(), &e), LL_OK);
    CHECK_INT(ll_make_dirs(data_dir(), &e), LL_OK);
    harm_write(check_tmpdir(), "one.csv", "arch,phone\n0,1\n1,2\n2,3\n");
    harm_write(check_tmpdir(), "two.csv", "arch,board\n0,10\n1,20\n2,30\n");
    return app_new();
}

/* A line with one text, %s, in it. */
static ll_status sayf(ll_app *a, const char *fmt, const char *text) __attribute__((format(printf, 2, 0)));
static ll_status sayf(ll_app *a, const char *fmt, const char *text)
{
    char line[2000];
    snprintf(line, sizeof line, fmt, text);
    return say(a, line);
}

static ll_status import(ll_app *a, const char *file, const char *how)
{
    char line[2000];
    snprintf(line, sizeof line, "import csv %s/%s %s unit=ms", check_tmpdir(), file, how);
    return say(a, line);
}

static void make(ll_app *a, const char *name)
{
    char how[200];
    snprintf(how, sizeof how, "as %s space=nasbench201", name);
    CHECK_INT(import(a, "one.csv", how), LL_OK);
}

static ll_dataset *stored(const char *path)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(ll_folder_load(path, &d, &e), LL_OK);
    return d;
}

/* Devices of the dataset at DIR/NAME, joined by ' '; static. */
static const char *devices_of(const char *dir, const char *name)
{
    static ll_str text;
    char *path = ll_path_join(dir, name);
    ll_dataset *d = stored(path);
    ll_str_clear(&text);
    for (int i = 0; d && i < d->n_devices; i++) ll_str_addf(&text, "%s%s", i ? " " : "", d->devices[i].name);
    ll_dataset_unref(d);
    free(path);
    return ll_str_text(&text);
}

/* Every command that writes a dataset of a name. */
static const char *const doors[] = {
    "import csv %%s/one.csv as %s space=nasbench201 unit=ms",
    "simulate dataset=%s n=3 machines=sim_eyeriss",
    "simulate dataset=%s n=3 machines=sim_eyeriss replace=on",
    "measure dataset=%s n=3 device=mine engine=blas archs=0 repeats=1",
};

static ll_status knock(ll_app *a, size_t door, const char *name)
{
    char line[1000];
    snprintf(line, sizeof line, doors[door], name);
    return strstr(line, "%s") ? sayf(a, line, check_tmpdir()) : say(a, line);
}

/* No door opens, each says this, and the data folder stays as it is. */
static void check_shut(ll_app *a, const char *name, const char *why)
{
    char *before = harm_picture(data_dir());
    for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
        ll_status s = knock(a, i, name);
        CHECK(s == LL_FAILED || s == LL_USAGE);
        CHECK_HAS(said, why);
    }
    char *after = harm_picture(data_dir());
    CHECK_STR(after, before);
    free(before);
    free(after);
}

/* --- names --- */

static void what_latlab_keeps_names_no_dataset(void)
{
    static const char *const names[] = {"sessions", "Sessions",   "live",    "results", "results.sqlite",
                                        "tasks",    "tasks.json", "measure", "history", "config"};
    ll_app *a = start();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char inside[100];
        snprintf(inside, sizeof inside, "%s/precious", names[i]);
        harm_write(data_dir(), inside, "precious");
        check_shut(a, names[i], "latlab keeps");
    }
    CHECK_INT(import(a, "two.csv", "into sessions"), LL_USAGE);
    check_shut(a, ".former", "cannot name a dataset");
    check_shut(a, "..", "cannot name a dataset");
    check_shut(a, "../victim", "cannot name a dataset");
    ll_app_free(a);
}

/* --- folders of the user's --- */

static void folders_of_the_users_stay(void)
{
    ll_app *a = start();
    harm_write(data_dir(), "photos/holiday.jpg", "precious");
    check_shut(a, "photos", "photos");
    char *empty = ll_path_join(data_dir(), "empty");
    CHECK_INT(mkdir(empty, 0777), 0);
    check_shut(a, "empty", "no dataset");
    free(empty);
    harm_write(data_dir(), "file", "precious");
    check_shut(a, "file", "is a file");
    ll_app_free(a);
}

/* Somebody put a dataset into a folder of photos, or photos into a dataset. */
static void strangers_beside_a_dataset_stay(void)
{
    static const char *const strangers[] = {"holiday.jpg", "zcp.npy", "notes/todo.txt", "latency.csv~",
                                            ".hidden"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        ll_app *a = start();
        make(a, "mixed");
        char *dir = ll_path_join(data_dir(), "mixed");
        harm_write(dir, strangers[i], "precious");
        char *before = harm_picture(data_dir());
        for (size_t door = 0; door < sizeof doors / sizeof *doors; door++)
            CHECK_INT(knock(a, door, "mixed"), LL_FAILED);
        CHECK_INT(import(a, "two.csv", "into mixed"), LL_FAILED);
        CHECK_HAS(said, "not of latlab's making");
        CHECK_INT(say(a, "load mixed"), LL_OK);
        CHECK_INT(say(a, "measure device=mine engine=blas archs=0 repeats=1"), LL_FAILED);
        char *after = harm_picture(data_dir());
        CHECK_STR(after, before);
        free(before);
        free(after);
        free(dir);
        ll_app_free(a);
    }
}

static void a_linked_dataset_is_not_replaced(void)
{
    ll_app *a = start();
    char *elsewhere = ll_path_join(check_tmpdir(), "elsewhere"), *target = ll_path_join(elsewhere, "far");
    char *link = ll_path_join(data_dir(), "near"), *made = ll_path_join(data_dir(), "far");
    ll_error e = {0};
    make(a, "far");
    CHECK_INT(ll_make_dirs(elsewhere, &e), LL_OK);
    CHECK(!rename(made, target) && !symlink(target, link));
    char *there = harm_picture(elsewhere);
    check_shut(a, "near", "is a link");
    CHECK_INT(import(a, "two.csv", "into near"), LL_FAILED);
    CHECK_INT(say(a, "load near"), LL_OK); /* reading goes through it */
    CHECK_INT(say(a, "measure device=mine engine=blas archs=0 repeats=1"), LL_FAILED);
    CHECK_HAS(said, "is a link");
    char *still = harm_picture(elsewhere);
    CHECK_STR(still, there);
    CHECK_INT(ll_remove_tree(elsewhere, &e), LL_OK);
    free(there);
    free(still);
    free(made);
    free(link);
    free(target);
    free(elsewhere);
    ll_app_free(a);
}

static void a_linked_lock_is_not_opened(void)
{
    ll_app *a = start();
    char *lock = ll_path_join(data_dir(), ".lock"), *victim = ll_path_join(check_tmpdir(), "victim");
    CHECK_INT(symlink(victim, lock), 0);
    CHECK_INT(import(a, "one.csv", "as base space=nasbench201"), LL_FAILED);
    CHECK_HAS(said, ".lock");
    CHECK(!ll_is_file(victim));
    free(lock);
    free(victim);
    ll_app_free(a);
}

/* --- where a dataset is --- */

/* Replaces the name that dataset.json states. */
static void rename_inside(const char *dir, const char *from, const char *to)
{
    char *path = ll_path_join(dir, "dataset.json"), *text = NULL, quoted[100];
    ll_error e = {0};
    ll_str out = {0};
    size_t n;
    snprintf(quoted, sizeof quoted, "\"%s\"", from);
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    char *at = strstr(text, quoted);
    CHECK(at != NULL);
    ll_str_addn(&out, text, (size_t)(at - text));
    ll_str_addf(&out, "\"%s\"%s", to, at + strlen(quoted));
    CHECK_INT(ll_write_file(path, out.s, out.len, &e), LL_OK);
    ll_str_free(&out);
    free(text);
    free(path);
}

static void a_name_that_leads_elsewhere_is_refused(void)
{
    static const char *const names[] = {
        "../../victim/precious", "..", "/etc", ".hidden", "a/b", "", "a+", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ll_app *a = start();
        make(a, "evil");
        char *dir = ll_path_join(data_dir(), "evil");
        rename_inside(dir, "evil", names[i]);
        CHECK_INT(say(a, "load evil"), LL_BAD_DATA);
        CHECK_HAS(said, "cannot name a dataset");
        CHECK_INT(import(a, "two.csv", "into evil"), LL_BAD_DATA);
        free(dir);
        ll_app_free(a);
    }
}

static void the_published_evil_one_harms_nothing(void)
{
    const char *evil = check_shared("cases/hostile/evil");
    if (!evil) return;
    ll_app *a = start();
    harm_write(check_tmpdir(), "victim/precious/photo.jpg", "precious");
    char *victim = ll_path_join(check_tmpdir(), "victim"), *before = harm_picture(victim);
    CHECK_INT(sayf(a, "load %s", evil), LL_BAD_DATA);
    CHECK(say(a, "measure device=mine engine=blas archs=0 repeats=1") != LL_OK);
    char *after = harm_picture(victim);
    CHECK_STR(after, before);
    free(before);
    free(after);
    free(victim);
    ll_app_free(a);
}

/* A dataset elsewhere that is called like one in the data folder: each is changed where it lies. */
static void what_was_loaded_is_what_is_changed(void)
{
    ll_app *a = start();
    char *elsewhere = ll_path_join(check_tmpdir(), "mine"), *copy = ll_path_join(elsewhere, "other");
    char *made = ll_path_join(data_dir(), "base"), line[1200];
    ll_error e = {0};
    make(a, "base");
    CHECK_INT(ll_make_dirs(elsewhere, &e), LL_OK);
    CHECK_INT(rename(made, copy), 0); /* it still says it is "base" */
    make(a, "base");
    snprintf(line, sizeof line, "load %s", copy);
    SAY(a, line);
    SAY(a, "measure device=mine engine=blas archs=0 repeats=1");
    CHECK_STR(devices_of(elsewhere, "other"), "phone mine");
    CHECK_STR(devices_of(data_dir(), "base"), "phone");
    CHECK_INT(ll_remove_tree(elsewhere, &e), LL_OK);
    free(elsewhere);
    free(copy);
    free(made);
    ll_app_free(a);
}

static void what_came_with_the_program_is_copied(void)
{
    ll_app *a = start();
    char *bundled = ll_path_join(check_tmpdir(), "bundled"), *given = ll_path_join(bundled, "given"),
         *to = NULL;
    char *reserved = ll_path_join(bundled, "results"), *own = ll_path_join(data_dir(), "given");
    ll_error e = {0};
    CHECK_INT(ll_folder_home(data_dir(), bundled, own, &to, &e), LL_OK);
    CHECK_STR(to, own);
    free(to);
    CHECK_INT(ll_make_dirs(bundled, &e), LL_OK);
    CHECK_INT(ll_folder_home(data_dir(), bundled, given, &to, &e), LL_OK);
    CHECK_STR(to, own);
    free(to);
    CHECK_INT(ll_folder_home(data_dir(), bundled, reserved, &to, &e), LL_USAGE);
    harm_write(own, "photo.jpg", "precious");
    CHECK_INT(ll_folder_home(data_dir(), bundled, given, &to, &e), LL_FAILED);
    CHECK(to == NULL);
    free(own);
    free(given);
    free(reserved);
    free(bundled);
    ll_app_free(a);
}

/* The one that came with latlab: the copy gets the device, the bundled one stays. */
static void measuring_a_bundled_dataset_copies_it(void)
{
    ll_app *a = start();
    char *bundled = ll_app_bundled_dir(), *given = ll_path_join(bundled, "fbnet_sim");
    if (ll_is_folder_dataset(given)) {
        char *before = harm_picture(given);
        SAY(a, "load fbnet_sim");
        SAY(a, "measure device=mine engine=blas archs=0 repeats=1");
        CHECK_HAS(devices_of(data_dir(), "fbnet_sim"), "mine");
        char *after = harm_picture(given);
        CHECK_STR(after, before);
        free(before);
        free(after);
    } else {
        check_skip("no bundled data beside the program");
    }
    free(given);
    free(bundled);
    ll_app_free(a);
}

/* --- more than one process --- */

static void measuring_keeps_what_came_meanwhile(void)
{
    ll_app *a = start(), *other = app_new();
    make(a, "base");
    SAY(a, "load base");
    CHECK_INT(import(other, "two.csv", "into base"), LL_OK);
    SAY(a, "measure device=mine engine=blas archs=0,2 repeats=1");
    CHECK_HAS(said, "changed by another process meanwhile");
    CHECK_STR(devices_of(data_dir(), "base"), "phone board mine");
    ll_state s;
    ll_app_snapshot(a, &s);
    CHECK_INT(s.data->n_devices, 3);
    CHECK(ll_latencies(s.data, 1)[2] == 30 && ll_known(s.data, 2, 0) && !ll_known(s.data, 2, 1));
    ll_state_free(&s);
    ll_app_free(a);
    ll_app_free(other);
}

/* The same device from two processes: the first measurement of an architecture stays. */
static void two_measurements_of_a_device_join(void)
{
    ll_app *a = start(), *other = app_new();
    make(a, "base");
    SAY(a, "load base");
    SAY(other, "load base");
    SAY(other, "measure device=mine engine=blas archs=0 repeats=1");
    char *path = ll_path_join(data_dir(), "base");
    ll_dataset *first = stored(path);
    SAY(a, "measure device=mine engine=blas archs=0,1 repeats=1 again=on");
    ll_dataset *both = stored(path);
    if (first && both && first->n_devices == 2 && both->n_devices == 2) {
        CHECK_NEAR(ll_latencies(both, 1)[0], ll_latencies(first, 1)[0], 0);
        CHECK(ll_known(both, 1, 1) && !ll_known(both, 1, 2));
        CHECK_STR(both->devices[1].note, first->devices[1].note);
    } else {
        CHECK(!"two devices");
    }
    CHECK_INT(import(other, "one.csv", "as base space=nasbench201 device=x"), LL_OK); /* another machine's */
    ll_dataset_unref(first);
    ll_dataset_unref(both);
    free(path);
    ll_app_free(a);
    ll_app_free(other);
}

/* A dataset that was replaced by another one meanwhile keeps that, and gets the device. */
static void measuring_meets_a_replaced_dataset(void)
{
    ll_app *a = start(), *other = app_new();
    make(a, "base");
    SAY(a, "load base");
    CHECK_INT(import(other, "two.csv", "as base space=nasbench201"), LL_OK);
    SAY(a, "measure device=mine engine=blas archs=1 repeats=1");
    CHECK_STR(devices_of(data_dir(), "base"), "board mine");
    ll_app_free(a);
    ll_app_free(other);
}

enum { WRITERS = 6 };

/* The i-th writer: every second one measures. */
static ll_status write_as(int i)
{
    char line[1200];
    if (i % 2)
        snprintf(line, sizeof line, "measure device=m%d engine=blas archs=0 repeats=1", i);
    else
        snprintf(line, sizeof line, "import csv %s/col%d.csv into base unit=ms", check_tmpdir(), i);
    ll_app *a = app_new();
    ll_status s = say(a, "load base");
    if (!s) s = say(a, line);
    ll_app_free(a);
    return s;
}

static void all_writers_keep_their_columns(void)
{
    pid_t pids[WRITERS];
    ll_app *a = start();
    make(a, "base");
    ll_app_free(a); /* no thread lives while processes are made */
    for (int i = 0; i < WRITERS; i++) {
        char name[20], text[60];
        snprintf(name, sizeof name, "col%d.csv", i);
        snprintf(text, sizeof text, "arch,c%d\n0,%d\n1,2\n", i, i + 1);
        harm_write(check_tmpdir(), name, text);
    }
    for (int i = 0; i < WRITERS; i++)
        if (!(pids[i] = fork())) _exit((int)write_as(i));
    for (int i = 0; i < WRITERS; i++) {
        int status;
        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        CHECK_INT(status, 0);
    }
    const char *devices = devices_of(data_dir(), "base");
    for (int i = 0; i < WRITERS; i++) {
        char name[20];
        snprintf(name, sizeof name, i % 2 ? "m%d" : "c%d", i);
        CHECK_HAS(devices, name);
    }
    CHECK(!harm_any(data_dir(), ".tmp-"));
}

/* --- failures --- */

/* A table of many rows, so that it does not fit. */
static void write_table(const char *name, const char *device, int rows)
{
    ll_str text = {0};
    ll_str_addf(&text, "arch,%s\n", device);
    for (int i = 0; i < rows; i++) ll_str_addf(&text, "%d,%d.5\n", i, i + 1);
    harm_write(check_tmpdir(), name, text.s);
    ll_str_free(&text);
}

static void a_full_disk_changes_nothing(void)
{
    struct rlimit no_limit, limit;
    ll_app *a = start();
    make(a, "base");
    write_table("large.csv", "large", 400);
    char *before = harm_picture(data_dir());
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &no_limit);
    limit = (struct rlimit){4096, no_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_INT(import(a, "large.csv", "into base"), LL_FAILED);
    CHECK_INT(import(a, "large.csv", "as base space=nasbench201"), LL_FAILED);
    CHECK_INT(say(a, "simulate dataset=base n=400 machines=sim_eyeriss replace=on"), LL_FAILED);
    setrlimit(RLIMIT_FSIZE, &no_limit);
    char *after = harm_picture(data_dir());
    CHECK_STR(after, before);
    CHECK_INT(import(a, "large.csv", "into base"), LL_OK);
    free(before);
    free(after);
    ll_app_free(a);
}

static void kills_leave_a_dataset_and_no_orphans(void)
{
    ll_app *a = start();
    make(a, "base");
    ll_app_free(a);
    write_table("large.csv", "large", 400);
    for (int i = 0; i < 15; i++) {
        pid_t pid = fork();
        if (!pid) {
            ll_app *victim = app_new();
            for (;;) {
                import(victim, "large.csv", "as base space=nasbench201");
                import(victim, "one.csv", "as base space=nasbench201");
            }
        }
        usleep(40000 + 7919u * (unsigned)i);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        CHECK(strlen(devices_of(data_dir(), "base")) == 5); /* phone or large */
    }
    a = app_new();
    SAY(a, "load base");
    CHECK(!harm_any(data_dir(), ".tmp-"));
    CHECK_INT(import(a, "two.csv", "into base"), LL_OK);
    ll_app_free(a);
}

/* --- former datasets --- */

static void former_datasets_are_kept(void)
{
    ll_app *a = start();
    char *former = ll_path_join(data_dir(), ".former");
    make(a, "base");
    SAY(a, "simulate dataset=base n=3 machines=sim_eyeriss replace=on");
    CHECK_HAS(said, "former one is kept");
    CHECK_STR(devices_of(former, "base"), "phone");
    SAY(a, "simulate dataset=base n=3 machines=sim_eyeriss replace=on"); /* the same: nothing to keep */
    CHECK_STR(devices_of(former, "base"), "phone");
    make(a, "base");
    CHECK_STR(devices_of(former, "base"), "sim_eyeriss");
    free(former);
    ll_app_free(a);
}

/* The hash is of the latencies; accuracies, features and deviations count too. */
static void equal_latencies_are_not_all(void)
{
    ll_app *a = start();
    char *path = ll_path_join(data_dir(), "base"), *former = ll_path_join(data_dir(), ".former");
    ll_error e = {0};
    make(a, "base");
    ll_dataset *d = stored(path);
    ll_archs_set_feature(d->archs, "zcp", 1, (float[]){1, 2, 3});
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    make(a, "base");
    CHECK_STR(devices_of(former, "base"), "phone");
    char *feature = ll_path_join(former, "base/zcp.npy");
    CHECK(ll_is_file(feature));
    ll_dataset_unref(d);
    free(feature);
    free(former);
    free(path);
    ll_app_free(a);
}

static void a_damaged_dataset_can_be_imported_again(void)
{
    ll_app *a = start();
    make(a, "base");
    harm_write(data_dir(), "base/latency.csv", "arch,phone\n");
    CHECK_INT(import(a, "two.csv", "into base"), LL_BAD_DATA);
    make(a, "base");
    CHECK_HAS(said, "and damaged");
    CHECK_STR(devices_of(data_dir(), "base"), "phone");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"what latlab keeps names no dataset", what_latlab_keeps_names_no_dataset},
    {"folders of the user's stay", folders_of_the_users_stay},
    {"strangers beside a dataset stay", strangers_beside_a_dataset_stay},
    {"a linked dataset is not replaced", a_linked_dataset_is_not_replaced},
    {"a linked lock is not opened", a_linked_lock_is_not_opened},
    {"a name that leads elsewhere is refused", a_name_that_leads_elsewhere_is_refused},
    {"the published evil one harms nothing", the_published_evil_one_harms_nothing},
    {"what was loaded is what is changed", what_was_loaded_is_what_is_changed},
    {"what came with the program is copied", what_came_with_the_program_is_copied},
    {"measuring a bundled dataset copies it", measuring_a_bundled_dataset_copies_it},
    {"measuring keeps what came meanwhile", measuring_keeps_what_came_meanwhile},
    {"two measurements of a device join", two_measurements_of_a_device_join},
    {"measuring meets a replaced dataset", measuring_meets_a_replaced_dataset},
    {"all writers keep their columns", all_writers_keep_their_columns},
    {"a full disk changes nothing", a_full_disk_changes_nothing},
    {"kills leave a dataset and no orphans", kills_leave_a_dataset_and_no_orphans},
    {"former datasets are kept", former_datasets_are_kept},
    {"equal latencies are not all", equal_latencies_are_not_all},
    {"a damaged dataset can be imported again", a_damaged_dataset_can_be_imported_again},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return check_main("test_datasets_harm", cases, argc, argv);
}
