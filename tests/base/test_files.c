/* Files: what a write replaces, follows, keeps and refuses, as root and as somebody else; what is left behind by who was
 * killed; reads and writes that wait are cancelled. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "core/base/system/fs.h"
#include "tests/base/in_folder.h"

enum { NOBODY = 65534 };

static const char *folder(const char *name)
{
    const char *path = in(name);
    CHECK_INT(ll_make_dirs(path, &e), LL_OK);
    return path;
}

static int entries(const char *dir)
{
    ll_strs names = {0};
    CHECK_INT(ll_list_dir(dir, NULL, &names, &e), LL_OK);
    int n = names.n;
    ll_strs_free(&names);
    return n;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    return CHECK(!lstat(path, &st)) ? st.st_mode & 07777 : 0;
}

static bool is_link(const char *path)
{
    struct stat st;
    return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* Runs `fn` in a child, as nobody when this is root: root may do everything. Its checks are the child's failures. */
static void as_nobody(void (*fn)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        if (!geteuid() && (setgid(NOBODY) || setuid(NOBODY))) _exit(77);
        fn();
        fflush(NULL);
        _exit(check_failed() ? 1 : 0);
    }
    int how;
    CHECK(waitpid(child, &how, 0) == child && WIFEXITED(how));
    if (WEXITSTATUS(how) == 77)
        check_skip("cannot become another user");
    else
        CHECK_INT(WEXITSTATUS(how), 0);
}

/* --- what is written to ------------------------------------------------------------------------------------ */

static void a_planted_temporary_is_no_way_in(void)
{
    const char *dir = folder("planted"), *victim = in("planted/victim"), *path = in("planted/out.csv");
    CHECK_OK(put(victim, "dear"));
    char guess[5000];
    snprintf(guess, sizeof guess, "%s.tmp-%ld", path, (long)getpid());
    CHECK(!symlink("victim", guess));
    CHECK_OK(put(path, "new"));
    holds(victim, "dear");
    holds(path, "new");
    CHECK_INT(entries(dir), 3);
    /* no two temporaries have the same name, and none can be foreseen from the target's */
    ll_writer a, b;
    CHECK_OK(ll_writer_open(&a, path, &e));
    CHECK_OK(ll_writer_open(&b, path, &e));
    CHECK(strcmp(a.temporary, b.temporary) && !strstr(a.temporary, "out.csv"));
    ll_writer_abandon(&a);
    ll_writer_abandon(&b);
    CHECK_INT(entries(dir), 3);
    holds(path, "new");
}

static void modes_are_kept_and_new_files_follow_the_umask(void)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0755, 0777};
    folder("modes");
    const char *path = in("modes/f");
    mode_t before = umask(027);
    CHECK_OK(put(path, "1"));
    CHECK_INT(mode_of(path), 0640);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ll_writer w;
        CHECK(!chmod(path, modes[i]));
        CHECK_OK(ll_writer_open(&w, path, &e));
        struct stat st;
        CHECK(!fstat(fileno(w.f), &st) &&
              (st.st_mode & 0777 & ~modes[i]) == 0); /* never more open, from the start */
        CHECK_OK(ll_writer_commit(&w, &e));
        CHECK_INT(mode_of(path), modes[i]);
    }
    umask(before);
}

static void links_are_followed(void)
{
    const char *dir = folder("links");
    folder("links/deep");
    const char *file = in("links/deep/file"), *link = in("links/link"), *far = in("links/far");
    CHECK_OK(put(file, "old"));
    CHECK(!chmod(file, 0600));
    CHECK(!symlink("deep/file", link));
    CHECK(!symlink(link, far)); /* absolute, and a link to a link */
    CHECK_OK(put(far, "new"));
    CHECK(is_link(link) && is_link(far) && !is_link(file));
    holds(file, "new");
    CHECK_INT(mode_of(file), 0600);
    CHECK_INT(entries(dir), 3);

    const char *dangling = in("links/dangling"), *target = in("links/deep/target");
    CHECK(!symlink("deep/target", dangling));
    CHECK_OK(put(dangling, "made"));
    CHECK(is_link(dangling));
    holds(target, "made");
}

static void links_that_lead_nowhere_are_refused(void)
{
    folder("loops");
    const char *a = in("loops/a"), *b = in("loops/b"), *c = in("loops/c");
    CHECK(!symlink("b", a) && !symlink("a", b) && !symlink("no/folder/here", c));
    CHECK_INT(put(a, "x"), LL_FAILED);
    CHECK_HAS(e.message, "symbolic links");
    CHECK_INT(put(c, "x"), LL_FAILED);
    CHECK_HAS(e.message, "No such file");
    CHECK(is_link(a) && is_link(b) && is_link(c));
}

