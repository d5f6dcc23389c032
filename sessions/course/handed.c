#include "sessions/course/handed.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/notes.h"
#include "sessions/place.h"

/* --- which journals ---------------------------------------------------------------------------------------- */

static bool add_journal(const char *path, ll_strs *out)
{
    bool is = ll_is_file(path);
    if (is) ll_strs_add(out, path);
    return is;
}

static bool add_folder(const char *dir, ll_strs *out)
{
    char *path = ll_path_join(dir, "journal.jsonl");
    bool is = add_journal(path, out);
    free(path);
    return is;
}

/* Folders of sessions (hidden ones are former states of these), and journals under whatever name: handed in by mail they
 * lose their folders. */
static void add_inside(const char *dir, ll_strs *out)
{
    ll_strs names = {0};
    if (!ll_list_dir(dir, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *path = ll_path_join(dir, names.v[i]);
            size_t n = strlen(path);
            if (names.v[i][0] != '.' && ll_is_dir(path))
                add_folder(path, out);
            else if (names.v[i][0] != '.' && n > 6 && !strcmp(path + n - 6, ".jsonl"))
                add_journal(path, out);
            free(path);
        }
    ll_strs_free(&names);
}

static ll_status find_journals(const char *what, ll_strs *out, ll_error *e)
{
    char *path = ll_path_expand(what), *dir = NULL;
    ll_status s = LL_OK;
    if (!add_journal(path, out) && ll_is_dir(path) && !add_folder(path, out)) add_inside(path, out);
    if (!out->n && !ll_is_dir(path)) s = ll_session_find(what, &dir, e);
    if (dir) add_folder(dir, out);
    if (!s && !out->n)
        s = ll_fail(e, LL_FAILED, "%s: no session is in it; expected folders with a journal.jsonl", path);
    free(path);
    free(dir);
    return s;
}

/* --- what they say ----------------------------------------------------------------------------------------- */

static ll_handed *lesson_begun(ll_hand_in *h, const cJSON *begin, const char *journal)
{
    const char *name = ll_json_get_str(begin, "name", "");
    for (int i = h->n - 1; i >= 0 && h->v[i].journal == journal; i--)
        if (!strcmp(h->v[i].name, name)) return &h->v[i];
    h->v = ll_realloc(h->v, (size_t)h->n + 1, sizeof *h->v);
    ll_handed *new = &h->v[h->n++];
    *new = (ll_handed){.journal = journal,
                       .name = ll_strdup(name),
                       .student = ll_strdup(ll_json_get_str(begin, "student", NULL)),
                       .script = ll_strdup(ll_json_get_str(begin, "script", "")),
                       .seed = ll_json_get_int(begin, "seed", 0),
                       .notes = cJSON_CreateArray()};
    return new;
}

static ll_status read_one(ll_hand_in *h, const char *journal, ll_error *e)
{
    ll_notes notes;
    ll_str remark = {0};
    const cJSON *note;
    int now = -1;
    ll_status s = ll_notes_read(journal, &notes, e);
    if (s == LL_CANCELLED) {
        ll_notes_free(&notes);
        return s;
    }
    if (s) ll_str_add(&remark, e->message);
    cJSON_ArrayForEach(note, notes.list)
    {
        bool begins = !strcmp(ll_json_get_str(note, "did", ""), "begin");
        if (begins) now = (int)(lesson_begun(h, note, journal) - h->v);
        if (now < 0) continue;
        ll_handed *l = &h->v[now];
        l->begun += begins;
        l->ended |= !strcmp(ll_json_get_str(note, "did", ""), "end");
        free(l->chain);
        l->chain = ll_strdup(ll_json_get_str(note, "chain", ""));
        cJSON_AddItemToArray(l->notes, cJSON_Duplicate(note, true));
    }
    if (notes.broken)
        ll_str_addf(&remark, "tampered: line %d does not fit what stands before it", notes.broken);
    if (notes.damaged) ll_str_addf(&remark, "%sline %d is damaged", remark.len ? "; " : "", notes.damaged);
    ll_strs_add(&h->remarks, ll_str_text(&remark));
    ll_str_free(&remark);
    ll_notes_free(&notes);
    return LL_OK;
}

ll_status ll_hand_in_read(const char *what, ll_hand_in *out, ll_error *e)
{
    *out = (ll_hand_in){0};
    ll_status s = find_journals(what, &out->journals, e);
    for (int i = 0; i < out->journals.n && !s; i++) s = read_one(out, out->journals.v[i], e);
    return s;
}

void ll_hand_in_free(ll_hand_in *h)
{
    for (int i = 0; i < h->n; i++) {
        free(h->v[i].name);
        free(h->v[i].student);
        free(h->v[i].script);
        free(h->v[i].chain);
        cJSON_Delete(h->v[i].notes);
    }
    free(h->v);
    ll_strs_free(&h->journals);
    ll_strs_free(&h->remarks);
    *h = (ll_hand_in){0};
}

/* --- one question, one step -------------------------------------------------------------------------------- */

static bool did(const cJSON *note, const char *what, int step)
{
    return !strcmp(ll_json_get_str(note, "did", ""), what) &&
           (!step || ll_json_get_int(note, "step", 0) == step);
}

const char *ll_handed_answer(const ll_handed *h, const ll_lesson *l, int question, bool *late)
{
    const ll_question *q = &l->questions[question];
    const char *answer = NULL;
    bool told = false;
    const cJSON *note;
    *late = false;
    cJSON_ArrayForEach(note, h->notes)
    {
        bool about = !strcmp(ll_json_get_str(note, "question", ""), q->name);
        told |= did(note, "ran", q->step + 1);
        if (!about || !did(note, "answer", 0)) continue;
        *late |= told;
        if (!told) answer = ll_json_get_str(note, "answer", NULL);
    }
    return answer;
}

const cJSON *ll_handed_values(const ll_handed *h, int step)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, h->notes)
    {
        if (did(note, "ran", step)) return cJSON_GetObjectItemCaseSensitive(note, "values");
    }
    return NULL;
}

bool ll_handed_skipped(const ll_handed *h, int step)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, h->notes)
    {
        if (did(note, "skip", step)) return true;
    }
    return false;
}
