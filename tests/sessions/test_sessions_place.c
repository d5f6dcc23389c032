/* Where sessions are put: what is not latlab's own session, or is open elsewhere, is neither moved nor removed. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sessions/folder.h"
#include "sessions/header.h"
#include "tests/say.h"

static char *made(const char *dir)
{
    CHECK_OK(ll_make_dirs(dir, NULL));
    return ll_strdup(dir);
}

/* A file of the user's in this folder, and whether it is still there. */
static void plant(const char *dir, const char *name)
{
    char *folder = made(dir), *path = ll_path_join(dir, name);
    CHECK_OK(ll_write_file(path, "mine", 4, NULL));
    free(folder);
    free(path);
}

static void check_planted(const char *dir, const char *name)
{
    char *path = ll_path_join(dir, name), *text;
    size_t len;
    if (CHECK(ll_is_file(path))) {
        text = read_text(path, &len);
        CHECK_STR(text, "mine");
        free(text);
    }
    free(path);
}

static void check_refused(ll_app *a, const char *line, const char *why)
{
    CHECK_INT(say(a, line), LL_FAILED);
    CHECK_HAS(said, why);
}

static void check_tag(const char *open, const char *tag)
{
    ll_state s;
    ll_app *a = app_new();
    SAY(a, open);
    ll_app_snapshot(a, &s);
    if (CHECK(s.tags.n == 1)) CHECK_STR(s.tags.v[0], tag);
    ll_state_free(&s);
    ll_app_free(a);
}

/* --- former states ----------------------------------------------------------------------------------------
 */

static void save_takes_no_names_of_others(void)
{
    char *old = saved_path("first", ""), *users;
    old[strlen(old) - 1] = 0;
    ll_str path = {0};
    ll_str_addf(&path, "%s.old", old);
    users = ll_str_take(&path);
    plant(users, "thesis.tex");
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save first");
    ll_app_free(a);
    a = app_with("sim_eyeriss");
    SAY(a, "save first");
    ll_app_free(a);
    check_planted(users, "thesis.tex");
    check_tag("open first", "sim_eyeriss");
    check_tag("open first former=on", "sim_raspi4");
    a = app_with("sim_v100_b1"); /* one former state is kept */
    SAY(a, "save first");
    SAY(a, "sessions");
    CHECK(!strstr(said, "former"));
    ll_app_free(a);
    check_tag("open first former=on", "sim_eyeriss");
    ll_remove_tree(users, NULL);
    free(users);
    free(old);
}

static void sessions_called_old_are_sessions(void)
{
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save first.old");
    ll_app_free(a);
    a = app_with("sim_eyeriss");
    SAY(a, "save first");
    SAY(a, "save first");
    ll_app_free(a);
    check_tag("open first.old", "sim_raspi4");
}

