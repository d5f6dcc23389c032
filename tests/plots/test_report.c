/* The report: one page whatever the names in it, opened in a real browser where there is one. */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "plots/commands.h"
#include "plots/figure/palette.h"
#include "plots/report/html.h"
#include "plots/report/report.h"
#include "tests/plots/figures.h"

/* Names that would be markup, end an attribute, run something, or turn the direction of writing. */
#define SCRIPT  "<script>alert(1)</script>"
#define HANDLER "x\" onerror='document.title=\"pwned\"' y=\""
#define IMAGE   "<img src=x onerror=\"document.title='pwned'\">"
#define HEBREW  "\xd7\x90\xd7\x91\xd7\x92"
#define OVERRIDE                                                                                             \
    "a\xe2\x80\xae"                                                                                          \
    "b"

/* --- pieces -------------------------------------------------------------------------------------------------- */

static void texts_are_nothing_but_text(void)
{
    ll_str s = {0};
    ll_html_text(&s, "a<b>&\"c\"'d'\xff");
    CHECK_STR(s.s, "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;\xef\xbf\xbd");
    ll_str_clear(&s);
    ll_html_text(&s, OVERRIDE "\n" HEBREW);
    CHECK_STR(s.s, "a\xef\xbf\xbd"
                   "b\xef\xbf\xbd" HEBREW);
    ll_str_clear(&s);
    ll_html_text(&s, NULL);
    CHECK_STR(ll_str_text(&s), "");
    ll_html_sentence(&s, "use `task <x>` or `<b>` of `all");
    CHECK_STR(s.s, "use <code>task &lt;x&gt;</code> or <code>&lt;b&gt;</code> of `all");
    ll_str_free(&s);
}

static void results_become_tables(void)
{
    static const char json[] = "{\"title\":\"<t>\",\"columns\":[{\"key\":\"a\",\"title\":\"name\"},{\"key\":"
                               "\"b\",\"title\":\"r\",\"digits\":3},"
                               "{\"key\":\"c\",\"title\":\"empty\"}],\"rows\":[{\"a\":\"<i>\",\"b\":0.9996,"
                               "\"c\":\"\"},{\"a\":\"y\",\"b\":null},"
                               "{\"a\":\"z\",\"b\":1}],\"notes\":[\"n & m\"]}";
    cJSON *o;
    ll_str s = {0};
    CHECK_INT(ll_json_parse(json, sizeof json - 1, &o, NULL), LL_OK);
    ll_html_result(&s, o, 2);
    CHECK_HAS(s.s, "<h3>&lt;t&gt;</h3>");
    CHECK_HAS(s.s, "<td><bdi>&lt;i&gt;</bdi></td><td class=\"number\" data-v=\"0.9996\">0.999</td></tr>");
    CHECK(!strstr(s.s, "empty")); /* a column in which nothing stands */
    CHECK(!strstr(s.s, "<bdi>z"));
    CHECK_HAS(s.s, "2 of 3 rows are shown");
    CHECK_HAS(s.s, "<li>n &amp; m</li>");
    ll_str_free(&s);
    cJSON_Delete(o);
}

static void figures_keep_to_themselves(void)
{
    static const char svg[] =
        "<?xml version=\"1.0\"?>\n<svg \n width=\"300\" viewBox=\"0 0 300 200\"\n>\n<title>Gnuplot</title>\n"
        "<desc>made</desc><defs><circle id='gpDot' r='1'/></defs><g id=\"one\" color=\"black\">"
        "<use xlink:href='#gpDot' color='rgb(254,  1,   6)'/><g filter=\"url(#box)\" fill='rgb( 10, 20, "
        "30)'/>"
        "<text>id='gpDot' &lt;b&gt; rgb(254,1,6)</text></g></svg>";
    ll_str s = {0};
    ll_html_svg(&s, svg, 7, "a \"b\" <c>");
    CHECK(!strncmp(s.s, "<svg class=\"figure\" role=\"img\" viewBox=\"0 0 300 200\"", 50));
    CHECK_HAS(s.s, "aria-label=\"a &quot;b&quot; &lt;c&gt;\">");
    CHECK(!strstr(s.s, "Gnuplot") && !strstr(s.s, "made") && !strstr(s.s, "<?xml"));
    CHECK_HAS(s.s, "id='f7-gpDot'");
    CHECK_HAS(s.s, "id=\"f7-one\"");
    CHECK_HAS(s.s, "href='#f7-gpDot' color='var(--pen-6)'");
    CHECK_HAS(s.s, "url(#f7-box)\" fill='rgb( 10, 20, 30)'");
    CHECK_HAS(s.s, "<text>id='gpDot' &lt;b&gt; rgb(254,1,6)</text>"); /* texts stay as they are */
    ll_str_clear(&s);
    ll_html_svg(&s, "<svg", 1, "");
    ll_html_svg(&s, "nothing", 1, "");
    CHECK_STR(ll_str_text(&s), "");
    ll_html_svg(&s, "<svg viewBox=\"0 0 3 2\"><g id='x", 1, ""); /* cut off */
    CHECK_HAS(s.s, "<g id='f1-x");
    ll_str_free(&s);
}

