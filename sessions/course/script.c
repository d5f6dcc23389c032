#include "sessions/course/script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/near.h"
#include "core/base/text/quote.h"
#include "sessions/course/facts.h"

enum { MOST_STEPS = 1000, MOST_CHOICES = 26 };

typedef struct reader {
    ll_lesson *l;
    int line;
    char **going;   /* text that a comment with two blanks goes on with; NULL: none */
    bool paragraph; /* an empty # came after what is told so far */
    ll_error *e;
} reader;

#define FAIL(r, ...) ll_fail((r)->e, LL_BAD_DATA, __VA_ARGS__)

/* --- steps ------------------------------------------------------------------------------------------------- */

static ll_lesson_step *add_step(reader *r)
{
    ll_lesson *l = r->l;
    l->steps = ll_realloc(l->steps, (size_t)l->n + 1, sizeof *l->steps);
    l->steps[l->n] = (ll_lesson_step){.first_question = l->n_questions};
    r->paragraph = false;
    r->going = NULL;
    return &l->steps[l->n++];
}

static ll_lesson_step *last_step(reader *r)
{
    return r->l->n ? &r->l->steps[r->l->n - 1] : add_step(r);
}

/* What is told or asked next belongs to a step of its own. */
static ll_lesson_step *open_step(reader *r, bool asks)
{
    ll_lesson_step *s = last_step(r);
    bool full = s->commands.n || s->n_after || (!asks && s->n_questions);
    return full ? add_step(r) : s;
}

static void join(char **text, const char *more, const char *between)
{
    ll_str both = {0};
    ll_str_addf(&both, "%s%s%s", *text ? *text : "", *text ? between : "", more);
    free(*text);
    *text = ll_str_take(&both);
}

static ll_status tell(reader *r, const char *text)
{
    if (!*text) {
        r->paragraph = true;
        r->going = NULL;
        return LL_OK;
    }
    if (text[0] == ' ' && r->going) {
        while (*text == ' ') text++;
        join(r->going, text, " ");
        return LL_OK;
    }
    bool paragraph = r->paragraph;
    ll_lesson_step *s = open_step(r, false);
    join(&s->told, text, paragraph && s->told ? "\n" : " ");
    r->paragraph = false;
    r->going = NULL;
    if (!r->l->title) {
        size_t n = strcspn(text, ":.");
        r->l->title = ll_strndup(text, text[n] ? n : strlen(text));
    }
    return LL_OK;
}

static void add_command(reader *r, const char *command)
{
    ll_lesson_step *s = last_step(r);
    if (s->n_after) s = add_step(r);
    r->going = NULL;
    s->lines = ll_realloc(s->lines, (size_t)s->commands.n + 1, sizeof *s->lines);
    s->lines[s->commands.n] = r->line;
    ll_strs_add(&s->commands, command);
    r->l->measures |= !strncmp(command, "measure", 7) && (!command[7] || command[7] == ' ');
}

/* --- directives -------------------------------------------------------------------------------------------- */

/* NAME up to `sign`, blanks around it gone; *rest is what stands behind. */
static char *name_before(reader *r, const char *text, char sign, const char **rest)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_') n++;
    size_t m = n;
    while (text[m] == ' ') m++;
    if (!n || text[m] != sign) {
        FAIL(r, "\"%.40s\": expected a name of letters, digits and _, and '%c' behind it", text, sign);
        return NULL;
    }
    for (*rest = text + m + 1; **rest == ' ';) ++*rest;
    return ll_strndup(text, n);
}

static ll_status read_ask(reader *r, const char *text)
{
    const char *rest;
    char *name = name_before(r, text, ':', &rest);
    if (!name) return LL_BAD_DATA;
    ll_lesson *l = r->l;
    for (int i = 0; i < l->n_questions; i++)
        if (!strcmp(l->questions[i].name, name)) {
            free(name);
            return FAIL(r, "question %s is asked twice", l->questions[i].name);
        }
    ll_lesson_step *s = open_step(r, true);
    s->n_questions++;
    l->questions = ll_realloc(l->questions, (size_t)l->n_questions + 1, sizeof *l->questions);
    ll_question *q = &l->questions[l->n_questions++];
    *q = (ll_question){.name = name, .text = ll_strdup(rest), .step = l->n - 1, .line = r->line};
    r->going = &q->text;
    return LL_OK;
}

/* The question that an answer belongs to. */
static ll_question *asked(reader *r, const char *what)
{
    ll_lesson_step *s = r->l->n ? last_step(r) : NULL;
    if (s && s->n_questions && !s->commands.n && !s->n_after) return &r->l->questions[r->l->n_questions - 1];
    FAIL(r, "#%s stands behind no #ask", what);
    return NULL;
}

/* "TEXT when EXPR": cuts the text there; NULL: no condition. */
static char *cut_condition(char *text)
{
    char *at = NULL;
    for (char *p = text; (p = strstr(p, "when ")); p++)
        if (p == text || p[-1] == ' ') at = p;
    if (!at) return NULL;
    char *condition = ll_strdup(at + 5);
    while (at > text && at[-1] == ' ') at--;
    *at = 0;
    return condition;
}

