/* What every report has: the head with its style, and the script that sorts tables.
 *
 * A page is opened from anywhere, and the names in it are anybody's. All of them are escaped; beyond that the browser is told
 * to run one script, by its hash, and to load nothing. */
#include "plots/figure/palette.h"
#include "plots/report/html.h"

/* @L and @D stand for the colours of the pens, light and dark. */
static const char style[] =
    ":root{color-scheme:light dark;--ground:#fbfbf9;--card:#fff;--ink:#1d2126;--soft:#5d6570;--line:#e3e4e0;-"
    "-accent:#0072b2;--warm:#d55e00;@L}\n"
    "@media(prefers-color-scheme:dark){:root{--ground:#121417;--card:#191c20;--ink:#e6e7e9;--soft:#9aa3ad;--l"
    "ine:#2c3137;--accent:#5ab4f0;--warm:#f58a4b;@D}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,\"Segoe "
    "UI"
    "\",Roboto,\"Helvetica Neue\",sans-serif}\n"
    "main,header,footer,nav{max-width:76rem;margin:0 auto;padding:0 1.25rem}\n"
    "header{padding-top:2.5rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em;overflow-wrap:anywhere}\n"
    "h2{font-size:1.3rem;margin:0 0 .2rem;letter-spacing:-.005em}\n"
    "h3{font-size:1rem;margin:1.4rem 0 .5rem;font-weight:600;overflow-wrap:anywhere}\n"
    "header p,.lead{color:var(--soft);margin:0 0 1rem;max-width:62ch}\n"
    "nav{position:sticky;top:0;background:var(--ground);border-bottom:1px solid var(--line);z-index:1;overflo"
    "w-x:auto;white-space:nowrap;padding-top:.5rem;padding-bottom:.5rem;font-size:.9rem}\n"
    "nav a{margin-right:1.1rem;color:var(--soft);text-decoration:none}\n"
    "nav a:hover,nav a:focus{color:var(--accent)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.75rem;margin:1.2rem "
    "0 1.6rem}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}\n"
    ".card b{display:block;font-size:1.55rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nu"
    "ms;overflow-wrap:anywhere}\n"
    ".card span{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.4rem 1.5rem 1.2"
    "rem;margin:1.2rem 0;scroll-margin-top:3.2rem}\n"
    ".pair{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:0 2rem;align-items:start}\n"
    "figure{margin:.6rem 0 1rem}\n"
    ".figure{display:block;width:100%;height:auto;margin:0 auto}\n"
    ".figure text,.figure tspan{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu "
    "Sans\",sans-seri"
    "f}\n"
    "figcaption{color:var(--soft);font-size:.88rem;margin-top:.4rem;overflow-wrap:anywhere}\n"
    "figcaption b{color:var(--ink);font-weight:600}\n"
    ".wide{overflow-x:auto;margin:.5rem 0;border-radius:8px}\n"
    "table{border-collapse:collapse;font-size:.86rem;width:100%}\n"
    "th,td{padding:.36rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}\n"
    "th{font-weight:600;color:var(--soft);white-space:nowrap;border-bottom-width:2px}\n"
    "th small{font-weight:400}\n"
    "td{max-width:34rem;overflow-wrap:break-word}.long{min-width:13rem}\n"
    ".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "tbody tr:hover{background:color-mix(in srgb,var(--accent) 6%,transparent)}\n"
    ".sorts{cursor:pointer;user-select:none}\n"
    ".sorts:hover,.sorts:focus{color:var(--accent)}\n"
    "[aria-sort]::after{content:\" \\2191\"}\n"
    "[aria-sort=descending]::after{content:\" \\2193\"}\n"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:0 2rem;margin:.5rem 0;font"
    "-size:.9rem}\n"
    "dl div{display:flex;justify-content:space-between;gap:1rem;border-bottom:1px solid var(--line);padding:."
    "3rem 0}\n"
    "dt{color:var(--soft)}\n"
    "dl .whole{grid-column:1/-1}\n"
    "dd.number{flex:none}\n"
    "dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;min-width:0}\n"
    ".notes,.note{color:var(--soft);font-size:.9rem}\n"
    ".notes{padding-left:1.2rem;margin:.6rem 0}\n"
    ".notes li{margin:.2rem 0;overflow-wrap:anywhere}\n"
    ".absent{color:var(--soft);border-left:3px solid var(--line);padding:.1rem 0 .1rem .8rem;margin:.6rem 0;o"
    "verflow-wrap:anywhere}\n"
    "pre{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;overflow-"
    "x:auto;font:.84rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans "
    "Mono\",monospace;white-spa"
    "ce:pre-wrap;overflow-wrap:anywhere}\n"
    "pre.commands{white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace}\n"
    "details{margin:.8rem 0}\n"
    "summary{cursor:pointer;color:var(--accent);font-size:.92rem}\n"
    "footer{color:var(--soft);font-size:.85rem;padding-bottom:2.5rem}\n"
    "@media(max-width:52rem){.pair{grid-template-columns:minmax(0,1fr)}}\n"
    "@media(max-width:34rem){body{font-size:15px}header{padding-top:1.5rem}h1{font-size:1.5rem}main,header,fo"
    "oter,nav{padding-left:.7rem;padding-right:.7rem}section{padding:1rem .85rem;border-radius:10px}.cards{gr"
    "id-template-columns:repeat(2,minmax(0,1fr))}.card b{font-size:1.25rem}dl{grid-template-columns:minmax(0,"
    "1fr)}}\n"
    "@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#004a75;@L}b"
    "ody{font-size:10pt}nav{display:none}section{border:0;padding:0;margin:1.2rem 0;border-top:1px solid var("
    "--line);border-radius:0;padding-top:.8rem}figure,tr,.card{break-inside:avoid}h2,h3,.lead{break-after:"
    "avoid}.wi"
    "de{overflow:visible}table{font-size:8pt}.figure{max-height:12cm}details>*{display:block}.pair{grid-templ"
    "ate-columns:minmax(0,1fr)}}\n";

