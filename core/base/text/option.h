/* Typed options: one table describes the arguments of a command, of a predictor, of a sampler. Parsing, help,
 * completion, the man page and the record of a run are loops over it. */
#ifndef LL_BASE_TEXT_OPTION_H
#define LL_BASE_TEXT_OPTION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

typedef enum ll_type {
    LL_INT,
    LL_REAL,
    LL_BOOL,
    LL_WORD /* free text */,
    LL_CHOICE /* one of choices */,
    LL_LIST /* a,b,c */
} ll_type;

/* What a face may offer when the user asks for completion. */
typedef enum ll_complete {
    LL_NO_COMPLETION,
    LL_COMPLETE_DEVICE,
    LL_COMPLETE_FILE,
    LL_COMPLETE_DATASET,
    LL_COMPLETE_TASK,
    LL_COMPLETE_PREDICTOR,
    LL_COMPLETE_SAMPLER,
    LL_COMPLETE_SESSION,
    LL_COMPLETE_COMMAND,
    LL_COMPLETE_SPACE,
    LL_COMPLETE_SCORE,
    LL_COMPLETE_ENCODING,
    LL_COMPLETE_PROXY,
    LL_COMPLETE_TOPIC,
    LL_COMPLETE_LESSON,
    LL_COMPLETE_MEASURED, /* devices and scores */
    LL_COMPLETE_KINDS     /* how many */
} ll_complete;

typedef struct ll_option {
    const char *name;
    ll_type type;
    const char *otherwise; /* default as text; NULL: absent unless given */
    double lo, hi;         /* range of numbers, inclusive; lo == hi means unbounded */
    const char *choices;   /* LL_CHOICE: "a|b|c" */
    /* LL_CHOICE: or the names of a table, which then stand only there; NULL behind the last. */
    const char *(*choice_at)(int i); /* LL_WORD, LL_LIST: what completion offers */
    const char *words; /* LL_WORD, LL_LIST: "a|b", what it may also be; completion offers these */
    const char *unit;  /* "ms", "epochs", NULL */
    const char *help;
    ll_complete complete;
    bool positional; /* may be given without "name=", in table order */
    bool required;
    bool may_be_none; /* LL_WORD: the word `none` takes it away: it is absent then, if given */
    bool rest;        /* positional that takes all remaining words (stored joined by ',') */
} ll_option;
/* A table ends with a record whose name is NULL. Its records by macros, a line each: `otherwise` is text or NULL, numbers
 * without bounds have 0, 0, and what few have follows as designated initialisers or the words for them:
 *
 *     LL_OPT_WORD("device", NULL, "the target", LL_POSITIONAL, LL_OF(DEVICE)),
 *     LL_OPT_INT("batch", "1", 1, 256, "images per run", .unit = "images"),
 */
#define LL_OPT_INT(name_, otherwise_, lo_, hi_, help_, ...)                                                  \
    LL_OPT_(name_, LL_INT, otherwise_, help_, .lo = (lo_), .hi = (hi_), __VA_ARGS__)
#define LL_OPT_REAL(name_, otherwise_, lo_, hi_, help_, ...)                                                 \
    LL_OPT_(name_, LL_REAL, otherwise_, help_, .lo = (lo_), .hi = (hi_), __VA_ARGS__)
#define LL_OPT_BOOL(name_, otherwise_, help_, ...) LL_OPT_(name_, LL_BOOL, otherwise_, help_, __VA_ARGS__)
#define LL_OPT_WORD(name_, otherwise_, help_, ...) LL_OPT_(name_, LL_WORD, otherwise_, help_, __VA_ARGS__)
#define LL_OPT_LIST(name_, otherwise_, help_, ...) LL_OPT_(name_, LL_LIST, otherwise_, help_, __VA_ARGS__)
#define LL_OPT_CHOICE(name_, otherwise_, choices_, help_, ...)                                               \
    LL_OPT_(name_, LL_CHOICE, otherwise_, help_, .choices = (choices_), __VA_ARGS__)
