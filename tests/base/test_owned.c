/* Folders of latlab's own: made beside their place, recognised before they are replaced or removed; strangers' files stay
 * whatever they are called. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/base/system/owned.h"
#include "tests/data/harm.h"

static bool marked(int dir)
{
    return !faccessat(dir, "mark", F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool is_listed(int dir, const char *name)
{
    return !strcmp(name, "listed.part");
}

static const ll_owned_entry inner_entries[] = {{.name = "*.leaf"}, {0}};
static const ll_owned_kind inner = {"inner", NULL, inner_entries};
static const ll_owned_entry toy_entries[] = {{.name = "mark"},
                                             {.name = "data"},
                                             {.name = "*.part", .made = is_listed},
                                             {.name = "inner", .folder = &inner},
                                             {0}};
static const ll_owned_kind toy = {"toy", marked, toy_entries};

/* A fresh folder of this name in the temporary one; static. */
static const char *place(const char *name)
{
    static char path[600];
    ll_error e = {0};
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_INT(ll_remove_tree(path, &e), LL_OK);
    CHECK_INT(ll_make_dirs(path, &e), LL_OK);
    return path;
}

static void put_toy(const char *dir, const char *data)
{
    harm_write(dir, "mark", "");
    harm_write(dir, "data", data);
    harm_write(dir, "listed.part", "");
    harm_write(dir, "inner/a.leaf", "");
}

/* What checking and removing say of a folder with a stranger in it; nothing may change. */
static void check_kept(const char *path, const char *why)
{
    ll_error e = {0};
    char *before = harm_picture(path);
    CHECK_INT(ll_owned_check(path, &toy, &e), LL_FAILED);
    CHECK_HAS(e.message, why);
    CHECK_INT(ll_owned_remove(path, &toy, &e), LL_FAILED);
    CHECK_HAS(e.message, why);
    char *after = harm_picture(path);
    CHECK_STR(after, before);
    free(before);
    free(after);
}

static void only_what_was_made_is_removed(void)
{
    ll_error e = {0};
    const char *path = place("made");
    put_toy(path, "1");
    CHECK_INT(ll_owned_check(path, &toy, &e), LL_OK);
    CHECK_INT(ll_owned_remove(path, &toy, &e), LL_OK);
    CHECK(!ll_is_dir(path));
    CHECK_INT(ll_owned_remove(path, &toy, &e), LL_OK); /* nothing is there */
}

static void strangers_are_in_the_way(void)
{
    static const char *const strangers[] = {"photo.jpg",    "Data",        "data~",      "other.part",
                                            "data.tmp-123", "inner/b.txt", "inner/mark", ".hidden"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        const char *path = place("strange");
        put_toy(path, "1");
        harm_write(path, strangers[i], "precious");
        check_kept(path, ll_path_base(strangers[i]));
    }
    const char *path = place("strange");
    harm_write(path, "data", "precious");
    check_kept(path, "no toy of latlab");
    check_kept(place("strange"), "no toy of latlab"); /* an empty folder is somebody's too */
}

static bool no_descriptor(int dir)
{
    errno = EMFILE;
    return false;
}

static bool no_descriptor_for(int dir, const char *name)
{
    return no_descriptor(dir);
}

/* It may be latlab's: then it would be wrong to say that it is not, and that the user move it away. */
static void what_cannot_be_looked_at_is_no_strangers(void)
{
    const ll_owned_kind unmarked = {"toy", no_descriptor, toy_entries};
    const ll_owned_kind unlisted = {"toy", NULL,
                                    (const ll_owned_entry[]){{.name = "*", .made = no_descriptor_for}, {0}}};
    const ll_owned_kind *const kinds[] = {&unmarked, &unlisted};
    const char *path = place("unseen");
    harm_write(path, "mark", "");
    for (size_t i = 0; i < 2; i++) {
        ll_error e = {0};
        CHECK_INT(ll_owned_remove(path, kinds[i], &e), LL_FAILED);
        CHECK_HAS(e.message, strerror(EMFILE));
        CHECK(!strstr(e.message, "move that away"));
    }
    CHECK_OK(ll_owned_remove(path, &toy, NULL));
}

