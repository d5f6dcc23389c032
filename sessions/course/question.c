#include "sessions/course/question.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

const char *const ll_verdict_words[] = {"", "taken", "right", "wrong", "unknown"};

/* --- as it is typed ---------------------------------------------------------------------------------------- */

/* The choice that begins so, whatever the case; -1: none or several. */
static int choice_beginning(const ll_question *q, const char *typed)
{
    int found = -1;
    for (int i = 0; i < q->n_choices; i++) {
        if (strncasecmp(q->choices[i].text, typed, strlen(typed))) continue;
        if (found >= 0) return -1;
        found = i;
    }
    return found;
}

static int choice_of(const ll_question *q, const char *typed)
{
    char *end;
    long number = strtol(typed, &end, 10);
    if (*typed && !*end) return number >= 1 && number <= q->n_choices ? (int)number - 1 : -1;
    int letter = tolower((unsigned char)*typed) - 'a';
    bool one = typed[0] && (!typed[1] || (typed[1] == ')' && !typed[2]));
    if (one && letter >= 0 && letter < q->n_choices) return letter;
    return *typed ? choice_beginning(q, typed) : -1;
}

static ll_status take_choice(const ll_question *q, const char *typed, char **out, ll_error *e)
{
    int i = choice_of(q, typed);
    if (i < 0)
        return ll_fail(e, LL_USAGE, "%.60s: none of the choices; expected a letter from a to %c", typed,
                       'a' + q->n_choices - 1);
    *out = ll_strndup((const char[]){(char)('a' + i)}, 1);
    return LL_OK;
}

/* "12", ".5", "30%" (a share is .3). */
static ll_status take_number(const char *typed, char **out, ll_error *e)
{
    char *end;
    double x = strtod(typed, &end);
    bool percent = end > typed && *end == '%';
    if (end == typed || end[percent] || !isfinite(x))
        return ll_fail(e, LL_USAGE, "%.60s: expected a number, as in 0.85 or 85%%", typed);
    ll_str text = {0};
    ll_str_addf(&text, "%.12g", percent ? x / 100 : x);
    *out = ll_str_take(&text);
    return LL_OK;
}

static ll_status take_device(const ll_dataset *d, const char *typed, char **out, ll_error *e)
{
    int device;
    ll_status s = ll_dataset_find_device(d, typed, &device, e);
    if (!s) *out = ll_strdup(d->devices[device].name);
    return s;
}

static ll_status take_arch(const ll_dataset *d, const char *typed, char **out, ll_error *e)
{
    int row;
    ll_status s = ll_dataset_find_arch(d, typed, &row, e);
    if (s) return s;
    ll_str text = {0};
    ll_str_addf(&text, "%d", row);
    *out = ll_str_take(&text);
    return LL_OK;
}

ll_status ll_question_take(const ll_question *q, const ll_dataset *data, const char *typed, char **out,
                           ll_error *e)
{
    *out = NULL;
    if (q->kind == LL_ANSWER_CHOICE) return take_choice(q, typed, out, e);
    if (q->kind == LL_ANSWER_NUMBER) return take_number(typed, out, e);
    if (!data) return ll_fail(e, LL_FAILED, "%.60s: no dataset is loaded to look it up in", typed);
    return q->kind == LL_ANSWER_DEVICE ? take_device(data, typed, out, e) : take_arch(data, typed, out, e);
}

void ll_question_set(const ll_question *q, const char *answer, ll_facts *f)
{
    bool number = q->kind == LL_ANSWER_NUMBER || q->kind == LL_ANSWER_ARCH;
    ll_facts_set(f, q->name, number ? NULL : answer, number ? strtod(answer, NULL) : 0);
}

/* --- what is right ----------------------------------------------------------------------------------------- */

bool ll_question_counts(const ll_question *q)
{
    bool counts = q->right || q->when;
    for (int i = 0; i < q->n_choices; i++) counts |= q->choices[i].right || q->choices[i].when;
    return counts;
}

/* 1, 0; -1: not known. */
static int choice_is_right(const ll_choice *c, const ll_facts *f)
{
    double holds;
    if (!c->when) return c->right;
    return ll_formula(c->when, f, &holds, NULL) ? -1 : holds != 0;
}

