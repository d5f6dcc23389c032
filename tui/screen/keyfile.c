#include "tui/screen/keyfile.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw/canvas.h"

static void add_typed(ll_keyfile *k, const char *line)
{
    uint32_t ch;
    for (int n; (n = ll_utf8_next(line, &ch)) > 0; line += n) {
        ll_str key = {0};
        if (ch == ' ')
            ll_str_add(&key, "Space");
        else
            ll_utf8_add(&key, ch);
        ll_strs_take(&k->keys, ll_str_take(&key));
    }
    ll_strs_add(&k->keys, "Enter");
}

void ll_keyfile_parse(ll_keyfile *k, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = ll_memdup(text, n + 1, 1), *save;
        line[n] = 0;
        if (*line == ':')
            add_typed(k, line);
        else if (*line != '#')
            for (char *word = strtok_r(line, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save))
                ll_strs_add(&k->keys, word);
        free(line);
        text += n + (text[n] == '\n');
    }
}

const char *ll_keyfile_next(ll_keyfile *k)
{
    return k->next < k->keys.n ? k->keys.v[k->next++] : NULL;
}

void ll_keyfile_free(ll_keyfile *k)
{
    ll_strs_free(&k->keys);
    k->next = 0;
}