static void links_and_other_kinds_of_file_are_in_the_way(void)
{
    char *target = strdup(place("target")), *link = ll_path_join(check_tmpdir(), "link");
    put_toy(target, "1");
    CHECK_INT(symlink(target, link), 0);
    check_kept(link, "is a link");
    char *inside = ll_path_join(place("linked"), "inner");
    put_toy(place("linked"), "1");
    unlink(link);
    char *leaf = ll_path_join(inside, "a.leaf");
    CHECK(!unlink(leaf) && !rmdir(inside) && !symlink(target, inside));
    ll_str path = {0};
    ll_str_addf(&path, "%s/linked", check_tmpdir());
    check_kept(path.s, "inner");
    CHECK(!unlink(inside) && !mkfifo(inside, 0600));
    check_kept(path.s, "inner");
    ll_str_free(&path);
    free(leaf);
    free(inside);
    free(target);
    free(link);
}

/* --- making --- */

static ll_status make_toy(const char *dir, const char *name, const char *keep_name, const char *data,
                          ll_error *e)
{
    ll_owned_work w;
    ll_status s = ll_owned_begin(&w, dir, &toy, e);
    if (s) return s;
    char *path = ll_path_join(dir, name), *keep = keep_name ? ll_path_join(dir, keep_name) : NULL;
    put_toy(w.fresh, data);
    s = ll_owned_install(&w, path, keep, e);
    ll_owned_end(&w);
    free(path);
    free(keep);
    return s;
}

static void check_data(const char *dir, const char *name, const char *data)
{
    char *folder = ll_path_join(dir, name), *path = ll_path_join(folder, "data"), *text = NULL;
    ll_error e = {0};
    size_t n;
    if (data) {
        CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
        CHECK_STR(text, data);
    } else {
        CHECK(!ll_is_dir(folder));
    }
    free(text);
    free(path);
    free(folder);
}

static void what_is_replaced_may_be_kept(void)
{
    ll_error e = {0};
    const char *dir = place("keeping");
    CHECK_INT(make_toy(dir, "a", ".former/a", "1", &e), LL_OK);
    check_data(dir, ".former/a", NULL);
    CHECK_INT(make_toy(dir, "a", ".former/a", "2", &e), LL_OK);
    CHECK_INT(make_toy(dir, "a", ".former/a", "3", &e), LL_OK);
    check_data(dir, "a", "3");
    check_data(dir, ".former/a", "2");
    CHECK_INT(make_toy(dir, "a", NULL, "4", &e), LL_OK);
    check_data(dir, "a", "4");
    check_data(dir, ".former/a", "2");
    CHECK(!harm_any(dir, ".tmp-"));
}

static void nothing_changes_where_something_is_in_the_way(void)
{
    ll_error e = {0};
    const char *dir = place("way");
    CHECK_INT(make_toy(dir, "a", NULL, "1", &e), LL_OK);
    harm_write(dir, ".former/a/photo.jpg", "precious");
    harm_write(dir, "photos/mark", "precious");
    harm_write(dir, "photos/photo.jpg", "precious");
    harm_write(dir, "file", "precious");
    char *before = harm_picture(dir);
    CHECK_INT(make_toy(dir, "a", ".former/a", "2", &e), LL_FAILED);
    CHECK_HAS(e.message, ".former/a");
    CHECK_INT(make_toy(dir, "photos", NULL, "2", &e), LL_FAILED);
    CHECK_HAS(e.message, "photo.jpg");
    CHECK_INT(make_toy(dir, "file", NULL, "2", &e), LL_FAILED);
    char *after = harm_picture(dir);
    CHECK_STR(after, before);
    free(before);
    free(after);
}

