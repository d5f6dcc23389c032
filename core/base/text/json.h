/* cJSON with the few things it lacks: NaN as null, arrays of numbers, getters with defaults, and UTF-8 whatever comes in.
 *
 * Every string that enters goes through ll_json_string, and what is printed is valid JSON in valid UTF-8 in any case:
 * bytes that are none are read as Latin-1 (core/base/utf8.h), and what is hidden there is escaped as \\uXXXX, so that an
 * event stream may be looked at in a terminal. */
#ifndef LL_BASE_TEXT_JSON_H
#define LL_BASE_TEXT_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/size.h"
#include "core/base/status.h"

/* Memory that cJSON asks for comes from mem.h from now on: it is there, or the program ends with a sentence. */
void ll_json_start(void);

/* Add members to an object. A number that is not finite becomes null. */
void ll_json_num(cJSON *o, const char *key, double x);
void ll_json_int(cJSON *o, const char *key, long x);
void ll_json_str(cJSON *o, const char *key, const char *text); /* NULL becomes null */
cJSON *ll_json_string(const char *text);                       /* a string by itself; NULL becomes null */
void ll_json_bool(cJSON *o, const char *key, bool x);
void ll_json_nums(cJSON *o, const char *key, const double *v, int n);
void ll_json_ints(cJSON *o, const char *key, const int *v, int n);
void ll_json_strs(cJSON *o, const char *key, char *const *v, int n);
cJSON *ll_json_obj(cJSON *o, const char *key); /* a new object inside o (o may be an array: key NULL) */
cJSON *ll_json_arr(cJSON *o, const char *key);
cJSON *ll_json_list(cJSON *o, const char *key); /* the array of that name, a new one if there is none */

/* Read members; the default is returned when the member is absent or of another type. null reads as NaN. */
double ll_json_get_num(const cJSON *o, const char *key, double otherwise);
int ll_json_get_int(const cJSON *o, const char *key, int otherwise);
const char *ll_json_get_str(const cJSON *o, const char *key, const char *otherwise);
bool ll_json_get_bool(const cJSON *o, const char *key, bool otherwise);
/* Is this a whole number, no larger than `most` either way? Then *out (may be NULL) is. */
bool ll_json_is_whole(const cJSON *v, int most, int *out);
/* Array of numbers; returns the count, *v is the caller's to free (NULL when absent). */
int ll_json_get_nums(const cJSON *o, const char *key, double **v);
int ll_json_get_ints(const cJSON *o, const char *key, int **v);

/* Text of n bytes, with nothing behind the value but blanks; the caller deletes. A byte that is no UTF-8 is read as
 * Latin-1, so what comes out is UTF-8. LL_BAD_DATA names the line of a syntax
 * error; also: nested more than 100 deep, or a tree that would take more memory than JSON of that size may
 * (core/base/size.h). */
ll_status ll_json_parse(const char *text, size_t n, cJSON **out, ll_error *e);
/* The same for a piece of a larger file: the tree is taken from the file's budget. */
ll_status ll_json_parse_within(ll_budget *budget, const char *text, size_t n, cJSON **out, ll_error *e);
ll_status ll_json_read_file(const char *path, cJSON **out, ll_error *e); /* the same; names the file too */
/* The same for text that was read already (len bytes); `name` is what the sentence calls it. */
ll_status ll_json_read_text(const char *text, size_t len, const char *name, cJSON **out, ll_error *e);
char *ll_json_line(const cJSON *o); /* one line, no blanks; the caller frees with free() */
char *ll_json_text(const cJSON *o); /* indented; likewise */

/* Adds the present time, UTC. */
void ll_json_now(cJSON *o, const char *key);

#endif
