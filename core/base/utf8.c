#include "core/base/utf8.h"

#include <stddef.h>
#include <wchar.h>

int ll_utf8_read(const char *s, uint32_t *ch, bool *good)
{
    const unsigned char *u = (const unsigned char *)s;
    *good = true;
    if (!*u) return 0;
    int n = *u < 0x80 ? 1 : *u >> 5 == 6 ? 2 : *u >> 4 == 14 ? 3 : *u >> 3 == 30 ? 4 : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = n == 1 ? *u : *u & (0x7f >> n);
    for (int i = 1; i < n; i++) {
        if (u[i] >> 6 != 2) /* the end of the text, too: nothing is read behind it */
            n = 0;
        else
            c = c << 6 | (u[i] & 63);
    }
    *good = n && c >= least[n] && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
    *ch = *good ? c : LL_REPLACEMENT;
    return *good ? n : 1;
}

int ll_utf8_next(const char *s, uint32_t *ch)
{
    bool good;
    return ll_utf8_read(s, ch, &good);
}

void ll_utf8_add(ll_str *out, uint32_t ch)
{
    char b[4];
    int n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, ch >>= 6) b[i] = (char)(0x80 | (ch & 63));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    b[0] = (char)(lead[n] | ch);
    ll_str_addn(out, b, (size_t)n);
}

bool ll_utf8_valid(const char *text)
{
    uint32_t ch;
    bool good = true;
    while ((unsigned char)*text - 1u < 127u) text++; /* most text is ASCII */
    for (int n; good && (n = ll_utf8_read(text, &ch, &good)) > 0; text += n) {
    }
    return good;
}

void ll_utf8_repair(ll_str *out, const char *text)
{
    uint32_t ch;
    bool good;
    for (int n; (n = ll_utf8_read(text, &ch, &good)) > 0; text += n)
        ll_utf8_add(out, good ? ch : (unsigned char)*text);
}

void ll_utf8_visible(ll_str *out, const char *text)
{
    uint32_t ch;
    for (int n; (n = ll_utf8_next(text, &ch)) > 0; text += n)
        ll_utf8_add(out, ll_hidden(ch) ? LL_REPLACEMENT : ch);
}

bool ll_hidden(uint32_t ch)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},         {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
                  {0x61c, 0x61c},    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
                  {0x200b, 0x200f},  {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
                  {0xfdd0, 0xfdef},  {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
                  {0xfff0, 0xfffb},  {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
                  {0xe0000, 0xe0fff}};
    if (ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000) || (ch & 0xfffe) == 0xfffe) return true;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ch >= ranges[i].first; i++)
        if (ch <= ranges[i].last) return true;
    return false;
}

int ll_char_width(uint32_t ch)
{
    if (ch < 0x80 || ll_hidden(ch)) return 1; /* what must not be shown is one replacement */
    int w = wcwidth((wchar_t)ch);
    return w < 0 ? 1 : w; /* the C locale knows no width: then nothing wide is shown anyway */
}

int ll_text_width(const char *s)
{
    int w = 0;
    uint32_t ch;
    for (int n; (n = ll_utf8_next(s, &ch)) > 0; s += n) w += ll_char_width(ch);
    return w;
}
