/* What the results of `diagnose` have in common: their head, and words that are explained where they come first. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/app/topics.h"
#include "core/base/str.h"
#include "core/base/text/json.h"
#include "core/commands/diagnose/diagnose.h"
#include "core/space/kinds.h"

void ll_answers_free(ll_answers *a)
{
    ll_outlook_free(&a->outlook);
    ll_sources_report_free(&a->sources);
    ll_prices_report_free(&a->prices);
    ll_transfer_unref(a->kernels);
    ll_residuals_report_free(&a->residuals);
    ll_samples_report_free(&a->samples);
    ll_advice_report_free(&a->advice);
    ll_strs_free(&a->explained);
}

cJSON *ll_answer_new(const ll_answers *a, const char *kind, int question, const char *title)
{
    cJSON *o = ll_result_new(kind);
    ll_json_str(o, "title", title);
    if (question) ll_json_int(o, "question", question);
    ll_json_str(o, "device", a->q->data->devices[a->q->device].name);
    return o;
}

char *ll_choice_name(const ll_space *s, int position, int op)
{
    ll_kinds kinds = ll_kinds_of(s);
    ll_str name = {0};
    if (position < 0)
        ll_kind_name(&kinds, s, op, &name);
    else
        ll_str_add(&name, ll_space_choice(s, position, op));
    return ll_str_take(&name);
}

const char *ll_choice_instead(const ll_space *s, const ll_price *p)
{
    ll_kinds kinds = ll_kinds_of(s);
    int position = p->position < 0 ? ll_kind_position(&kinds, s, p->op, NULL) : p->position;
    return ll_space_choice(s, position, p->instead);
}

/* --- words --- */

/* The words of the field that the results use; each is a topic of `help`, which has the sentence. */
static const char *const field[] = {"Spearman",
                                    "sample",
                                    "source",
                                    "target",
                                    "interval",
                                    "coverage",
                                    "optimal design",
                                    "hardware embedding",
                                    "draw",
                                    "gp",
                                    "deviation",
                                    "tie",
                                    "score",
                                    "MACs",
                                    "task"};

/* What of a result a person reads: all but its numbers, names and drawings. */
static void words_of(const cJSON *result, ll_str *out)
{
    const cJSON *item;
    ll_str_addf(out, "%s\n%s\n", ll_json_get_str(result, "title", ""),
                ll_json_get_str(result, "summary", ""));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "columns"))
        ll_str_addf(out, "%s\n", ll_json_get_str(item, "title", ""));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "rows"))
        ll_str_addf(out, "%s\n", ll_json_get_str(item, "why", ""));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "notes"))
        ll_str_addf(out, "%s\n", item->valuestring);
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Is the word there, or its plural? */
static bool says(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strcasestr(at, word)); at++) {
        const char *end = at + n + (at[n] == 's');
        if ((at == text || !is_letter(at[-1])) && !is_letter(*end)) return true;
    }
    return false;
}

void ll_answer_emit(ll_request *rq, ll_answers *a, cJSON *result)
{
    ll_str text = {0}, brief = {0};
    ll_topic t;
    words_of(result, &text);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        if (ll_strs_has(&a->explained, field[i]) || !says(ll_str_text(&text), field[i])) continue;
        ll_strs_add(&a->explained, field[i]);
        ll_str_clear(&brief);
        if (!ll_topic_find(field[i], &t)) continue;
        ll_topic_brief(&t, &brief);
        ll_result_note(result, "%s: %s", field[i], ll_str_text(&brief));
    }
    ll_str_free(&text);
    ll_str_free(&brief);
    ll_emit(rq, result);
}
