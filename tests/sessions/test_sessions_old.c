/* Sessions as older versions wrote them, and as damage left them, on a dataset that has changed since. */
#include <unistd.h>

#include "core/base/rng.h"
#include "data/formats/safetensors.h"
#include "tests/sessions/moving.h"

/* --- older sessions ---------------------------------------------------------------------------------------
 */

/* The blob of a prediction as it was written before it kept the columns it was made from; *name is its new name. */
static void age_blob(const char *dir, const char *name, char new_name[64])
{
    char *path = ll_path_join(dir, name), *old = ll_path_join(dir, "old");
    ll_tensors t = {0};
    size_t len;
    CHECK_OK(ll_safetensors_read(path, &t, NULL));
    cJSON *o = cJSON_Parse(ll_tensors_text(&t, "latlab.transfer"));
    cJSON_DeleteItemFromObject(o, "target_hash");
    cJSON_DeleteItemFromObject(o, "basis");
    char *text = ll_json_line(o);
    ll_tensors_set_text(&t, "latlab.transfer", text);
    CHECK_OK(ll_safetensors_write(old, &t, NULL));
    char *bytes = read_text(old, &len);
    snprintf(new_name, 64, "%s.safetensors", ll_hash_bytes(bytes, len).hex);
    free(path);
    path = ll_path_join(dir, new_name);
    CHECK(!rename(old, path));
    ll_tensors_free(&t);
    cJSON_Delete(o);
    free(text);
    free(bytes);
    free(path);
    free(old);
}

static void age_state(cJSON *state, const char *blobs)
{
    static const char *const later[] = {"genes", "archs", "devices"};
    cJSON *dataset = cJSON_GetObjectItem(state, "dataset");
    cJSON *transfers = cJSON_GetObjectItem(state, "transfers"), *first = cJSON_GetArrayItem(transfers, 0);
    for (int i = 0; i < 3; i++) cJSON_DeleteItemFromObject(dataset, later[i]);
    cJSON_DeleteItemFromObject(state, "predictors");
    cJSON_DeleteItemFromObject(state, "predictions");
    if (first) {
        char name[64];
        age_blob(blobs, first->valuestring, name);
        cJSON_ReplaceItemInArray(transfers, 0, cJSON_CreateString(name));
    }
}

static void make_old_session(void)
{
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    SAY(a, "save aged");
    ll_app_free(a);
    char *journal = saved_path("aged", "journal.jsonl"), *blobs = saved_path("aged", "blobs");
    int damaged;
    cJSON *entries, *entry;
    ll_str text = {0};
    CHECK_OK(ll_journal_read(journal, &entries, &damaged, NULL, NULL));
    cJSON_ArrayForEach(entry, entries)
    {
        age_state(cJSON_GetObjectItem(entry, "state"), blobs);
        char *line = ll_json_line(entry);
        ll_str_addf(&text, "%s\n", line);
        free(line);
    }
    CHECK_OK(ll_write_file(journal, text.s, text.len, NULL));
    ll_str_free(&text);
    cJSON_Delete(entries);
    free(journal);
    free(blobs);
}

static void older_sessions_open(void)
{
    char *then = eval_then();
    make_old_session();
    ll_app *a = app_new();
    SAY(a, "open aged copy=on");
    CHECK(!strstr(said, "warning"));
    check_eval(a, then);
    ll_app_free(a);
    change_toy(0, 2, name_devices);
    a = app_new();
    SAY(a, "open aged copy=on");
    CHECK_HAS(said, "saved by an older latlab");
    CHECK_HAS(said, "what was measured of sim_eyeriss may have changed");
    check_eval(a, then);
    ll_app_free(a);
    restore_toy();
    free(then);
}

/* --- hostile ----------------------------------------------------------------------------------------------
 */

/* Any byte of the journal may be wrong while the rows of then have to be found in another order: it opens or not, and
 * nothing is read where nothing is. */
static void damaged_journals_do_no_harm(void)
{
    ll_rng r = ll_rng_new(17, 1);
    ll_ints rows = {0};
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    SAY(a, "save fuzzed");
    ll_app_free(a);
    for (int i = toy->n_archs; i-- > 7;) ll_ints_add(&rows, i);
    write_rows(rows.v, rows.n);
    char *path = saved_path("fuzzed", "journal.jsonl");
    size_t len;
    char *good = read_text(path, &len);
    for (int i = 0; i < 120; i++) {
        char *bad = ll_strdup(good);
        for (int k = 0; k <= ll_rng_below(&r, 6); k++)
            bad[ll_rng_below(&r, (int)len)] = "09-\"],{1"[ll_rng_below(&r, 8)];
        CHECK_OK(ll_write_file(path, bad, len, NULL));
        a = app_new();
        if (!say(a, "open fuzzed")) {
            say(a, "eval");
            say(a, "info");
            say(a, "undo 3");
        }
        ll_app_free(a);
        free(bad);
    }
    restore_toy();
    ll_ints_free(&rows);
    free(good);
    free(path);
}

static const check_case cases[] = {
    {"make the sessions", make_sessions},
    {"older sessions open", older_sessions_open},
    {"damaged journals do no harm", damaged_journals_do_no_harm},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    int status = check_main("test_sessions_old", cases, argc, argv);
    ll_dataset_unref(toy);
    return status;
}