/* Tables sort by a click on the head of a column. */
static const char script[] =
    "document.querySelectorAll(\"table\").forEach(function(t){var "
    "b=t.tBodies[0];if(!b||b.rows.length<2)return;A"
    "rray.from(t.tHead.rows[0].cells).forEach(function(h,i){function key(r){var "
    "c=r.cells[i],v=c?c.dataset.v:u"
    "ndefined;return v===undefined?null:Number(v)}function sort(){var "
    "up=h.getAttribute(\"aria-sort\")!==\"ascend"
    "ing\";Array.from(t.tHead.rows[0].cells).forEach(function(o){o.removeAttribute(\"aria-sort\")});h."
    "setAttribut"
    "e(\"aria-sort\",up?\"ascending\":\"descending\");var "
    "rows=Array.from(b.rows),n=h.classList.contains(\"number\");r"
    "ows.sort(function(x,y){if(n){var "
    "p=key(x),q=key(y);if(p===null||q===null)return(p===null)-(q===null);retu"
    "rn up?p-q:q-p}var "
    "s=x.cells[i].textContent,u=y.cells[i].textContent;return(up?1:-1)*s.localeCompare(u,und"
    "efined,{numeric:true})});rows.forEach(function(r){b.appendChild(r)})}h.tabIndex=0;h.classList.add("
    "\"sorts\""
    ");h.addEventListener(\"click\",sort);h.addEventListener(\"keydown\",function(e){if(e.key===\"Enter\"||e."
    "key===\""
    " \"){e.preventDefault();sort()}})})});";

/* Of `script`, as `openssl dgst -sha256 -binary | base64` says it; with another one nothing sorts (tests/plots/test_report.c). */
static const char hash[] = "kZ+wQPlt+UucHEg7Y1UszYKwOkelTxZ8AaXPlexk5xk=";

static void add_pens(ll_str *out, ll_plot_theme theme)
{
    for (int i = 0; i < LL_PENS; i++)
        ll_str_addf(out, "%s--pen-%d:#%06x", i ? ";" : "", i, ll_pen_rgb((ll_pen)i, theme));
}

/* Figures lie on cards, whose colour is that of their paper. */
static void add_style(ll_str *out)
{
    ll_str_add(out, "<style>\n");
    for (const char *c = style; *c; c++) {
        if (*c != '@' || (c[1] != 'L' && c[1] != 'D')) {
            ll_str_addc(out, *c);
            continue;
        }
        add_pens(out, *++c == 'L' ? LL_THEME_LIGHT : LL_THEME_DARK);
        ll_str_addf(out, ";--pen-%d:var(--card)", LL_PEN_PAPER);
    }
    ll_str_add(out, "</style>\n");
}

void ll_html_begin(ll_str *out, const char *title)
{
    ll_str_addf(out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n"
                "<meta name=\"generator\" content=\"latlab\">\n<title>",
                hash);
    ll_html_text(out, title);
    ll_str_add(out, "</title>\n");
    add_style(out);
    ll_str_add(out, "</head>\n<body>\n");
}

void ll_html_end(ll_str *out)
{
    ll_str_addf(out, "<script>%s</script>\n</body>\n</html>\n", script);
}
