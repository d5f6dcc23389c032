#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "tests/crash/crash.h"

void cr_stop(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("crash: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(2);
}

char *cr_path(const char *world, const char *relative)
{
    return ll_path_join(world, relative);
}

bool cr_is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

char *cr_read(const char *path)
{
    char *text = NULL;
    return ll_read_file(path, 0, &text, NULL, NULL) ? NULL : text;
}

void cr_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f)) cr_stop("%s: %s", path, strerror(errno));
}

void cr_copy(const char *from, const char *to)
{
    int status;
    pid_t pid = fork();
    if (!pid) {
        execlp("cp", "cp", "-a", from, to, NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status) cr_stop("%s: cannot be copied", from);
}

/* --- strangers --------------------------------------------------------------------------------------------- */

/* Files of the user's or of another program's where latlab keeps its own, under names latlab might take for its
 * own: nothing of it may change. `>` before the content: a symbolic link to there. */
static const struct {
    const char *path, *content;
    unsigned mode;
} strangers[] = {
    {"home/data/latlab/photos/beach.jpg", "a picture", 0644},
    {"home/data/latlab/photos/2019/dog.jpg", "another picture", 0600},
    {"home/data/latlab/a.old/letter.txt", "of the user's", 0644},
    {"home/data/latlab/kept.old/letter.txt", "of the user's", 0644},
    {"home/data/latlab/.a.tmp-notes", "a file, and no process", 0644},
    {"home/data/latlab/.toys.tmp-mine/letter.txt", "of the user's", 0644},
    {"home/data/latlab/.hidden/letter.txt", "of the user's", 0600},
    {"home/data/latlab/README", "which datasets I have", 0644},
    {"home/data/latlab/sessions/first.old/letter.txt", "of the user's", 0644},
    {"home/data/latlab/sessions/early.old/letter.txt", "of the user's", 0644},
    {"home/data/latlab/sessions/notes.txt", "of the user's", 0644},
    {"home/data/latlab/sessions/drafts/letter.txt", "of the user's", 0644},
    {"home/data/latlab/tasks.json.old", "of the user's", 0644},
    {"home/state/latlab/live/mine/letter.txt", "of the user's", 0644},
    {"home/state/latlab/notes.txt", "of the user's", 0644},
    {"home/config/latlab/notes.txt", "of the user's", 0644},
    {"home/elsewhere/victim.csv", "where links lead", 0644},
    {"work/out.csv.tmp", "of the user's", 0644},
    {"work/table.csv.old", "of the user's", 0644},
    {"work/link-to-victim", ">../home/elsewhere/victim.csv", 0},
};
enum { STRANGERS = sizeof strangers / sizeof *strangers };

static void plant_one(const char *world, int i)
{
    char *path = cr_path(world, strangers[i].path), *slash = strrchr(path, '/');
    *slash = 0;
    if (ll_make_dirs(path, NULL)) cr_stop("%s: cannot be made", path);
    *slash = '/';
    if (strangers[i].content[0] == '>') {
        if (symlink(strangers[i].content + 1, path)) cr_stop("%s: %s", path, strerror(errno));
    } else {
        cr_write(path, strangers[i].content);
        if (chmod(path, strangers[i].mode)) cr_stop("%s: %s", path, strerror(errno));
    }
    free(path);
}

/* A table of another device for the architectures of table.csv: its first column, doubled. */
static void write_more(const char *world)
{
    char *from = cr_path(world, "work/table.csv"), *to = cr_path(world, "work/more.csv"),
         *text = cr_read(from);
    ll_strs lines = {0};
    ll_str out = {0};
    if (!text) cr_stop("%s: the first script did not write it", from);
    ll_strs_split(&lines, text, '\n');
    for (int i = 0; i < lines.n; i++) {
        char *arch = strtok(lines.v[i], ","), *first = strtok(NULL, ",");
        if (i)
            ll_str_addf(&out, "%s,%.6g\n", arch, 2 * atof(first ? first : "1"));
        else
            ll_str_addf(&out, "%s,new\n", arch);
    }
    cr_write(to, ll_str_text(&out));
    ll_strs_free(&lines);
    ll_str_free(&out);
    free(text);
    free(from);
    free(to);
}

void cr_world_plant(const char *world)
{
    char *out = cr_path(world, "work/out.csv");
    for (int i = 0; i < STRANGERS; i++) plant_one(world, i);
    write_more(world);
    if (chmod(out, 0600)) cr_stop("%s: %s", out, strerror(errno));
    free(out);
}

static int age_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    (void)flag, (void)ftw;
    times[0].tv_sec -= 3600;
    times[1].tv_sec -= 3600;
    return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

void cr_age(const char *world)
{
    if (nftw(world, age_one, 16, FTW_PHYS)) cr_stop("%s: cannot be aged", world);
}

void cr_strangers(const char *world, ll_strs *lines)
{
    for (int i = 0; i < STRANGERS; i++) {
        char *path = cr_path(world, strangers[i].path), *text = cr_read(path), link[200] = "";
        struct stat st = {0};
        ll_str line = {0};
        if (!lstat(path, &st) && S_ISLNK(st.st_mode) && readlink(path, link, sizeof link - 1) < 0)
            link[0] = '?';
        ll_str_addf(&line, "%s mode %o%s%s: %s", strangers[i].path, st.st_mode, *link ? " to " : "", link,
                    text ? text : "is gone");
        ll_strs_take(lines, ll_str_take(&line));
        free(text);
        free(path);
    }
}

/* --- shapes ------------------------------------------------------------------------------------------------- */

static ll_strs *walked; /* nftw has no argument for its caller */
static size_t walked_prefix;

/* Each run of digits and each long run of hexadecimal ones becomes '#': process numbers, dates, hashes. Several with a '-'
 * between them are one: a date, a process and, where a session of that second is there already, a count. */
static void add_shape(const char *path)
{
    ll_str shape = {0};
    for (const char *p = path; *p;) {
        size_t hex = strspn(p, "0123456789abcdef"), digits = strspn(p, "0123456789");
        size_t n = hex >= 16 ? hex : digits;
        bool goes_on = n && shape.len >= 2 && !strcmp(shape.s + shape.len - 2, "#-");
        if (goes_on)
            shape.s[--shape.len] = 0;
        else
            ll_str_addc(&shape, n ? '#' : *p);
        p += n ? n : 1;
    }
    char *text = ll_str_take(&shape);
    if (ll_strs_has(walked, text))
        free(text);
    else
        ll_strs_take(walked, text);
}

static int add_path(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    add_shape(path + walked_prefix);
    return 0;
}

void cr_shapes(const char *world, ll_strs *shapes)
{
    static const char *const parts[] = {"home", "work"};
    walked = shapes;
    walked_prefix = strlen(world) + 1;
    for (int i = 0; i < 2; i++) {
        char *path = cr_path(world, parts[i]);
        nftw(path, add_path, 16, FTW_PHYS);
        free(path);
    }
}