/* A choice among the names of a table. */
#define LL_OPT_NAMES(name_, otherwise_, choice_at_, help_, ...)                                              \
    LL_OPT_(name_, LL_CHOICE, otherwise_, help_, .choice_at = (choice_at_), __VA_ARGS__)
#define LL_OPT_(name_, type_, otherwise_, help_, ...)                                                        \
    {                                                                                                        \
        .name = (name_), .type = (type_), .otherwise = (otherwise_), .help = (help_), __VA_ARGS__            \
    }
#define LL_POSITIONAL .positional = true
#define LL_REQUIRED   .positional = true, .required = true
#define LL_REST       .positional = true, .rest = true
#define LL_OF(kind_)  .complete = LL_COMPLETE_##kind_
/* A file that is written where it is asked for. One that is called none has a path: ./none. */
#define LL_OF_OUTPUT .complete = LL_COMPLETE_FILE, .words = "none", .may_be_none = true
/* The words it may be, or be among others. */
#define LL_ONE_OF(words_) .words = (words_)

/* Values of one table. Zero-initialise; free with ll_values_free. */
typedef struct ll_values {
    const ll_option *table;
    char **text;   /* one per record; NULL when neither given nor defaulted */
    char **marked; /* the same as marked words (core/base/text/quote.h) */
    bool *given;
} ll_values;

/* Set every default. */
void ll_values_init(ll_values *v, const ll_option *table);
/* Check and set one option by name; unknown name, wrong type, out of range: LL_USAGE with the
 * nearest name. */
ll_status ll_values_set(ll_values *v, const char *name, const char *text, ll_error *e);
ll_status ll_values_set_marked(ll_values *v, const char *name, const char *marked, ll_error *e);
/* Set from marked words (core/base/text/quote.h): "key=value" or positionals in table order; complains of missing required
 * ones. A '=' that is marked belongs to the value of a positional. */
ll_status ll_values_parse(ll_values *v, char *const *words, int n, ll_error *e);
void ll_values_copy(ll_values *to, const ll_values *from);
void ll_values_free(ll_values *v);

/* Getters: the name must stand in the table (programming error otherwise: abort). */
bool ll_has(const ll_values *v, const char *name);   /* given or defaulted */
bool ll_given(const ll_values *v, const char *name); /* given by the user, be it as `none` */
int ll_int(const ll_values *v, const char *name);    /* 0 when absent; also ll_real, ll_bool */
double ll_real(const ll_values *v, const char *name);
bool ll_bool(const ll_values *v, const char *name);
const char *ll_word(const ll_values *v, const char *name); /* NULL when absent */
/* The place of the value among the names of choice_at; -1: absent. */
int ll_chosen(const ll_values *v, const char *name);
void ll_list(const ll_values *v, const char *name, ll_strs *out);
/* The members of a list as marked words: one that was quoted is a name, even with a comma or a '*' in it. */
void ll_patterns(const ll_values *v, const char *name, ll_strs *out);
void ll_list_names(const ll_values *v, const char *name, ll_strs *out); /* the same as names, without marks */
bool ll_is(const ll_values *v, const char *name, const char *value);    /* equal text */

/* {"name": value, ...} of all that is set: the record of a run. */
cJSON *ll_values_json(const ll_values *v);
/* How much of a marked word is the name in "name=value": 0 where it is none. Architecture strings hold no '=' but file names
 * may, so only what looks like a name counts. */
size_t ll_option_key(const char *word);
/* LL_USAGE: none of the tables has it; with the nearest name of all of them. */
ll_status ll_option_unknown(const ll_option *const *tables, int n, const char *name, ll_error *e);
const ll_option *ll_option_find(const ll_option *table, const char *name);
/* "between 1 and 1000000 ms", "0 or more": for messages and help; nothing when unbounded. */
void ll_option_range(const ll_option *o, ll_str *out);
/* "1 to 1000000 ms": the same where there is little room. */
void ll_option_bounds(const ll_option *o, ll_str *out);
/* What an LL_CHOICE takes: one by one, and as "a|b|c". */
void ll_option_choices(const ll_option *o, ll_strs *out);
void ll_option_choices_text(const ll_option *o, ll_str *out);

#endif