static ll_verdict judge_choice(const ll_question *q, const char *answer, const ll_facts *f, ll_str *right)
{
    ll_verdict verdict = answer ? LL_VERDICT_WRONG : LL_VERDICT_NONE;
    for (int i = 0; i < q->n_choices; i++) {
        int holds = choice_is_right(&q->choices[i], f);
        if (holds < 0) return answer ? LL_VERDICT_UNKNOWN : LL_VERDICT_NONE;
        if (!holds) continue;
        char letter = (char)('a' + i);
        ll_str_addf(right, "%s%c: %s", right->len ? ", or " : "", letter, q->choices[i].text);
        if (answer && *answer == letter) verdict = LL_VERDICT_RIGHT;
    }
    return verdict;
}

static ll_verdict judge_number(const ll_question *q, const char *answer, const ll_facts *f, ll_str *right)
{
    double x, tolerance = q->tolerance;
    if (ll_formula(q->right, f, &x, NULL) || !isfinite(x))
        return answer ? LL_VERDICT_UNKNOWN : LL_VERDICT_NONE;
    if (q->relative) tolerance *= fabs(x);
    ll_fact_show(&(ll_fact){.x = x}, right);
    if (tolerance > 0) ll_str_addf(right, " +- %.2g", tolerance);
    if (!answer) return LL_VERDICT_NONE;
    /* what is not told as a decimal number in full is not held against who reads it */
    double slack = tolerance + 1e-9 * fabs(x);
    return fabs(strtod(answer, NULL) - x) <= slack ? LL_VERDICT_RIGHT : LL_VERDICT_WRONG;
}

/* A device by its name, an architecture by its number or any name of it. */
static bool is_picked(const ll_question *q, const char *answer, const ll_fact *fact, const ll_dataset *data)
{
    int row = -1;
    if (q->kind == LL_ANSWER_DEVICE) return fact->text && !strcmp(fact->text, answer);
    if (!fact->text) return fact->x == strtod(answer, NULL);
    return data && !ll_dataset_find_arch(data, fact->text, &row, NULL) && row == atoi(answer);
}

static ll_verdict judge_pick(const ll_question *q, const char *answer, const ll_facts *f,
                             const ll_dataset *data, ll_str *right)
{
    double holds;
    if (q->when) {
        if (!answer) return LL_VERDICT_NONE;
        if (ll_formula(q->when, f, &holds, NULL)) return LL_VERDICT_UNKNOWN;
        return holds != 0 ? LL_VERDICT_RIGHT : LL_VERDICT_WRONG;
    }
    const ll_fact *fact = ll_facts_find(f, q->right);
    if (!fact) return answer ? LL_VERDICT_UNKNOWN : LL_VERDICT_NONE;
    ll_fact_show(fact, right);
    if (!answer) return LL_VERDICT_NONE;
    return is_picked(q, answer, fact, data) ? LL_VERDICT_RIGHT : LL_VERDICT_WRONG;
}

ll_verdict ll_question_judge(const ll_question *q, const char *answer, const ll_facts *f,
                             const ll_dataset *data, char **right)
{
    ll_str text = {0};
    ll_verdict verdict = !ll_question_counts(q)        ? (answer ? LL_VERDICT_ANY : LL_VERDICT_NONE)
                         : q->kind == LL_ANSWER_CHOICE ? judge_choice(q, answer, f, &text)
                         : q->kind == LL_ANSWER_NUMBER ? judge_number(q, answer, f, &text)
                                                       : judge_pick(q, answer, f, data, &text);
    *right = text.len ? ll_str_take(&text) : NULL;
    ll_str_free(&text);
    return verdict;
}

void ll_question_tell(const ll_question *q, const char *answer, ll_str *out)
{
    int i = q->kind == LL_ANSWER_CHOICE ? answer[0] - 'a' : -1;
    ll_str_add(out, answer);
    if (i >= 0 && i < q->n_choices) ll_str_addf(out, ": %s", q->choices[i].text);
}