static void a_strangers_link_in_a_shared_folder_is_refused(void)
{
    if (geteuid()) {
        check_skip("only root can make another user's link");
        return;
    }
    const char *dir = folder("shared"), *link = in("shared/out.csv"), *victim = in("victim");
    CHECK_OK(put(victim, "dear"));
    CHECK(!chmod(dir, 01777) && !symlink("../victim", link) && !lchown(link, NOBODY, NOBODY));
    CHECK_INT(put(link, "x"), LL_FAILED);
    CHECK_HAS(e.message, "somebody else");
    holds(victim, "dear");
    CHECK(!lchown(link, 0, 0));
    CHECK_OK(put(link, "mine"));
    holds(victim, "mine");
}

static void what_is_no_file_is_never_replaced(void)
{
    const char *dir = folder("things/sub"), *pipe = in("things/pipe");
    CHECK(!mkfifo(pipe, 0600));
    CHECK_INT(put(dir, "x"), LL_FAILED);
    CHECK_HAS(e.message, "directory");
    CHECK_INT(put(in("things/sub/"), "x"), LL_FAILED);
    CHECK_INT(put("", "x"), LL_FAILED);
    CHECK_OK(put("/dev/null", "x"));
    CHECK_INT(put("/dev/full", "x"), LL_FAILED);
    CHECK_HAS(e.message, "No space left");
    CHECK_INT(ll_write_file("/dev/full/x", "one", 3, &e), LL_FAILED);
    struct stat st;
    CHECK(!stat("/dev/null", &st) && S_ISCHR(st.st_mode));
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    char got[8] = "";
    CHECK_OK(put(pipe, "x"));
    CHECK(read(reader, got, 8) == 1 && *got == 'x');
    close(reader);

    /* something comes to have the name between opening and commit */
    ll_writer w;
    const char *late = in("things/late");
    CHECK_OK(ll_writer_open(&w, late, &e));
    CHECK(!mkfifo(late, 0600));
    CHECK_INT(ll_writer_commit(&w, &e), LL_FAILED);
    CHECK(!lstat(late, &st) && S_ISFIFO(st.st_mode));
    CHECK_INT(entries(in("things")), 3);
}

static void own_files_are_plain_files(void)
{
    folder("own");
    const char *pipe = in("own/pipe"), *link = in("own/link"), *file = in("own/file");
    CHECK(!mkfifo(pipe, 0600) && !symlink("file", link));
    CHECK_INT(ll_open_own(pipe, 0, &e), -1);
    CHECK_HAS(e.message, "plain file");
    CHECK_INT(ll_open_own(in("own"), 0, &e), -1);
    int fd = ll_open_own(link, O_APPEND, &e); /* history and tasks are kept elsewhere by many */
    CHECK(fd >= 0 && write(fd, "a", 1) == 1);
    close(fd);
    holds(file, "a");
    if (geteuid()) return;
    CHECK(!chmod(in("own"), 01777) && !lchown(link, NOBODY, NOBODY));
    CHECK_INT(ll_open_own(link, O_APPEND, &e), -1);
    CHECK_HAS(e.message, "somebody else");
}

static void other_hard_links_keep_the_old_content(void)
{
    folder("hard");
    const char *one = in("hard/one"), *two = in("hard/two");
    CHECK_OK(put(one, "old"));
    CHECK(!link(one, two));
    CHECK_OK(put(one, "new"));
    holds(one, "new");
    holds(two, "old");
}

/* What the shell opened is written through what it opened: its file stays the same file. */
static void descriptors_are_written_through(void)
{
    folder("fds");
    const char *path = in("fds/out");
    char name[64];
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    struct stat before, after;
    CHECK(write(fd, "a", 1) == 1 && !fstat(fd, &before));
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    CHECK_OK(put(name, "b"));
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    CHECK_OK(put(name, "c"));
    holds(path, "abc");
    CHECK(!stat(path, &after) && before.st_ino == after.st_ino);
    close(fd);
    CHECK_INT(put("/dev/fd/99999", "x"), LL_FAILED);
    CHECK_INT(entries(in("fds")), 1);
}

static void relative_and_long_paths(void)
{
    char here[4096], deep[4200], name[256];
    CHECK(getcwd(here, sizeof here) != NULL);
    CHECK(!chdir(folder("rel")));
    CHECK_OK(put("f", "1"));
    CHECK_OK(put("./f", "2"));
    CHECK_OK(put("../rel/f", "3"));
    holds("f", "3");
    memset(name, 'n', 255);
    name[255] = 0;
    CHECK_OK(put(name, "long")); /* as long as a name may be: the temporary's does not grow with it */
    holds(name, "long");
    size_t n = 0;
    while (n + 200 < 4090) n += (size_t)snprintf(deep + n, 200, "%.*s/", 99, name); /* near PATH_MAX */
    deep[n] = 0;
    CHECK_OK(ll_make_dirs(deep, &e));
    deep[n++] = 'f';
    deep[n] = 0;
    CHECK_OK(put(deep, "deep"));
    holds(deep, "deep");
    memset(deep + n, 'x', 4150 - n);
    deep[4150] = 0;
    CHECK_INT(put(deep, "x"), LL_FAILED);
    CHECK(!chdir(here));
}