static void a_link_does_not_lead_former_states_elsewhere(void)
{
    ll_error e = {0};
    char *elsewhere = strdup(place("elsewhere"));
    const char *dir = place("leading");
    char *former = ll_path_join(dir, ".former");
    put_toy(elsewhere, "x");
    CHECK_INT(symlink(elsewhere, former), 0);
    CHECK_INT(make_toy(dir, "a", NULL, "1", &e), LL_OK);
    char *before = harm_picture(elsewhere);
    CHECK_INT(make_toy(dir, "a", ".former/a", "2", &e), LL_FAILED);
    char *after = harm_picture(elsewhere);
    CHECK_STR(after, before);
    check_data(dir, "a", "1");
    free(before);
    free(after);
    free(former);
    free(elsewhere);
}

static void modes_are_kept(void)
{
    ll_error e = {0};
    const char *dir = place("modes");
    char *folder = ll_path_join(dir, "a"), *file = ll_path_join(folder, "data");
    struct stat st;
    CHECK_INT(make_toy(dir, "a", NULL, "1", &e), LL_OK);
    CHECK(!chmod(folder, 0700) && !chmod(file, 0600));
    CHECK_INT(make_toy(dir, "a", NULL, "2", &e), LL_OK);
    CHECK(!stat(folder, &st) && (st.st_mode & 0777) == 0700);
    CHECK(!stat(file, &st) && (st.st_mode & 0777) == 0600);
    free(folder);
    free(file);
}

/* As a user who is not root, whom modes bind: a read-only folder cannot be replaced. Nothing of the new one stays. */
static int replace_read_only(const char *dir)
{
    ll_error e = {0};
    ll_strs names = {0};
    char *folder = ll_path_join(dir, "a");
    if (!geteuid() && setuid(65534)) return 77;
    int bad = make_toy(dir, "a", NULL, "1", &e) != LL_OK || chmod(folder, 0555);
    bad |= make_toy(dir, "a", NULL, "2", &e) != LL_FAILED;
    bad |= ll_list_dir(dir, NULL, &names, NULL) != LL_OK || names.n != 1;
    chmod(folder, 0755);
    ll_strs_free(&names);
    free(folder);
    return bad;
}