static void hidden_names_are_not_for_users(void)
{
    ll_app *a = app_with("sim_raspi4");
    static const char *const lines[] = {
        "save .first.former", "save ./.first.former", "save ./x/.former/", "save ./..", "save /", "save ./"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_INT(say(a, lines[i]), LL_USAGE);
    ll_app_free(a);
}

static void former_states_in_use_are_not_replaced(void)
{
    char *dir = saved_path("first", ""), *former;
    dir[strlen(dir) - 1] = 0;
    former = ll_session_former(dir);
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save first");
    int lock = ll_session_lock(former, NULL);
    CHECK(lock >= 0);
    ll_app *b = app_with("sim_eyeriss");
    SAY(b, "save second"); /* leaves a's session alone */
    ll_app_free(a);
    check_refused(b, "save first", "open in another latlab");
    close(lock);
    SAY(b, "save first");
    ll_app_free(b);
    CHECK_OK(ll_remove_tree(former, NULL)); /* what the user puts there is the user's */
    plant(former, "notes");
    a = app_with("sim_raspi4");
    check_refused(a, "save first", "only what it made");
    check_planted(former, "notes");
    ll_app_free(a);
    check_tag("open first", "sim_eyeriss");
    CHECK_OK(ll_remove_tree(former, NULL));
    free(former);
    free(dir);
}

/* --- in the way -------------------------------------------------------------------------------------------
 */

static void folders_of_others_are_refused(void)
{
    char *mine = ll_path_join(check_tmpdir(), "my/photos"), *inside = saved_path("first", ""), line[512];
    ll_app *a = app_with("sim_raspi4");
    snprintf(line, sizeof line, "save %s", mine);
    plant(mine, "beach.jpg");
    check_refused(a, line, "is no session of latlab");
    plant(mine, "session.json"); /* of another program */
    check_refused(a, line, "is no session of latlab");
    check_planted(mine, "beach.jpg");
    check_planted(mine, "session.json");
    plant(inside, "notes.txt"); /* in a session of ours */
    check_refused(a, "save first", "notes.txt");
    check_planted(inside, "notes.txt");
    check_tag("open first", "sim_eyeriss");
    char *notes = ll_path_join(inside, "notes.txt");
    unlink(notes);
    free(notes);
    free(inside);
    inside = saved_path("first", "blobs");
    plant(inside, "notes.txt");
    check_refused(a, "save first", "notes.txt");
    check_planted(inside, "notes.txt");
    notes = ll_path_join(inside, "notes.txt");
    unlink(notes);
    SAY(a, "save first");
    ll_app_free(a);
    free(notes);
    free(inside);
    free(mine);
}

static void links_are_not_replaced(void)
{
    char *link = saved_path("linked", ""), *to = saved_path("first", ""),
         *nowhere = saved_path("dangling", "");
    link[strlen(link) - 1] = 0;
    nowhere[strlen(nowhere) - 1] = 0;
    CHECK(!symlink(to, link) && !symlink("/nowhere/at/all", nowhere));
    ll_app *a = app_with("sim_v100_b1");
    check_refused(a, "save linked", "is a link");
    check_refused(a, "save dangling", "is a link");
    ll_app_free(a);
    check_tag("open first", "sim_raspi4");
    a = app_new();
    SAY(a, "open first");
    SAY(a, "save linked"); /* where it is already, by another name */
    ll_app_free(a);
    CHECK(!unlink(link) && !unlink(nowhere));
    free(link);
    free(to);
    free(nowhere);
}

/* One part of a session becomes a link to a file or a folder of the user's. */
static void check_part(const char *part, const char *target)
{
    char *path = saved_path("planted", part);
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save planted");
    ll_app_free(a);
    CHECK_OK(ll_remove_tree(path, NULL));
    CHECK(!symlink(target, path));
    a = app_new();
    CHECK_INT(say(a, "open planted"), LL_FAILED);
    CHECK_HAS(said, part);
    ll_app_free(a);
    CHECK(!unlink(path) && !mkfifo(path, 0666));
    a = app_new();
    CHECK_INT(say(a, "open planted"), LL_FAILED);
    SAY(a, "open planted copy=on"); /* which neither waits nor copies it */
    ll_app_free(a);
    CHECK(!unlink(path));
    char *dir = saved_path("planted", "");
    CHECK_OK(ll_remove_tree(dir, NULL));
    free(dir);
    free(path);
}

static void planted_parts_are_not_followed(void)
{
    char *mine = ll_path_join(check_tmpdir(), "my/own"), *file = ll_path_join(mine, "file");
    plant(mine, "file");
    alarm(60);
    check_part("lock", file);
    check_part("journal.jsonl", file);
    check_part("session.json", file);
    check_part("blobs", mine);
    alarm(0);
    check_planted(mine, "file");
    ll_strs names = {0};
    CHECK_OK(ll_list_dir(mine, NULL, &names, NULL));
    CHECK_INT(names.n, 1);
    ll_strs_free(&names);
    free(mine);
    free(file);
}

static void copies_take_only_what_is_of_the_session(void)
{
    char *blobs = saved_path("first", "blobs"), *mine = ll_path_join(check_tmpdir(), "my/secrets"),
         *secret = ll_path_join(mine, "key"), *to = ll_path_join(check_tmpdir(), "copy");
    static const char *const names[] = {"a.safetensors", "b.dataset", "c.safetensors"};
    const char *targets[] = {secret, mine, NULL};
    plant(mine, "key");
    for (int i = 0; i < 3; i++) {
        char *path = ll_path_join(blobs, names[i]);
        CHECK(!(targets[i] ? symlink(targets[i], path) : mkfifo(path, 0666)));
        free(path);
    }
    char *from = saved_path("first", "");
    plant(from, "stranger");
    alarm(60);
    CHECK_OK(ll_make_dirs(to, NULL));
    CHECK_OK(ll_session_copy(from, to, NULL));
    alarm(0);
    ll_strs found = {0};
    CHECK_OK(ll_list_dir(to, NULL, &found, NULL));
    CHECK_INT(found.n, 3);
    ll_strs_free(&found);
    char *copied = ll_path_join(to, "blobs");
    CHECK_OK(ll_list_dir(copied, NULL, &found, NULL));
    CHECK_INT(found.n, 1); /* the architectures */
    ll_strs_free(&found);
    for (int i = 0; i < 3; i++) {
        char *path = ll_path_join(blobs, names[i]);
        CHECK(!unlink(path));
        free(path);
    }
    char *stranger = ll_path_join(from, "stranger");
    CHECK(!unlink(stranger));
    check_planted(mine, "key");
    free(stranger);
    free(copied);
    free(from);
    free(to);
    free(secret);
    free(mine);
    free(blobs);
}

/* The file that one of the session's blobs lies in. The caller frees. */
static char *blob_of(const char *session, const char *suffix)
{
    ll_strs names = {0};
    char *blobs = saved_path(session, "blobs"), *path = NULL;
    CHECK_OK(ll_list_dir(blobs, suffix, &names, NULL));
    if (CHECK(names.n > 0)) path = ll_path_join(blobs, names.v[0]);
    ll_strs_free(&names);
    free(blobs);
    return path;
}

/* What is read of a session is never waited for: neither its journal, by the list, nor a blob, when it is opened. */
static void planted_pipes_are_not_waited_for(void)
{
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "partition train=3 test=2");
    SAY(a, "pretrain flops");
    SAY(a, "save piped");
    ll_app_free(a);
    char *model = blob_of("piped", ".safetensors"), *journal = saved_path("piped", "journal.jsonl");
    CHECK(!unlink(model) && !mkfifo(model, 0666));
    alarm(60);
    a = app_new();
    say(a, "open piped");
    CHECK_HAS(said, "is no file, a file was expected");
    ll_app_free(a);
    CHECK(!unlink(journal) && !mkfifo(journal, 0666));
    a = app_new();
    SAY(a, "sessions");
    ll_app_free(a);
    alarm(0);
    char *dir = saved_path("piped", "");
    CHECK_OK(ll_remove_tree(dir, NULL));
    free(dir);
    free(model);
    free(journal);
}