/* --- as somebody who may not do everything ----------------------------------------------------------------- */

static void closed_doors(void)
{
    if (CHECK(put(in("doors/locked/f"), "x") == LL_FAILED))
        CHECK_HAS(e.message, "needs a folder that may be written to");
    CHECK(put(in("doors/locked/new"), "x") == LL_FAILED);
    CHECK(put(in("doors/open/readonly"), "x") == LL_FAILED);
    CHECK_HAS(e.message, "Permission denied");
    CHECK(put(in("doors/open/mine"), "x") == LL_OK);
}

static void hidden_doors(void)
{
    CHECK(check_obey_modes());
    CHECK(!ll_is_file(in("doors/hidden/f")));
    CHECK(!ll_is_missing(in("doors/hidden/f")));
    CHECK(!ll_is_missing(in("doors/hidden/none"))); /* who knows */
}

/* What would be made anew because it is not there must not be there for sure. */
static void what_cannot_be_seen_is_not_missing(void)
{
    folder("doors/hidden");
    CHECK_OK(put(in("doors/hidden/f"), "x"));
    CHECK(!ll_is_missing(in("doors/hidden/f")));
    CHECK(ll_is_missing(in("doors/hidden/none")));
    CHECK(ll_is_missing(in("doors/hidden/f/below")));
    CHECK(!chmod(in("doors/hidden"), 0));
    int how = -1;
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        hidden_doors();
        fflush(NULL);
        _exit(check_failed() ? 1 : 0);
    }
    CHECK(waitpid(child, &how, 0) == child && WIFEXITED(how));
    CHECK_INT(WEXITSTATUS(how), 0);
    chmod(in("doors/hidden"), 0755);
}

static void without_permission_nothing_changes(void)
{
    folder("doors/locked");
    const char *open_folder = folder("doors/open"), *kept = in("doors/locked/f");
    CHECK_OK(put(kept, "kept"));
    CHECK_OK(put(in("doors/open/readonly"), "kept"));
    CHECK(!chmod(check_tmpdir(), 0755) && !chmod(kept, 0666) && !chmod(in("doors/open/readonly"), 0444));
    if (!geteuid()) CHECK(!chown(open_folder, NOBODY, NOBODY));
    CHECK(!chmod(in("doors/locked"), 0555));
    as_nobody(closed_doors);
    holds(in("doors/locked/f"), "kept");
    holds(in("doors/open/readonly"), "kept");
    holds(in("doors/open/mine"), "x");
    CHECK_INT(entries(in("doors/locked")), 1);
    CHECK_INT(entries(in("doors/open")), 2);
    chmod(in("doors/locked"), 0755);
}

static void of_another_group(void)
{
    CHECK(put(in("groups/f"), "new") == LL_OK);
}

/* A file that a group shares does not become open to the writer's own group. */
static void a_group_that_cannot_be_kept_opens_nothing(void)
{
    if (geteuid()) {
        check_skip("only root can give a file to another group");
        return;
    }
    const char *dir = folder("groups"), *path = in("groups/f");
    CHECK_OK(put(path, "old"));
    CHECK(!chmod(check_tmpdir(), 0755) && !chown(dir, NOBODY, NOBODY));
    CHECK(!chown(path, NOBODY, 12345) && !chmod(path, 0660));
    as_nobody(of_another_group);
    holds(path, "new");
    CHECK_INT(mode_of(path), 0600);
    CHECK(!chown(path, 4321, 12345) && !chmod(path, 04664)); /* root keeps owner, group and mode */
    CHECK_OK(put(path, "newer"));
    struct stat st;
    CHECK(!stat(path, &st) && st.st_uid == 4321 && st.st_gid == 12345);
    CHECK_INT(mode_of(path), 04664);
}

/* --- what is left behind ----------------------------------------------------------------------------------- */

