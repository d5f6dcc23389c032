/* What a lesson knows by name: its seed, the student's answers, numbers it keeps (#let), and what its commands have said.
 *
 * A reference stands in braces, {REF}, and is looked for in the results of a step's commands, the latest first:
 *
 *   spearman             the field of that name; of a table with one row, the field of the row
 *   epyc_blas.spearman   of the row that has a cell `epyc_blas`; gp,dopt,5.spearman: of the row that has all three.
 *                        The name of a question stands for its answer: pick.spearman. Of a matrix: the row's, the column's
 *   min spearman         over the rows, as max, mean; `least spearman`, `most spearman`: the first name in that row
 *   rows                 how many rows there are */
#ifndef LL_SESSIONS_COURSE_FACTS_H
#define LL_SESSIONS_COURSE_FACTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

typedef struct ll_fact {
    char *name;
    char *text; /* NULL: a number */
    double x;
    bool own; /* the lesson's: no result overrules it */
} ll_fact;
/* Zero-initialise; free with ll_facts_free. */
typedef struct ll_facts {
    ll_fact *v;
    int n;
} ll_facts;

/* What a result says, or an answer until one does; text NULL: the number. A name that is the lesson's own stays what it is. */
void ll_facts_set(ll_facts *f, const char *name, const char *text, double x);
/* What is the lesson's own: its seed, a number that it keeps. A result may have a field called so. */
void ll_facts_keep(ll_facts *f, const char *name, const char *text, double x);
const ll_fact *ll_facts_find(const ll_facts *f, const char *name); /* NULL: not known */
/* Reads each of the references that these results (an array) have; the others stay as they are. What was read is added to
 * `read`, an object (may be NULL). */
void ll_facts_read(ll_facts *f, const ll_strs *references, const cJSON *results, cJSON *read);
void ll_facts_free(ll_facts *f);
void ll_facts_copy(ll_facts *to, const ll_facts *from); /* in the place of what it holds */

/* The references of a text, each once, at the end of `out`. LL_BAD_DATA: a brace is not closed. */
ll_status ll_references(const char *text, ll_strs *out, ll_error *e);
/* A number as people read it: three digits, whole ones as they are. */
void ll_fact_show(const ll_fact *fact, ll_str *out);
/* Text with its references filled in, as people read them; what is not known is "(unknown)". */
void ll_facts_tell(const ll_facts *f, const char *text, ll_str *out);
/* A command line with its references filled in: numbers in full, texts as one word. LL_FAILED: one is not known. */
ll_status ll_facts_command(const ll_facts *f, const char *line, ll_str *out, ll_error *e);

/* An expression over them: numbers, {REF}, ( ), ! -, * /, + -, < <= > >=, == !=, &&, ||, C ? A : B, and abs, min, max of
 * numbers; == and != compare texts, too. No loops, no memory; bounded in length and depth.
 * LL_BAD_DATA: it is no expression; LL_FAILED: a reference is not known, or is a text where a number is meant. */
ll_status ll_formula(const char *text, const ll_facts *f, double *out, ll_error *e);
/* Can it be read? */
ll_status ll_formula_check(const char *text, ll_error *e);

#endif