/* Links in an open session's folder, under the names that could be foreseen: of temporaries, and of the blob of the
 * architectures. */
static void planted_blobs_are_not_followed(void)
{
    char *mine = ll_path_join(check_tmpdir(), "my/blobs"), *file = ll_path_join(mine, "file"),
         *none = ll_path_join(mine, "none"), temporary[64];
    plant(mine, "file");
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save linked");
    char *genes = blob_of("linked", ".genes");
    snprintf(temporary, sizeof temporary, "blobs/new-%ld", (long)getpid());
    char *foreseen = saved_path("linked", temporary);
    CHECK(!unlink(genes) && !symlink(none, genes) && !symlink(file, foreseen));
    SAY(a, "partition train=3 test=2");
    SAY(a, "pretrain flops");
    ll_app_free(a);
    check_planted(mine, "file");
    CHECK(ll_is_missing(none));
    char *dir = saved_path("linked", "");
    CHECK_OK(ll_remove_tree(dir, NULL));
    free(dir);
    free(foreseen);
    free(genes);
    free(none);
    free(file);
    free(mine);
}

/* The header alone is enough, to go on with and for a copy. */
static void sessions_without_a_journal_open(void)
{
    ll_app *a = app_with("sim_raspi4");
    SAY(a, "save bare");
    ll_app_free(a);
    char *journal = saved_path("bare", "journal.jsonl"), *dir = saved_path("bare", "");
    CHECK(!unlink(journal));
    check_tag("open bare copy=on", "sim_raspi4");
    check_tag("open bare", "sim_raspi4");
    CHECK_OK(ll_remove_tree(dir, NULL));
    free(journal);
    free(dir);
}

/* --- live sessions ----------------------------------------------------------------------------------------
 */

static void old_live_sessions_go_only_when_they_are_nobodys(void)
{
    ll_app *open = app_with("sim_raspi4"); /* the oldest, but in use */
    char *own = ll_strdup(ll_session_of(open)->dir), *live = ll_sessions_live_dir();
    char *users = ll_path_join(live, "20200101-000000-1"), *noted;
    plant(users, "session.json"); /* no session, whatever it is called */
    ll_app *a = app_with("sim_raspi4");
    noted = ll_strdup(ll_session_of(a)->dir);
    ll_app_free(a);
    plant(noted, "notes.txt");
    for (int i = 0; i < 36; i++) ll_app_free(app_with("sim_eyeriss"));
    check_planted(users, "session.json");
    check_planted(noted, "notes.txt");
    CHECK(ll_session_is(noted));
    SAY(open, "tag sim_eyeriss");
    CHECK(!strstr(said, "not journalled"));
    CHECK(ll_session_is(own));
    ll_app_free(open);
    CHECK_OK(ll_remove_tree(users, NULL));
    CHECK_OK(ll_remove_tree(noted, NULL));
    free(users);
    free(noted);
    free(own);
    free(live);
}

