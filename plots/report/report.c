#include "plots/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/app/output.h"
#include "core/app/simulated.h"
#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "plots/report/html.h"
#include "plots/report/sections.h"

enum { MOST_TRANSFERS = 6 };

static ll_status check_out(ll_request *rq)
{
    const char *out = ll_word(&rq->args, "out"), *dot = strrchr(out, '.');
    if (dot && (!strcasecmp(dot, ".html") || !strcasecmp(dot, ".htm"))) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "out=%s: a report is written as .html", out);
}

/* The transfers of the devices that are named, or all; the latest first. */
static ll_status choose_transfers(ll_report *r)
{
    const ll_state *s = &r->rq->state;
    ll_strs wanted = {0};
    if (ll_has(&r->rq->args, "device")) ll_list_names(&r->rq->args, "device", &wanted);
    for (int i = 0; i < s->n_transfers; i++) {
        bool named = !wanted.n;
        for (int j = 0; j < wanted.n; j++) named |= ll_glob(wanted.v[j], s->transfers[i]->device);
        if (!named || r->n_transfers++ >= MOST_TRANSFERS) continue;
        r->shown[r->n_shown++] = s->transfers[i];
    }
    ll_status status = LL_OK;
    if (wanted.n && !r->n_shown)
        status = LL_FAIL(r->rq, LL_FAILED, "nothing is predicted on %.80s; `transfer %.80s` does that",
                         wanted.v[0], wanted.v[0]);
    ll_strs_free(&wanted);
    return status;
}

static void add_header(ll_report *r, const char *title)
{
    const ll_dataset *d = r->rq->state.data;
    ll_str text = {0};
    ll_str_add(&r->out, "<header>\n<h1>");
    ll_html_text(&r->out, title);
    ll_str_add(&r->out, "</h1>\n<p>");
    ll_str_addf(&text, "%s, search space %s, content %s", d->name, d->space->name, d->hash.hex);
    ll_html_text(&r->out, ll_str_text(&text));
    ll_str_add(&r->out, "</p>\n");
    ll_report_cards(r);
    ll_str_add(&r->out, "</header>\n<nav>");
    for (const ll_report_section *s = ll_report_sections; s->id; s++)
        ll_str_addf(&r->out, "<a href=\"#%s\">%s</a>", s->id, s->title);
    ll_str_add(&r->out, "</nav>\n<main>\n");
    ll_str_free(&text);
}

static void add_footer(ll_report *r)
{
    char date[LL_DATE_SIZE];
    ll_str_addf(&r->out,
                "</main>\n<footer>Written by latlab %s on %s. This page loads nothing from elsewhere; tables "
                "sort by a "
                "click on the head of a column.</footer>\n",
                LL_VERSION, ll_utc_text("%Y-%m-%d", date));
}

static void tell_progress(ll_request *rq, const char *title, int done, int total)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "phase", "report");
    ll_json_int(o, "done", done);
    ll_json_int(o, "total", total);
    ll_json_str(o, "part", title);
    ll_progress(rq->observer, o);
}

static ll_status add_sections(ll_report *r)
{
    int n = 0;
    while (ll_report_sections[n].id) n++;
    for (int i = 0; i < n; i++) {
        const ll_report_section *s = &ll_report_sections[i];
        tell_progress(r->rq, s->title, i, n);
        ll_str_addf(&r->out, "<section id=\"%s\">\n<h2>%s</h2>\n<p class=\"lead\">%s</p>\n", s->id, s->title,
                    s->lead);
        ll_status status =
            ll_cancelled(r->rq->observer) ? LL_FAIL(r->rq, LL_CANCELLED, "cancelled") : s->add(r);
        if (status) return status;
        ll_str_add(&r->out, "</section>\n");
    }
    return LL_OK;
}

static ll_status write_page(ll_report *r, const char *path)
{
    ll_request *rq = r->rq;
    ll_str title = {0};
    if (ll_has(&rq->args, "title"))
        ll_str_add(&title, ll_word(&rq->args, "title"));
    else
        ll_str_addf(&title, "Latencies of %s", rq->state.data->name);
    ll_html_begin(&r->out, ll_str_text(&title));
    add_header(r, ll_str_text(&title));
    ll_str_free(&title);
    ll_status s = add_sections(r);
    if (s) return s;
    add_footer(r);
    ll_html_end(&r->out);
    return ll_write_file(path, r->out.s, r->out.len, &rq->error);
}

static void emit(ll_report *r, const char *path)
{
    static const ll_column columns[] = {{"out", "written to", NULL, -1},
                                        {"figures", "figures", NULL, 0},
                                        {"kilobytes", "size", "kB", 0},
                                        {0}};
    cJSON *result = ll_result_new("report");
    ll_json_str(result, "out", path);
    ll_json_int(result, "figures", r->figures);
    ll_json_int(result, "kilobytes", (long)((r->out.len + 999) / 1000));
    ll_result_columns(result, columns);
    ll_emit(r->rq, result);
}

static ll_status run_report(ll_request *rq)
{
    ll_report r = {.rq = rq, .diagnose = ll_bool(&rq->args, "diagnose")};
    char *path = NULL;
    ll_status s = check_out(rq);
    if (!s) s = ll_need_data(rq);
    if (!s) s = choose_transfers(&r);
    if (!s) s = ll_output_new(rq, ll_word(&rq->args, "out"), &path);
    if (!s) s = write_page(&r, path);
    if (!s) emit(&r, path);
    free(path);
    ll_str_free(&r.out);
    return s;
}

static const ll_option options[] = {
    LL_OPT_WORD("out", NULL, "the file to write, .html", .required = true, LL_OF(FILE)),
    LL_OPT_LIST("device", NULL, "whose predictions are shown (names, globs; default: the latest six)",
                LL_REST, LL_OF(DEVICE)),
    LL_OPT_WORD("title", NULL, "of the page"),
    LL_OPT_BOOL("diagnose", "on", "also diagnose the device that is ranked worst"),
    LL_OPT_FORCE,
    {0},
};

const ll_command ll_report_commands[] = {
    {.name = "report",
     .group = "plot",
     .summary = "Write what this session has come to as one page to send",
     .options = options,
     .flags = LL_CMD_LONG,
     .run = run_report,
     .help = "One HTML file with all in it: data and where it comes from, correlation of the devices, task, "
             "samples,\n"
             "predictions with intervals, diagnosis, search, and the commands that made them. It loads "
             "nothing, and\n"
             "no name in it is ever run. What the session does not have is left out with a line. Tables sort "
             "by a\n"
             "click on a head; it prints, and reads on a telephone, light or dark.",
     .examples = "report out=first.html\n"
                 "report fpga pixel* title=\"Two telephones\" out=phones.html"},
    {0},
};