static void age(const char *path, int seconds)
{
    struct timespec t[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    CHECK(!utimensat(AT_FDCWD, path, t, 0));
}

static void killed_while_writing(void)
{
    ll_writer w;
    if (!ll_writer_open(&w, in("killed/f"), &e)) kill(getpid(), SIGKILL);
}

static void temporaries_of_the_killed_are_swept(void)
{
    const char *dir = folder("killed"), *path = in("killed/f");
    folder("elsewhere");
    CHECK_OK(put(path, "old"));
    pid_t child = fork();
    if (!child) killed_while_writing();
    int how;
    CHECK(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
    CHECK_INT(entries(dir), 2);
    holds(path, "old");

    ll_strs names = {0};
    CHECK_OK(ll_list_dir(dir, NULL, &names, &e));
    char *left = ll_path_join(dir, names.v[0]), other[5000];
    ll_strs_free(&names);
    CHECK_OK(put(in("elsewhere/f"), "x")); /* sweeping is for the first write into a folder in a row */
    CHECK_OK(put(path, "young"));
    CHECK(ll_is_file(left)); /* it might be just being made */
    age(left, 3600);
    snprintf(other, sizeof other, "%s/.latlab-tmp-of-mine", dir); /* much like it, but not one of ours */
    CHECK_OK(put(other, "dear"));
    age(other, 3600);
    int fd = open(left, O_RDONLY);
    CHECK(!flock(fd, LOCK_EX)); /* a writer that lives */
    CHECK_OK(put(in("elsewhere/f"), "x"));
    CHECK_OK(put(path, "beside"));
    CHECK(ll_is_file(left));
    close(fd);
    CHECK_OK(put(in("elsewhere/f"), "x"));
    CHECK_OK(put(path, "alone"));
    CHECK(!ll_is_file(left));
    holds(path, "alone");
    holds(other, "dear");
    free(left);
}

static void a_sudden_end_takes_its_temporaries_along(void)
{
    enum { WRITERS = 40 };
    const char *dir = folder("sudden"), *path = in("sudden/f");
    ll_writer w[WRITERS];
    CHECK_OK(put(path, "old"));
    for (int i = 0; i < WRITERS; i++) CHECK_OK(ll_writer_open(&w[i], path, &e));
    CHECK_INT(entries(dir), 1 + WRITERS);
    ll_writers_drop();
    CHECK(entries(dir) <= 1 + WRITERS - 32);
    for (int i = 0; i < WRITERS; i++) ll_writer_abandon(&w[i]);
    CHECK_INT(entries(dir), 1);
    CHECK_OK(put(path, "new")); /* the places are free again */
    CHECK_OK(ll_writer_open(&w[0], path, &e));
    ll_writers_drop();
    CHECK_INT(entries(dir), 1);
    ll_writer_abandon(&w[0]);
    holds(path, "new");
}

static void a_file_that_may_not_grow(void)
{
    struct rlimit most = {1000, 1000};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &most);
    char big[20000];
    memset(big, 'x', sizeof big);
    CHECK(ll_write_file(in("full/f"), big, sizeof big, &e) == LL_FAILED);
    CHECK_HAS(e.message, "too large; what was there is unchanged");
}

static void a_full_disk_keeps_the_old_file(void)
{
    const char *dir = folder("full"), *path = in("full/f");
    CHECK_OK(put(path, "old"));
    CHECK(!chmod(check_tmpdir(), 0755) && !chmod(path, 0666) && !chmod(dir, 0777));
    as_nobody(a_file_that_may_not_grow);
    holds(path, "old");
    CHECK_INT(entries(dir), 1);
}

static void paths_have_a_folder(void)
{
    static const char *const folder[][2] = {{"a", "."},   {"a/b", "a"},      {"a//b", "a"}, {"/a", "/"},
                                            {"//a", "/"}, {"/a/b/", "/a/b"}, {"", "."}};
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) {
        char *of = ll_path_folder(folder[i][0]);
        CHECK_STR(of, folder[i][1]);
        free(of);
    }
}

static const check_case cases[] = {
    {"paths have a folder", paths_have_a_folder},
    {"a planted temporary is no way in", a_planted_temporary_is_no_way_in},
    {"modes are kept, and new files follow the umask", modes_are_kept_and_new_files_follow_the_umask},
    {"links are followed", links_are_followed},
    {"links that lead nowhere are refused", links_that_lead_nowhere_are_refused},
    {"a stranger's link in a shared folder is refused", a_strangers_link_in_a_shared_folder_is_refused},
    {"what is no file is never replaced", what_is_no_file_is_never_replaced},
    {"own files are plain files", own_files_are_plain_files},
    {"other hard links keep the old content", other_hard_links_keep_the_old_content},
    {"descriptors are written through", descriptors_are_written_through},
    {"relative and long paths", relative_and_long_paths},
    {"without permission nothing changes", without_permission_nothing_changes},
    {"what cannot be seen is not missing", what_cannot_be_seen_is_not_missing},
    {"a group that cannot be kept opens nothing", a_group_that_cannot_be_kept_opens_nothing},
    {"temporaries of the killed are swept", temporaries_of_the_killed_are_swept},
    {"a sudden end takes its temporaries along", a_sudden_end_takes_its_temporaries_along},
    {"a full disk keeps the old file", a_full_disk_keeps_the_old_file},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_files", cases, argc, argv);
}
