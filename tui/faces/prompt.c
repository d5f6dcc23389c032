#include "tui/faces/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"

enum { MOST_LINES = 5000, SLACK = 1000, LONGEST_HISTORY = 64 << 20, HISTORY_WAIT_MS = 500 };

void ll_prompt_state(ll_app *app, ll_str *out)
{
    ll_state s;
    ll_app_snapshot(app, &s);
    ll_str_add(out, s.data ? s.data->name : "latlab");
    if (s.task) ll_str_addf(out, " %s", s.task->name);
    ll_state_free(&s);
}

size_t ll_prompt_command_start(const char *line)
{
    size_t start = 0;
    ll_quotes quotes = {0};
    for (size_t i = 0; line[i]; i++)
        if (!ll_quotes_step(&quotes, line[i]) && line[i] == ';') start = i + 1;
    while (line[start] == ' ') start++;
    return start;
}

static bool is_key(const char *word)
{
    size_t n = strlen(word);
    return n && word[n - 1] == '=';
}

/* What the next word may be by itself, before the options it may name. */
static void values_first(ll_strs *words)
{
    ll_strs ordered = {0};
    for (int key = 0; key < 2; key++)
        for (int i = 0; i < words->n; i++)
            if (is_key(words->v[i]) == (key == 1)) ll_strs_add(&ordered, words->v[i]);
    ll_strs_free(words);
    *words = ordered;
}

void ll_prompt_complete(ll_app *app, const char *line, size_t *word, ll_strs *out)
{
    size_t start = ll_prompt_command_start(line);
    *word = start + ll_last_word(line + start);
    ll_app_complete(app, line + start, out);
    ll_strs_sort(out);
    values_first(out);
}

/* Bytes of `text` up to `n` that are whole: neither a character nor an escape is cut. */
static size_t whole_part(const char *text, size_t n)
{
    ll_quotes quotes = {0};
    size_t i = 0;
    for (uint32_t ch; i < n;) {
        bool escape = quotes.open == '"' && text[i] == '\\';
        size_t step = !escape ? (size_t)ll_utf8_next(text + i, &ch) : text[i + 1] == 'x' ? 4 : 2;
        if (i + step > n) break;
        for (size_t k = 0; k < step; k++) ll_quotes_step(&quotes, text[i + k]);
        i += step;
    }
    return i;
}

static bool extends(const char *text, const char *typed)
{
    ll_strs a = {0}, b = {0};
    ll_split_marked(text, &a, NULL);
    ll_split_marked(typed, &b, NULL);
    char *longer = ll_unmarked(a.n ? a.v[0] : ""), *shorter = ll_unmarked(b.n ? b.v[0] : "");
    bool good = !strncmp(longer, shorter, strlen(shorter));
    free(longer);
    free(shorter);
    ll_strs_free(&a);
    ll_strs_free(&b);
    return good;
}

char *ll_prompt_common(const char *typed, const ll_strs *candidates)
{
    char *common = ll_strdup(candidates->n ? candidates->v[0] : "");
    for (int i = 1; i < candidates->n; i++) {
        size_t n = 0;
        while (common[n] && common[n] == candidates->v[i][n]) n++;
        common[whole_part(common, n)] = 0;
    }
    if (extends(common, typed)) return common;
    free(common); /* one needs quotes, another does not */
    return ll_strdup(typed);
}

bool ll_prompt_ends(const char *candidate)
{
    size_t n = strlen(candidate);
    if (n > 1 && candidate[n - 1] == '"') n--; /* the folder's name was quoted */
    return n && !strchr("=/,", candidate[n - 1]);
}

/* --- the commands of a line --- */

static int submit(const ll_chain *c, ll_app *app, const char *line)
{
    return (c->typed ? ll_app_submit_typed : ll_app_submit)(app, line);
}

static int submit_next(ll_chain *c, ll_app *app)
{
    for (c->id = 0; c->rest.n && !c->id;) {
        char *line = c->rest.v[0];
        memmove(c->rest.v, c->rest.v + 1, sizeof *c->rest.v * (size_t)--c->rest.n);
        c->id = submit(c, app, line);
        free(line);
    }
    return c->id;
}

int ll_chain_begin(ll_chain *c, ll_app *app, const char *line)
{
    ll_strs lines = {0};
    ll_split_lines(line, &lines);
    int id = 0;
    if (lines.n == 1) {
        id = submit(c, app, lines.v[0]);
    } else {
        for (int i = 0; i < lines.n; i++) ll_strs_add(&c->rest, lines.v[i]);
        if (!c->id) id = submit_next(c, app);
    }
    ll_strs_free(&lines);
    return id;
}

int ll_chain_end(ll_chain *c, ll_app *app, const cJSON *end)
{
    if (!c->id || ll_json_get_int(end, "id", -1) != c->id) return 0;
    if (ll_json_get_int(end, "code", LL_OK)) ll_strs_free(&c->rest);
    return submit_next(c, app);
}

void ll_chain_free(ll_chain *c)
{
    ll_strs_free(&c->rest);
    c->id = 0;
}

/* --- history -------------------------------------------------------------------------------------------- */

/* A file that has grown too long keeps its last lines, those that others have added since it was read included. */
static ll_status keep_last(void *ctx, const char *text, size_t len, ll_str *out, ll_error *e)
{
    (void)ctx, (void)e;
    const char *from = text ? text + len : NULL;
    for (int lines = 0; from && from > text; from--)
        if (from[-1] == '\n' && lines++ == MOST_LINES) break;
    if (from && from > text) ll_str_addn(out, from, (size_t)(text + len - from));
    return LL_OK;
}

void ll_history_load(ll_history *h)
{
    *h = (ll_history){0};
    char *dir = ll_xdg_dir(LL_XDG_STATE), *text;
    size_t len;
    h->path = ll_path_join(dir, "history");
    free(dir);
    if (!ll_is_file(h->path) || ll_read_file(h->path, LONGEST_HISTORY, &text, &len, NULL)) return;
    ll_strs all = {0};
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        ll_strs_add(&all, line);
    int from = all.n > MOST_LINES ? all.n - MOST_LINES : 0;
    for (int i = from; i < all.n; i++) ll_strs_add(&h->lines, all.v[i]);
    if (from > SLACK) ll_shared_file_change(h->path, LONGEST_HISTORY, keep_last, NULL, NULL);
    ll_strs_free(&all);
    free(text);
}

void ll_history_add(ll_history *h, const char *line)
{
    if (!*line || strchr(line, '\n') || (h->lines.n && !strcmp(h->lines.v[h->lines.n - 1], line))) return;
    ll_strs_add(&h->lines, line);
    /* a history that cannot be written is no reason to complain at each line, nor to wait for long */
    ll_shared_file_append(h->path, HISTORY_WAIT_MS, line, NULL);
}

void ll_history_free(ll_history *h)
{
    ll_strs_free(&h->lines);
    free(h->path);
}