static ll_status add_choice(reader *r, const char *text, bool right)
{
    ll_question *q = asked(r, right ? "right" : "choice");
    if (!q) return LL_BAD_DATA;
    if (q->said && q->kind != LL_ANSWER_CHOICE) return FAIL(r, "a choice for a question that has an #answer");
    if (q->n_choices == MOST_CHOICES) return FAIL(r, "a question has at most %d choices", MOST_CHOICES);
    char *copy = ll_strdup(text), *when = right ? NULL : cut_condition(copy);
    q->said = true;
    q->choices = ll_realloc(q->choices, (size_t)q->n_choices + 1, sizeof *q->choices);
    q->choices[q->n_choices++] = (ll_choice){copy, when, right};
    return when ? ll_formula_check(when, r->e) : LL_OK;
}

static ll_status read_choice(reader *r, const char *text)
{
    return add_choice(r, text, false);
}

static ll_status read_right(reader *r, const char *text)
{
    return add_choice(r, text, true);
}

/* "EXPR +- 10%" */
static ll_status read_number(reader *r, ll_question *q, const char *text)
{
    const char *sign = strstr(text, "+-");
    size_t n = sign ? (size_t)(sign - text) : strlen(text);
    while (n && text[n - 1] == ' ') n--;
    q->right = ll_strndup(text, n);
    if (sign) {
        char *end;
        q->tolerance = strtod(sign + 2, &end);
        q->relative = *end == '%';
        if (q->relative) q->tolerance /= 100;
        if (end == sign + 2 || end[q->relative] || !(q->tolerance >= 0))
            return FAIL(r, "\"%.40s\": expected a tolerance as in +- .05 or +- 10%%", sign);
    }
    return ll_formula_check(q->right, r->e);
}

static ll_status read_pick(reader *r, ll_question *q, const char *text)
{
    char *copy = ll_strdup(text);
    q->when = cut_condition(copy);
    size_t n = strlen(copy);
    ll_status s = q->when ? ll_formula_check(q->when, r->e) : LL_OK;
    if (!s && n && (copy[0] != '{' || copy[n - 1] != '}' || q->when))
        s = FAIL(r, "\"%.40s\": expected {NAME}, `when` and a condition, or nothing", text);
    if (!s && n) q->right = ll_strndup(copy + 1, n - 2);
    free(copy);
    return s;
}

static ll_status read_answer(reader *r, const char *text)
{
    static const struct {
        const char *word;
        ll_answer_kind kind;
    } picks[] = {{"device", LL_ANSWER_DEVICE}, {"arch", LL_ANSWER_ARCH}};
    ll_question *q = asked(r, "answer");
    if (!q) return LL_BAD_DATA;
    if (q->said) return FAIL(r, "question %s has its answer already", q->name);
    q->said = true;
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(picks[i].word);
        if (strncmp(text, picks[i].word, n) || (text[n] && text[n] != ' ')) continue;
        q->kind = picks[i].kind;
        while (text[n] == ' ') n++;
        return read_pick(r, q, text + n);
    }
    q->kind = LL_ANSWER_NUMBER;
    return read_number(r, q, text);
}

static ll_status read_hint(reader *r, const char *text)
{
    ll_question *q = asked(r, "hint");
    if (!q) return LL_BAD_DATA;
    join(&q->hint, text, " ");
    r->going = &q->hint;
    return LL_OK;
}

static ll_after *add_after(reader *r, ll_after_kind kind)
{
    ll_lesson_step *s = last_step(r);
    s->after = ll_realloc(s->after, (size_t)s->n_after + 1, sizeof *s->after);
    ll_after *a = &s->after[s->n_after++];
    *a = (ll_after){.kind = kind, .line = r->line};
    return a;
}

static ll_status read_then(reader *r, const char *text)
{
    ll_after *a = add_after(r, LL_AFTER_THEN);
    a->text = ll_strdup(text);
    r->going = &a->text;
    return LL_OK;
}

static ll_status read_let(reader *r, const char *text)
{
    const char *rest;
    char *name = name_before(r, text, '=', &rest);
    if (!name) return LL_BAD_DATA;
    ll_after *a = add_after(r, LL_AFTER_LET);
    a->name = name;
    a->expression = ll_strdup(rest);
    return ll_formula_check(rest, r->e);
}

static ll_status read_check(reader *r, const char *text)
{
    const char *colon = strstr(text, ": ");
    ll_after *a = add_after(r, LL_AFTER_CHECK);
    a->expression = colon ? ll_strndup(text, (size_t)(colon - text)) : ll_strdup(text);
    a->text = ll_strdup(colon ? colon + 2 : text);
    if (colon) r->going = &a->text;
    return ll_formula_check(a->expression, r->e);
}

static const struct {
    const char *word;
    ll_status (*read)(reader *r, const char *text);
} directives[] = {{"ask", read_ask},       {"choice", read_choice}, {"right", read_right},
                  {"answer", read_answer}, {"hint", read_hint},     {"then", read_then},
                  {"let", read_let},       {"check", read_check}};
