/* What the spaces of this room share: reading lists of operations, chain graphs, writing layers. */
#ifndef LL_SPACE_PARTS_H
#define LL_SPACE_PARTS_H

#include "core/space/space.h"

extern const ll_space ll_nasbench201, ll_fbnet, ll_ofa;
ll_status ll_space_check_name(const char *name, ll_error *e); /* LL_BAD_DATA: a built-in space has it */

/* n_positions operations, each a full name or an index, joined throughout by one of '_' '|' ',' or blanks,
 * with or without a pair of brackets around; or n_positions digits in a row. A number is a name, not an index, at a
 * position where one of the choices is called by a number. LL_BAD_DATA names the first position that is wrong. `gene` is
 * written only on success. */
ll_status ll_space_parse_list(const ll_space *s, const char *text, uint8_t *gene, ll_error *e);
bool ll_is_number(const char *name); /* digits alone */
/* Index of the longest name of a choice at this position that `text` starts with, -1: none; *len is its length. */
int ll_space_match_op(const ll_space *s, int position, const char *text, int *len);
/* Operation names joined by `separator`. */
void ll_space_format_names(const ll_space *s, const uint8_t *gene, const char *separator, ll_str *out);

/* index_of and at of a space that is too large to list. */
int ll_space_no_index(const ll_space *s, const uint8_t *gene);
bool ll_space_none_at(const ll_space *s, int index, uint8_t *gene);

/* input -> position 0 -> ... -> output. */
void ll_graph_chain(const ll_space *s, const uint8_t *gene, ll_graph *out);

/* Layers go to `out` as long as there is room and are counted beyond it. */
typedef struct ll_layer_sink {
    ll_layer *out;
    int n, most;
    int site; /* of the next layer */
} ll_layer_sink;
/* Fills in what is 1 or the same as on the input, and gives the tensor that the layer writes. */
int ll_layer_put(ll_layer_sink *sink, ll_layer l);

/* The published order of the 15,625 cells: code <-> index, where code reads the gene as a number of base 5,
 * first edge first. Thread-safe. */
int ll_nasbench201_index_of_code(int code);
int ll_nasbench201_code_at(int index);
int ll_nasbench201_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most);
void ll_nasbench201_draw(const ll_space *s, const uint8_t *gene, ll_str *out);
int ll_ofa_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most);
/* Edges of the cell in string order: the nodes they join, 0 = input, 3 = output. */
enum { LL_NB201_EDGES = 6 };
extern const int ll_nb201_from[LL_NB201_EDGES], ll_nb201_to[LL_NB201_EDGES];
enum { LL_NB201_NONE, LL_NB201_SKIP, LL_NB201_CONV1, LL_NB201_CONV3, LL_NB201_POOL };

#endif
