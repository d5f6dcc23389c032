#include "sessions/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

enum { LONGEST_RESULTS = 65536 };

/* --- file -------------------------------------------------------------------------------------------------
 */

/* Bytes up to the last newline. */
static off_t whole_lines(int fd, off_t size)
{
    char block[4096];
    while (size > 0) {
        off_t begin = size > (off_t)sizeof block ? size - (off_t)sizeof block : 0;
        ssize_t n = pread(fd, block, (size_t)(size - begin), begin);
        if (n <= 0) return size;
        for (ssize_t i = n - 1; i >= 0; i--)
            if (block[i] == '\n') return begin + i + 1;
        size = begin;
    }
    return 0;
}

int ll_journal_open(const char *path, ll_error *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, fd < 0 ? strerror(errno) : "it is no plain file");
        if (fd >= 0) close(fd);
        return -1;
    }
    off_t whole = whole_lines(fd, st.st_size);
    if (whole == st.st_size || !ftruncate(fd, whole)) return fd;
    ll_fail(e, LL_FAILED, "%s: cannot cut off its last, incomplete line: %s", path, strerror(errno));
    close(fd);
    return -1;
}

/* A signal, or a system that takes only a part, is no reason to lose the line. */
static bool write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

ll_status ll_journal_append(int fd, const char *path, const cJSON *entry, ll_error *e)
{
    struct stat st;
    char *text = ll_json_line(entry);
    ll_str line = {0};
    ll_str_addf(&line, "%s\n", text);
    free(text);
    errno = 0;
    bool known = !fstat(fd, &st);
    bool good = known && write_all(fd, line.s, line.len) && !fsync(fd);
    int why = errno ? errno : ENOSPC;
    ll_str_free(&line);
    if (good) return LL_OK;
    if (known && ftruncate(fd, st.st_size)) return ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno));
    return ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(why));
}

static void say_lost(ll_str *why, const char *path, int lost, int first, bool torn)
{
    if (!why || !lost) return;
    if (torn && lost == 1)
        ll_str_addf(why, "%s: its last line is incomplete and was left out", path);
    else
        ll_str_addf(why, "%s: line %d%s damaged and left out", path, first,
                    lost > 1 ? " and others are" : " is");
}

ll_status ll_journal_read(const char *path, cJSON **out, int *lost, ll_str *why, ll_error *e)
{
    char *text, *next;
    size_t len;
    int first = 0, number = 1;
    bool torn = false;
    *lost = 0;
    ll_status s = ll_read_own_file(path, ll_limit_of(LL_READER_JSON)->file_most, &text, &len, e);
    if (s) return s;
    ll_budget budget = ll_budget_for(LL_READER_JSON, len);
    *out = cJSON_CreateArray();
    for (char *line = text; !s && line < text + len; line = next, number++) {
        char *end = memchr(line, '\n', (size_t)(text + len - line));
        next = end ? end + 1 : text + len;
        if (end) *end = 0;
        torn = !end;
        cJSON *entry = NULL;
        ll_error unread = {0};
        if (end &&
            ll_json_parse_within(&budget, line, (size_t)(end - line), &entry, &unread) == LL_CANCELLED) {
            s = ll_fail(e, LL_CANCELLED, "%s", unread.message);
        } else if (cJSON_IsObject(entry)) {
            cJSON_AddItemToArray(*out, entry);
        } else {
            cJSON_Delete(entry);
            if (!(*lost)++) first = number;
        }
    }
    free(text);
    say_lost(why, path, *lost, first, torn);
    if (s) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return s;
}

/* --- results ----------------------------------------------------------------------------------------------
 */

static bool is_time(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    return (n > 2 && !strcmp(name + n - 2, "_s")) || (name && !strcmp(name, "seconds"));
}

static void mask(cJSON *o)
{
    cJSON *next;
    for (cJSON *child = o->child; child; child = next) {
        next = child->next;
        if (is_time(child->string))
            cJSON_Delete(cJSON_DetachItemViaPointer(o, child));
        else
            mask(child);
    }
}

cJSON *ll_mask_times(const cJSON *o)
{
    cJSON *copy = cJSON_Duplicate(o, true);
    if (copy) mask(copy);
    return copy;
}

void ll_drop_drawing(cJSON *result)
{
    static const char *const shown[] = {"title", "text", "coloured", "columns", "cloud"};
    if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(result, "steps"))) /* the course of a search */
        cJSON_DeleteItemFromObjectCaseSensitive(result, "steps");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(result, shown[i]);
}

static bool same_scalar(const cJSON *a, const cJSON *b)
{
    if ((a->type & 0xff) != (b->type & 0xff)) return false;
    if (cJSON_IsNumber(a)) return a->valuedouble == b->valuedouble;
    if (cJSON_IsString(a)) return !strcmp(a->valuestring, b->valuestring);
    return true;
}

static bool same(const cJSON *a, const cJSON *b, ll_str *where)
{
    size_t len = where->len;
    if (!same_scalar(a, b)) return false;
    const cJSON *x = a->child, *y = b->child;
    for (int i = 0; x || y; i++, x = x ? x->next : NULL, y = y ? y->next : NULL) {
        const cJSON *named = x ? x : y;
        if (named->string)
            ll_str_addf(where, "%s%s", where->len ? "." : "", named->string);
        else
            ll_str_addf(where, "[%d]", i);
        bool name = x && y && (!x->string || !y->string || !strcmp(x->string, y->string));
        if (!name || !same(x, y, where)) return false;
        where->s[where->len = len] = 0;
    }
    return true;
}

bool ll_same_results(const cJSON *a, const cJSON *b, char **where)
{
    ll_str path = {0};
    cJSON *x = ll_mask_times(a), *y = ll_mask_times(b);
    bool equal = same(x, y, &path);
    cJSON_Delete(x);
    cJSON_Delete(y);
    *where = equal ? NULL : ll_strdup(path.len ? path.s : "type");
    ll_str_free(&path);
    return equal;
}

/* What a command said is kept for `replay check=on`, unless it is a whole table. */
static void add_results(cJSON *entry, const cJSON *results)
{
    cJSON *copy = ll_mask_times(results), *result;
    cJSON_ArrayForEach(result, copy) ll_drop_drawing(result);
    char *text = ll_json_line(copy);
    if (strlen(text) <= LONGEST_RESULTS)
        cJSON_AddItemToObject(entry, "results", copy);
    else
        cJSON_Delete(copy);
    free(text);
}

cJSON *ll_journal_kept(const ll_request *rq)
{
    cJSON *kept = cJSON_CreateObject();
    if (rq->results) add_results(kept, rq->results);
    ll_output_list(rq, kept);
    return kept;
}
