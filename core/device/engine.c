#include "core/device/engine.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

/* The word behind `key` in a note; NULL: none. The caller frees it. */
static char *word_of(const char *note, const char *key)
{
    const char *at = note ? strstr(note, key) : NULL;
    size_t n = at ? strcspn(at + strlen(key), " ,;()") : 0;
    return n ? ll_strndup(at + strlen(key), n) : NULL;
}

/* Names that several tools have for one type. */
static const char *type_of(const char *word)
{
    static const char *const same[][2] = {{"fp32", "f32"},      {"float32", "f32"}, {"float", "f32"},
                                          {"fp16", "f16"},      {"float16", "f16"}, {"half", "f16"},
                                          {"bfloat16", "bf16"}, {"i8", "int8"},     {"s8", "int8"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!strcasecmp(word, same[i][0])) return same[i][1];
    return word;
}

static bool differ(const char *key, const char *x, const char *y)
{
    if (!x || !y) return false;
    bool types = !strcmp(key, "dtype=");
    return strcasecmp(types ? type_of(x) : x, types ? type_of(y) : y) != 0;
}

bool ll_other_settings(const char *a, const char *note_a, const char *b, const char *note_b, ll_str *why)
{
    static const char *const keys[] = {"engine=", "dtype="};
    bool any = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *x = word_of(note_a, keys[i]), *y = word_of(note_b, keys[i]);
        bool other = differ(keys[i], x, y);
        if (other && why)
            ll_str_addf(why, "%s%s is of %.*s %s, %s of %s", any ? "; " : "", a, (int)strlen(keys[i]) - 1,
                        keys[i], x, b, y);
        any = any || other;
        free(x);
        free(y);
    }
    return any;
}