static void read_only_folders_leave_nothing_behind(void)
{
    int status = 0;
    const char *dir = place("read-only");
    CHECK(!chmod(check_tmpdir(), 0711) && !chmod(dir, 0777));
    fflush(stdout);
    if (!fork()) _exit(replace_read_only(dir));
    CHECK(wait(&status) > 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        check_skip("this process cannot become another user");
    else
        CHECK_INT(status, 0);
}

/* --- left behind --- */

static void live_work_folders_stay(void)
{
    ll_owned_work first, second;
    ll_error e = {0};
    const char *dir = place("live");
    CHECK_INT(ll_owned_begin(&first, dir, &toy, &e), LL_OK);
    harm_write(first.fresh, "data", "1");
    CHECK_INT(ll_owned_begin(&second, dir, &toy, &e), LL_OK);
    CHECK(ll_is_dir(first.fresh));
    ll_owned_end(&second);
    CHECK(ll_is_dir(first.fresh));
    ll_owned_end(&first);
    CHECK(!harm_any(dir, ".tmp-"));
}

static void killed_work_is_removed(void)
{
    ll_error e = {0};
    const char *dir = place("killed");
    pid_t pid = fork();
    if (!pid) {
        ll_owned_work w;
        if (ll_owned_begin(&w, dir, &toy, &e)) _exit(1);
        harm_write(w.fresh, "data.tmp-77", "half"); /* no mark yet, and a single file half written */
        harm_write(w.fresh, ".latlab-tmp-0123456789abcdef", "half");
        harm_write(w.fresh, "other.part", "half");
        harm_write(w.fresh, "inner/a.leaf", "half");
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    CHECK(harm_any(dir, ".tmp-"));
    CHECK_INT(make_toy(dir, "a", NULL, "1", &e), LL_OK);
    CHECK(!harm_any(dir, ".tmp-"));
    check_data(dir, "a", "1");
}

/* Folders that are called like latlab's, with what a stranger could have in them. */
static void names_alone_prove_nothing(void)
{
    static const char *const strangers[] = {
        ".latlab.tmp-photos/photo.jpg", ".latlab.tmp-locked/lock",      ".latlab.tmp-beside/fresh/photo.jpg",
        ".latlab.tmp-abcdefgh/lock",    ".a.tmp-1/photo.jpg",           ".a.former/photo.jpg",
        ".latlab.tmp-marked/photo.jpg", ".latlab.tmp-filled/fresh/x.y", ".latlab.tmp-a_file"};
    ll_error e = {0};
    const char *dir = place("names");
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        harm_write(dir, strangers[i], "precious");
    harm_write(dir, ".latlab.tmp-marked/lock", "latlab works here\n");
    harm_write(dir, ".latlab.tmp-filled/lock", "latlab works here\n");
    char *link = ll_path_join(dir, ".latlab.tmp-linked"), *target = ll_path_join(check_tmpdir(), "target2");
    harm_write(target, "lock", "latlab works here\n");
    CHECK_INT(symlink(target, link), 0);
    char *before = harm_picture(dir), *there = harm_picture(target);
    ll_owned_work w;
    CHECK_INT(ll_owned_begin(&w, dir, &toy, &e), LL_OK);
    ll_owned_end(&w);
    char *after = harm_picture(dir), *still = harm_picture(target);
    CHECK_STR(after, before);
    CHECK_STR(still, there);
    free(before);
    free(after);
    free(there);
    free(still);
    free(link);
    free(target);
}

static void what_was_aside_comes_back(void)
{
    ll_error e = {0};
    const char *dir = place("aside");
    char *work = ll_path_join(dir, ".latlab.tmp-123abc"), *aside = ll_path_join(work, "aside/a");
    harm_write(work, "lock", "latlab works here\n");
    put_toy(aside, "1");
    ll_owned_work w;
    CHECK_INT(ll_owned_begin(&w, dir, &toy, &e), LL_OK);
    ll_owned_end(&w);
    check_data(dir, "a", "1");
    CHECK(!harm_any(dir, ".tmp-"));
    harm_write(work, "lock", "latlab works here\n");
    put_toy(aside, "2"); /* its place is taken: it stays, hidden */
    CHECK_INT(ll_owned_begin(&w, dir, &toy, &e), LL_OK);
    ll_owned_end(&w);
    check_data(dir, "a", "1");
    check_data(aside, "", "2");
    free(work);
    free(aside);
}

/* From here on this process cannot exchange two names, as on file systems that do not know how. */
static bool forbid_exchange(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void file_systems_without_exchange_will_do(void)
{
    int status = 0;
    ll_error e = {0};
    const char *dir = place("slowly");
    CHECK_INT(make_toy(dir, "a", NULL, "1", &e), LL_OK);
    pid_t pid = fork();
    if (!pid) {
        if (!forbid_exchange()) _exit(77);
        ll_status s = make_toy(dir, "a", ".former/a", "2", &e);
        if (!s) s = make_toy(dir, "a", ".former/a", "3", &e);
        _exit((int)s);
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        check_skip("no seccomp here");
        return;
    }
    CHECK_INT(status, 0);
    check_data(dir, "a", "3");
    check_data(dir, ".former/a", "2");
    CHECK(!harm_any(dir, ".tmp-"));
}

static const check_case cases[] = {
    {"only what was made is removed", only_what_was_made_is_removed},
    {"strangers are in the way", strangers_are_in_the_way},
    {"what cannot be looked at is no stranger's", what_cannot_be_looked_at_is_no_strangers},
    {"links and other kinds of file are in the way", links_and_other_kinds_of_file_are_in_the_way},
    {"what is replaced may be kept", what_is_replaced_may_be_kept},
    {"nothing changes where something is in the way", nothing_changes_where_something_is_in_the_way},
    {"a link does not lead former states elsewhere", a_link_does_not_lead_former_states_elsewhere},
    {"modes are kept", modes_are_kept},
    {"read-only folders leave nothing behind", read_only_folders_leave_nothing_behind},
    {"live work folders stay", live_work_folders_stay},
    {"killed work is removed", killed_work_is_removed},
    {"names alone prove nothing", names_alone_prove_nothing},
    {"what was aside comes back", what_was_aside_comes_back},
    {"file systems without exchange will do", file_systems_without_exchange_will_do},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return check_main("test_owned", cases, argc, argv);
}
