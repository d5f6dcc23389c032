/* The key of a panel: which entries, where, how large. It never lies over data, takes the width of the figure and not only
 * that of the axes, and at most a third of the height: texts shrink to .75 for that, and what still has no place is
 * counted in a last entry. */
#ifndef LL_PLOTS_KEY_H
#define LL_PLOTS_KEY_H

#include "plots/figure/figure.h"

typedef struct ll_key_entry {
    const ll_series *series; /* of the panel; NULL: the one that counts the others */
    char *text;              /* as it is written: the middle is cut where it is too long */
    int line, column;
} ll_key_entry;

/* Zero-initialise; ll_key_free. Pixels are of the figure. */
typedef struct ll_key {
    ll_key_entry *entry;
    int n, columns, lines;
    double size;          /* of the texts; 1 is that of an axis label */
    double *left;         /* (columns) of their samples, from the left end of the key */
    double sample;        /* width of a sample with its distance to the text */
    double width, height; /* of the whole */
    bool beside;          /* right of a square panel that gets larger that way; else below */
} ll_key;

/* Empty for a panel without a key in pictures. */
void ll_key_lay(const ll_figure *f, const ll_panel *p, ll_key *key);
/* Where an entry's sample begins, and its middle, from the upper left corner of the figure. */
void ll_key_place(const ll_figure *f, const ll_panel *p, const ll_key *key, int entry, double *x, double *y);
void ll_key_free(ll_key *key);

#endif