/* --- the command --------------------------------------------------------------------------------------------- */

static ll_dataset *make_data(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("data " IMAGE, space, 60, 4);
    const char *names[] = {SCRIPT, HANDLER, IMAGE, HEBREW};
    for (int j = 0; j < 4; j++)
        ll_device_set(&d->devices[j], names[j], LL_MEASURED, SCRIPT, "ms", HANDLER, IMAGE);
    for (int i = 0; i < 60; i++) {
        space->at(space, 261 * i, ll_arch_at(d->archs, i));
        for (int j = 0; j < 4; j++) ll_latencies(d, j)[i] = 1 + i + 3 * ((i * (j + 3)) % 17);
    }
    d->provenance = cJSON_CreateObject();
    ll_json_str(d->provenance, IMAGE, SCRIPT);
    CHECK_INT(ll_dataset_seal(d, NULL), LL_OK);
    return d;
}

static ll_status run_given(ll_request *rq)
{
    ll_state_set_data(&rq->state, make_data(), false);
    return LL_OK;
}

static ll_status run_rest(ll_request *rq)
{
    static const char *const lines[] = {"pretrain gp n=50", "sample k=8 seed=1", "transfer all k=8 seed=1"};
    ll_ints source = {0}, target = {0};
    for (int j = 0; j < 4; j++) ll_ints_add(j < 2 ? &source : &target, j);
    ll_state_set_task(&rq->state, ll_task_new(SCRIPT, rq->state.data, &source, &target));
    ll_ints_free(&source);
    ll_ints_free(&target);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ll_status s = ll_app_ask_line(rq, lines[i], NULL);
        if (s) return s;
    }
    return LL_OK;
}

static const ll_command given_commands[] = {
    {.name = "given", .group = "test", .summary = "Set the data", .flags = LL_CMD_CHANGES, .run = run_given},
    {.name = "rest", .group = "test", .summary = "Set the rest", .flags = LL_CMD_CHANGES, .run = run_rest},
    {0}};

static ll_app *new_app(void)
{
    static const ll_command *const tables[] = {
        ll_plot_commands,     ll_report_commands,  ll_look_commands,   ll_partition_commands,
        ll_sample_commands,   ll_predict_commands, ll_search_commands, ll_active_commands,
        ll_diagnose_commands, given_commands};
    ll_app *a = ll_app_new(&(ll_app_config){.data_dir = check_tmpdir(), .threads = 1});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    return a;
}

/* Carries a line out; the sentence of its error, "" when it went well. */
static const char *say(ll_app *a, const char *fmt, ...)
{
    static char error[1000];
    char line[2000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    ll_app_submit(a, line);
    *error = 0;
    for (cJSON *o; (o = ll_app_wait(a)); cJSON_Delete(o))
        if (!strcmp(ll_json_get_str(o, "event", ""), "error"))
            snprintf(error, sizeof error, "%s", ll_json_get_str(o, "message", ""));
    return error;
}

static char *page_of(const char *name)
{
    char *text = NULL;
    size_t n;
    CHECK_INT(ll_read_file(in_tmp(name), 0, &text, &n, NULL), LL_OK);
    return text ? text : ll_strdup("");
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) n++;
    return n;
}

