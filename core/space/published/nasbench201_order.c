/* The published order of the NAS-Bench-201 cells. Its authors list all 15,625 cells in lexicographic order of
 * their operations and then call Python's random.seed(88); random.shuffle(list). So the order is not a table
 * but a computation: MT19937 seeded by init_by_array({88}) (Matsumoto and Nishimura 1998) drives a
 * Fisher-Yates shuffle whose bounded numbers are the top bits of one output each, drawn again while too
 * large. */
#include <pthread.h>
#include <stdint.h>

#include "core/space/parts.h"

enum { N = 15625, WORDS = 624, SHIFT = 397, SEED = 88 };

typedef struct twister {
    uint32_t s[WORDS];
    int next;
} twister;

static uint16_t code_at[N], index_of_code[N];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void twister_seed(twister *t, uint32_t key)
{
    uint32_t *s = t->s;
    int i = 1;
    s[0] = 19650218u;
    for (int j = 1; j < WORDS; j++) s[j] = 1812433253u * (s[j - 1] ^ (s[j - 1] >> 30)) + (uint32_t)j;
    for (int k = 0; k < WORDS; k++) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525u)) + key;
        if (++i == WORDS) s[0] = s[WORDS - 1], i = 1;
    }
    for (int k = 0; k < WORDS - 1; k++) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941u)) - (uint32_t)i;
        if (++i == WORDS) s[0] = s[WORDS - 1], i = 1;
    }
    s[0] = 0x80000000u;
    t->next = WORDS;
}

static void twist(uint32_t *s)
{
    for (int i = 0; i < WORDS; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % WORDS] & 0x7fffffffu);
        s[i] = s[(i + SHIFT) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
}

static uint32_t twister_bits(twister *t, int bits)
{
    if (t->next == WORDS) {
        twist(t->s);
        t->next = 0;
    }
    uint32_t y = t->s[t->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return (y ^ (y >> 18)) >> (32 - bits);
}

static uint32_t twister_below(twister *t, uint32_t n)
{
    uint32_t x;
    int bits = 32 - __builtin_clz(n);
    do x = twister_bits(t, bits);
    while (x >= n);
    return x;
}

static void make_order(void)
{
    twister t;
    twister_seed(&t, SEED);
    for (int i = 0; i < N; i++) code_at[i] = (uint16_t)i;
    for (int i = N - 1; i > 0; i--) {
        uint32_t j = twister_below(&t, (uint32_t)i + 1);
        uint16_t c = code_at[i];
        code_at[i] = code_at[j];
        code_at[j] = c;
    }
    for (int i = 0; i < N; i++) index_of_code[code_at[i]] = (uint16_t)i;
}

int ll_nasbench201_index_of_code(int code)
{
    pthread_once(&once, make_order);
    return index_of_code[code];
}

int ll_nasbench201_code_at(int index)
{
    pthread_once(&once, make_order);
    return code_at[index];
}
