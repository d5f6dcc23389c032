/* What `help WORD` can explain besides commands: the terms of the field and of latlab, and every record of a registry
 * (predictors, samplers, ...) by the sentence that stands in it. */
#ifndef LL_APP_TOPICS_H
#define LL_APP_TOPICS_H

#include <stdbool.h>

#include "core/base/str.h"

typedef struct ll_topic {
    const char *name; /* of a term: also "a|b", the first being the one to show */
    const char *text;
    const char *more; /* where it comes from, or what to read and type next; NULL: nothing */
} ll_topic;

/* A list of topics of one kind. */
typedef struct ll_shelf {
    const char *what;                 /* "predictor", "term" */
    bool (*at)(int i, ll_topic *out); /* false behind the last */
} ll_shelf;

extern const ll_shelf ll_shelves[]; /* ends with what NULL */
/* The heads of tables, in topics_columns.c. */
bool ll_topic_column_at(int i, ll_topic *out);
/* Is the topic called so? Case and a plural's s make no difference. */
bool ll_topic_is(const ll_topic *t, const char *word);
/* What is called so, a term before a record of a registry; false: nothing. */
bool ll_topic_find(const char *word, ll_topic *out);
/* The first sentence of its text. */
void ll_topic_brief(const ll_topic *t, ll_str *out);
/* Names of all topics, as shown, but not those of columns. */
void ll_topic_names(ll_strs *out);

#endif
