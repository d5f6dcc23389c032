#include "sessions/notes.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

static ll_hash chain_of(const char *before, size_t n, const cJSON *note)
{
    ll_hash h = ll_hash_bytes(before, n);
    char *text = ll_json_line(note);
    h = ll_hash_more(&h, text, strlen(text));
    free(text);
    return h;
}

static ll_status read_journal(const char *path, char **text, size_t *len, ll_error *e)
{
    return ll_read_own_file(path, ll_limit_of(LL_READER_JSON)->file_most, text, len, e);
}

/* As it will be read: what JSON cannot say the same way twice is settled before it is hashed. */
static cJSON *as_read(cJSON *note)
{
    char *text = ll_json_line(note);
    cJSON *read = cJSON_Parse(text);
    free(text);
    cJSON_Delete(note);
    return read;
}

ll_status ll_notes_add(ll_session *s, ll_request *rq, cJSON *note, ll_error *e)
{
    char *text = NULL;
    size_t len = 0;
    note = as_read(note);
    ll_status status = s->memory ? LL_OK : ll_session_need_folder(s, rq, e);
    if (!status && !s->memory) {
        char *path = ll_path_join(s->dir, "journal.jsonl");
        status = read_journal(path, &text, &len, e);
        free(path);
        ll_hash chain = chain_of(text, len, note);
        free(text);
        ll_json_str(note, "chain", chain.hex);
        cJSON *kept = cJSON_CreateObject();
        cJSON_AddItemToObject(kept, "lesson", note);
        note = NULL;
        if (!status) status = ll_session_append(s, "note", rq->line, kept, e);
        cJSON_Delete(kept);
    }
    cJSON_Delete(note);
    return status;
}

/* One line; what stands before it in the file is n bytes. */
static void take_line(ll_notes *out, const char *text, size_t n, const cJSON *entry, int line)
{
    const cJSON *note = cJSON_GetObjectItemCaseSensitive(entry, "lesson");
    if (!cJSON_IsObject(entry) && !out->damaged) out->damaged = line;
    if (!cJSON_IsObject(note)) return;
    cJSON *copy = cJSON_Duplicate(note, true);
    cJSON *chain = cJSON_DetachItemFromObjectCaseSensitive(copy, "chain");
    ll_hash expected = chain_of(text, n, copy);
    bool fits = cJSON_IsString(chain) && !strcmp(chain->valuestring, expected.hex);
    if (!fits && !out->broken) out->broken = line;
    cJSON_Delete(chain);
    ll_json_int(copy, "at_line", line);
    ll_json_str(copy, "chain", expected.hex);
    cJSON_AddItemToArray(out->list, copy);
}

ll_status ll_notes_read(const char *journal, ll_notes *out, ll_error *e)
{
    char *text;
    size_t len;
    *out = (ll_notes){.list = cJSON_CreateArray()};
    ll_status s = read_journal(journal, &text, &len, e);
    if (s) return s;
    ll_budget budget = ll_budget_for(LL_READER_JSON, len);
    int line = 1;
    for (size_t at = 0, next; at < len && !s; at = next, line++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        next = at + n + (end != NULL);
        cJSON *entry = NULL;
        ll_error unread = {0};
        if (ll_interrupted() || ll_json_parse_within(&budget, text + at, n, &entry, &unread) == LL_CANCELLED)
            s = ll_fail(e, LL_CANCELLED, "cancelled");
        else
            take_line(out, text, at, entry, line);
        cJSON_Delete(entry);
    }
    free(text);
    return s;
}

void ll_notes_free(ll_notes *n)
{
    cJSON_Delete(n->list);
    *n = (ll_notes){0};
}

char *ll_notes_lesson(const char *dir)
{
    ll_notes notes;
    char *path = ll_path_join(dir, "journal.jsonl"), *name = NULL;
    const cJSON *note;
    if (!ll_notes_read(path, &notes, NULL)) cJSON_ArrayForEach(note, notes.list)
        {
            const char *did = ll_json_get_str(note, "did", "");
            bool begins = !strcmp(did, "begin"), ends = !strcmp(did, "end");
            if (begins || ends) free(name);
            if (begins || ends) name = ends ? NULL : ll_strdup(ll_json_get_str(note, "name", NULL));
        }
    ll_notes_free(&notes);
    free(path);
    return name;
}