/* Nobody goes on with a script that only looked; the step that makes something brings those before it along. */
static void scripts_that_make_nothing_leave_nothing(void)
{
    ll_app *a = app_new();
    ll_sessions_of_script(a);
    SAY(a, "load toy");
    SAY(a, "load nb201_host");
    SAY(a, "load toy");
    SAY(a, "devices");
    CHECK(!ll_session_of(a)->dir);
    SAY(a, "undo");
    SAY(a, "undo");
    SAY(a, "save looked"); /* asked for, it is kept all the same */
    SAY(a, "journal");
    CHECK_HAS(said, "\"at\":1");
    SAY(a, "redo");
    CHECK_HAS(said, "nb201_host");
    ll_app_free(a);
    a = app_new();
    ll_sessions_of_script(a);
    SAY(a, "load toy");
    CHECK(!ll_session_of(a)->dir);
    SAY(a, "tag sim_raspi4");
    char *dir = ll_strdup(ll_session_of(a)->dir), line[600];
    ll_app_free(a);
    a = app_new();
    snprintf(line, sizeof line, "open %s", ll_path_base(dir));
    SAY(a, line);
    SAY(a, "journal");
    CHECK_HAS(said, "\"at\":2");
    snprintf(line, sizeof line, "replay %s check=on", ll_path_base(dir));
    SAY(a, line);
    CHECK_HAS(said, "\"checked\":2");
    ll_app_free(a);
    free(dir);
}

/* As many as one likes of -c push out none of a person's, until a person goes on with one of them. */
static void scripts_push_out_nobodys_sessions(void)
{
    ll_app *a = app_with("sim_raspi4");
    char *mine = ll_strdup(ll_session_of(a)->dir), *scripts, line[600];
    ll_app_free(a);
    for (int i = 0; i < 12; i++) {
        a = app_new();
        ll_sessions_of_script(a);
        SAY(a, "load toy");
        SAY(a, "tag sim_raspi4");
        scripts = i == 11 ? ll_strdup(ll_session_of(a)->dir) : NULL;
        ll_app_free(a);
    }
    CHECK(ll_session_is(mine) && !ll_session_is_script(mine));
    CHECK(ll_session_is(scripts) && ll_session_is_script(scripts));
    ll_strs all = {0};
    int n = 0;
    ll_session_list_live(&all);
    for (int i = 0; i < all.n; i++) n += ll_session_is_script(all.v[i]);
    ll_strs_free(&all);
    CHECK(n > 0 && n <= 9); /* they are kept apart, and not for ever */
    a = app_new();
    snprintf(line, sizeof line, "open %s", ll_path_base(scripts));
    SAY(a, line);
    ll_app_free(a);
    CHECK(!ll_session_is_script(scripts));
    free(mine);
    free(scripts);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"save takes no names of others", save_takes_no_names_of_others},
    {"sessions called old are sessions", sessions_called_old_are_sessions},
    {"hidden names are not for users", hidden_names_are_not_for_users},
    {"former states in use are not replaced", former_states_in_use_are_not_replaced},
    {"folders of others are refused", folders_of_others_are_refused},
    {"links are not replaced", links_are_not_replaced},
    {"planted parts are not followed", planted_parts_are_not_followed},
    {"planted pipes are not waited for", planted_pipes_are_not_waited_for},
    {"planted blobs are not followed", planted_blobs_are_not_followed},
    {"copies take only what is of the session", copies_take_only_what_is_of_the_session},
    {"sessions without a journal open", sessions_without_a_journal_open},
    {"old live sessions go only when they are nobody's", old_live_sessions_go_only_when_they_are_nobodys},
    {"scripts that make nothing leave nothing", scripts_that_make_nothing_leave_nothing},
    {"scripts push out nobody's sessions", scripts_push_out_nobodys_sessions},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    return check_main("test_sessions_place", cases, argc, argv);
}