enum { DIRECTIVES = sizeof directives / sizeof *directives };

static size_t word_of(const char *comment)
{
    size_t n = 0;
    while (isalpha((unsigned char)comment[n])) n++;
    return n;
}

/* Behind the '#'. */
static ll_status read_comment(reader *r, const char *comment)
{
    size_t n = word_of(comment);
    if (!n) return *comment == '!' && r->line == 1 ? LL_OK : tell(r, comment + (*comment == ' '));
    r->going = NULL;
    char *word = ll_strndup(comment, n);
    ll_near near = ll_near_to(word);
    ll_status s = LL_BAD_DATA;
    bool known = false;
    for (int i = 0; i < DIRECTIVES && !known; i++) {
        known = !strcmp(word, directives[i].word);
        const char *text = comment + n;
        while (*text == ' ') text++;
        if (known && !*text) s = FAIL(r, "nothing stands behind #%s", word);
        if (known && *text) s = directives[i].read(r, text);
        ll_near_offer(&near, directives[i].word);
    }
    if (!known)
        ll_near_fail(&near, r->e, LL_BAD_DATA, "what is told has a blank behind its #",
                     "#%s is no part of a lesson", word);
    else
        ll_near_free(&near);
    free(word);
    return s;
}

static ll_status read_line(reader *r, const char *line)
{
    while (ll_is_blank(*line)) line++;
    if (*line == '#') return read_comment(r, line + 1);
    ll_strs commands = {0};
    ll_split_lines(line, &commands);
    for (int i = 0; i < commands.n; i++) add_command(r, commands.v[i]);
    ll_strs_free(&commands);
    return r->l->n > MOST_STEPS ? FAIL(r, "a lesson has at most %d steps", MOST_STEPS) : LL_OK;
}

/* --- the whole --------------------------------------------------------------------------------------------- */

static ll_status check_question(const ll_question *q, ll_error *e)
{
    if (q->said && (q->kind != LL_ANSWER_CHOICE || q->n_choices > 1)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "line %d: question %s has %s", q->line, q->name,
                   q->said ? "one choice alone" : "no answer: #choice and #right, or #answer");
}

/* All that stands in braces anywhere: what is worth reading from results. */
static ll_status collect(ll_lesson *l, const char *text, ll_error *e)
{
    ll_status s = LL_OK;
    for (const char *end; !s && *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        char *line = ll_strndup(text, (size_t)(end - text));
        s = ll_references(line, &l->references, e);
        free(line);
    }
    return s;
}

ll_status ll_lesson_parse(ll_lesson *l, const char *text, ll_error *e)
{
    *l = (ll_lesson){0};
    reader r = {.l = l, .e = e};
    ll_status s = LL_OK;
    for (const char *at = text, *end; !s && *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        size_t n = (size_t)(end - at);
        while (n && (at[n - 1] == '\r' || at[n - 1] == ' ')) n--;
        char *line = ll_strndup(at, n);
        r.line++;
        s = read_line(&r, line);
        free(line);
    }
    if (s) return ll_fail_in(e, "line %d: ", r.line);
    for (int i = 0; i < l->n_questions && !s; i++) s = check_question(&l->questions[i], e);
    if (!s) s = collect(l, text, e);
    l->asks = ll_lesson_asks(text);
    if (!l->title) l->title = ll_strdup("a script");
    return s;
}

bool ll_lesson_asks(const char *text)
{
    for (const char *at = text, *end; *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        while (ll_is_blank(*at) && at < end) at++;
        size_t n = *at == '#' ? word_of(at + 1) : 0;
        for (int i = 0; i < DIRECTIVES && n; i++)
            if (strlen(directives[i].word) == n && !strncmp(at + 1, directives[i].word, n)) return true;
        const char *seed = *at == '#' ? NULL : strstr(at, "{seed}");
        if (seed && seed < end) return true;
    }
    return false;
}

void ll_lesson_free(ll_lesson *l)
{
    for (int i = 0; i < l->n; i++) {
        ll_lesson_step *s = &l->steps[i];
        for (int j = 0; j < s->n_after; j++) {
            free(s->after[j].name);
            free(s->after[j].expression);
            free(s->after[j].text);
        }
        free(s->after);
        free(s->told);
        free(s->lines);
        ll_strs_free(&s->commands);
    }
    for (int i = 0; i < l->n_questions; i++) {
        ll_question *q = &l->questions[i];
        for (int j = 0; j < q->n_choices; j++) {
            free(q->choices[j].text);
            free(q->choices[j].when);
        }
        free(q->choices);
        free(q->name);
        free(q->text);
        free(q->hint);
        free(q->right);
        free(q->when);
    }
    free(l->questions);
    free(l->steps);
    free(l->title);
    ll_strs_free(&l->references);
    *l = (ll_lesson){0};
}

bool ll_lesson_tells_after(const ll_lesson_step *s)
{
    bool tells = s->n_questions > 0;
    for (int i = 0; i < s->n_after; i++) tells |= s->after[i].kind != LL_AFTER_LET;
    return tells;
}