static void what_is_not_there_is_left_out_with_a_line(void)
{
    ll_app *a = new_app();
    CHECK_HAS(say(a, "report out=%s", in_tmp("none.html")), "no dataset is loaded");
    CHECK(!ll_is_file(in_tmp("none.html")));
    CHECK_STR(say(a, "given"), "");
    CHECK_HAS(say(a, "report out=%s", in_tmp("none.pdf")), ".html");
    CHECK_HAS(say(a, "report nosuch out=%s", in_tmp("none.html")), "nothing is predicted on nosuch");
    setenv("LATLAB_GNUPLOT", check_missing(), 1); /* figures are parts like others */
    CHECK_STR(say(a, "report out=%s", in_tmp("none.html")), "");
    unsetenv("LATLAB_GNUPLOT");
    char *page = page_of("none.html");
    static const char *const lines[] = {"<p class=\"absent\">No devices are set apart",
                                        "<p class=\"absent\">No architectures are picked",
                                        "<p class=\"absent\">No predictor is pretrained",
                                        "<p class=\"absent\">Nothing is predicted yet",
                                        "<p class=\"absent\">There is no transfer to diagnose",
                                        "<p class=\"absent\">Nothing was searched",
                                        "plots need gnuplot"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_HAS(page, lines[i]);
    CHECK_INT(count(page, "<svg"), 0);
    free(page);
    CHECK_HAS(say(a, "report out=%s", in_tmp("none.html")), "force=on");
    ll_app_free(a);
}

/* The first attribute of a tag that runs or loads something, NULL: there is none. Texts, styles and the script are no
 * tags; what stands in quotes is no attribute. */
static const char *active_attribute(const char *page)
{
    static const char *const active[] = {" on", " src", " href=\"j", " href=\"h", " action", " data="};
    for (const char *tag = strchr(page, '<'); tag; tag = strchr(tag, '<')) {
        if (!strncmp(tag, "<style>", 7)) tag = strstr(tag, "</style>");
        if (!strncmp(tag, "<script>", 8)) tag = strstr(tag, "</script>");
        for (char quote = 0; *tag && (quote || *tag != '>'); tag++) {
            if (quote ? *tag == quote : *tag == '"' || *tag == '\'') quote = quote ? 0 : *tag;
            for (size_t i = 0; !quote && i < sizeof active / sizeof *active; i++)
                if (!strncmp(tag, active[i], strlen(active[i]))) return tag;
        }
    }
    return NULL;
}

/* Writes the page of a session with everything in it. */
static char *whole_page(const char *name)
{
    ll_app *a = new_app();
    CHECK_STR(say(a, "given"), "");
    CHECK_STR(say(a, "rest"), "");
    CHECK_STR(say(a, "report out=%s title=\"<b>t</b> %s\"", in_tmp(name), HEBREW), "");
    ll_app_free(a);
    return page_of(name);
}

static void names_are_inert(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    char *page = whole_page("whole.html");
    CHECK_INT(count(page, "<script"), 1); /* its own */
    CHECK(!strstr(page, "<img") && !strstr(page, "<b>t</b>"));
    CHECK(!active_attribute(page) && !strstr(page, "\xe2\x80\xae"));
    CHECK(active_attribute("<a b=' on'><p c=\"d\" onload=\"e\">") != NULL);
    CHECK_HAS(page, "&lt;script&gt;alert(1)&lt;/script&gt;");
    CHECK_HAS(page, "<bdi>" HEBREW "</bdi>");
    CHECK_HAS(page, "default-src 'none'");
    CHECK(count(page, "<svg") >= 3);
    CHECK_INT(count(page, "<svg"), count(page, "</svg>"));
    CHECK(!strstr(page, "https://"));
    CHECK(!strstr(page, "rgb(254,  1") &&
          !strstr(page, "rgb(254,1")); /* every mark of a pen has become a colour */
    free(page);
}

static const char *browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[100];
        snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", names[i]);
        if (!system(command)) return names[i];
    }
    check_skip("no browser opens the report: apt-get install chromium");
    return NULL;
}

/* Opens a page and writes what has become of it to dom.html, and what the browser says of it to log.txt. */
static void browse(const char *program, const char *page)
{
    char command[2000], at[1000];
    snprintf(at, sizeof at, "%s", in_tmp(page));
    snprintf(
        command, sizeof command,
        "timeout 100 %s --headless --no-sandbox --disable-gpu --enable-logging=stderr --user-data-dir='%s' "
        "--dump-dom 'file://%s' >'%s/dom.html' 2>'%s/log.txt'",
        program, in_tmp("profile"), at, check_tmpdir(), check_tmpdir());
    CHECK_INT(system(command), 0);
}

/* What the browser has made of it: its script has run, no other has, nothing was refused or loaded. */
static void a_browser_opens_it(void)
{
    ll_gnuplot g = {0};
    const char *program = browser();
    if (!program || !have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    free(whole_page("opened.html"));
    browse(program, "opened.html");
    char *dom = page_of("dom.html"), *log = page_of("log.txt");
    CHECK_HAS(dom, "<title>&lt;b&gt;t&lt;/b&gt; " HEBREW "</title>");
    CHECK_HAS(dom, "class=\"sorts\""); /* the hash in the policy is that of the script */
    CHECK_INT(count(dom, "<script"), 1);
    CHECK_INT(count(dom, "<img"), 0);
    CHECK(!active_attribute(dom));
    CHECK(!strstr(log, "Content Security Policy") && !strstr(log, "Uncaught"));
    free(log);
    free(dom);
}

/* Clicks every head of every table twice and presses Enter on it, as a reader would, and looks whether the rows stand in
 * the order of what is shown: numbers by value, those that are missing last; all else as words. */
static const char clicks[] =
    "<script>addEventListener('load',function(){var heads=0,bad=[];"
    "function shown(t,i){return Array.from(t.tBodies[0].rows).map(function(r){return "
    "r.cells[i].textContent})}"
    "function ordered(t,i,up){var v=shown(t,i),n=t.tHead.rows[0].cells[i].classList.contains('number');"
    "for(var k=1;k<v.length;k++){var a=v[k-1],b=v[k],c;if(n){a=parseFloat(a);b=parseFloat(b);"
    "if(isNaN(a)&&!isNaN(b))return false;if(isNaN(a)||isNaN(b))continue;c=a-b}"
    "else c=a.localeCompare(b,undefined,{numeric:true});if(up?c>0:c<0)return false}"
    "return t.tHead.rows[0].querySelectorAll('[aria-sort]').length===1}"
    "document.querySelectorAll('table').forEach(function(t,at){var before=t.tBodies[0].rows.length;"
    "t.querySelectorAll('th.sorts').forEach(function(h){var i=h.cellIndex,where=at+':'+h.textContent;heads++;"
    "h.click();if(!ordered(t,i,true))bad.push(where+' up');"
    "h.click();if(!ordered(t,i,false))bad.push(where+' down');"
    "h.dispatchEvent(new KeyboardEvent('keydown',{key:'Enter',bubbles:true}));"
    "if(!ordered(t,i,true))bad.push(where+' Enter')});"
    "if(t.tBodies[0].rows.length!==before)bad.push(at+' lost rows')});"
    "document.body.setAttribute('data-sorted',heads+' heads, '+bad.length+' bad'+bad.join(';'))})</script>";

/* On a copy without the policy, which would refuse this script and no other. */
static void its_tables_sort(void)
{
    ll_gnuplot g = {0};
    const char *program = browser();
    if (!program || !have_gnuplot(&g)) return;
    ll_gnuplot_free(&g);
    char *page = whole_page("sorted.html"), *policy = strstr(page, "<meta http-equiv");
    ll_str driven = {0};
    if (CHECK(policy)) {
        ll_str_addn(&driven, page, (size_t)(policy - page));
        ll_str_addf(&driven, "%s%s", strchr(policy, '>') + 1, clicks);
        CHECK_OK(ll_write_file(in_tmp("sorted.html"), driven.s, driven.len, NULL));
        browse(program, "sorted.html");
        char *dom = page_of("dom.html");
        const char *said = strstr(dom, "data-sorted=\"");
        int heads = said ? atoi(said + strlen("data-sorted=\"")) : 0;
        check_report(heads >= 6 && strstr(said, " heads, 0 bad\""), __FILE__, __LINE__, "%.200s",
                     said ? said : "no table was sorted");
        free(dom);
    }
    ll_str_free(&driven);
    free(page);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"texts are nothing but text", texts_are_nothing_but_text},
        {"results become tables", results_become_tables},
        {"figures keep to themselves", figures_keep_to_themselves},
        {"what is not there is left out with a line", what_is_not_there_is_left_out_with_a_line},
        {"names are inert", names_are_inert},
        {"a browser opens it", a_browser_opens_it},
        {"its tables sort", its_tables_sort},
        {0}};
    return check_main("report", cases, argc, argv);
}
