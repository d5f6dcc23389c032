/* A figure of gnuplot inside a page. It is copied tag by tag; texts between tags are gnuplot's, which escapes them. */
#include <stdio.h>
#include <string.h>

#include "plots/figure/palette.h"
#include "plots/report/html.h"

typedef struct svg {
    ll_str *out;
    int number;
} svg;

/* "rgb(254,  1,  6)" at s is the mark of a pen: its number, or -1. *n: bytes. */
static int pen_at(const char *s, size_t *n)
{
    int r, g, b, end = 0;
    if (sscanf(s, "rgb(%d,%d,%d)%n", &r, &g, &b, &end) != 3 || !end) return -1;
    *n = (size_t)end;
    int pen = (r << 16 | g << 8 | b) - LL_PEN_MARK;
    return pen >= 0 && pen < LL_PENS ? pen : -1;
}

static bool begins(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

/* One tag, from < to >. What refers to an identifier, or is one, gets the figure's number. */
static void copy_tag(const svg *v, const char *s, size_t n)
{
    static const char *const names[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    for (size_t i = 0; i < n;) {
        size_t length = 1;
        int pen = begins(s + i, "rgb(") ? pen_at(s + i, &length) : -1;
        const char *name = NULL;
        for (size_t k = 0; k < sizeof names / sizeof *names && !name; k++)
            if (begins(s + i, names[k])) name = names[k];
        if (pen >= 0)
            ll_str_addf(v->out, "var(--pen-%d)", pen);
        else if (name)
            ll_str_addf(v->out, "%sf%d-", name, v->number);
        else if (begins(s + i, "\"black\"") || begins(s + i, "'black'"))
            ll_str_addf(v->out, "\"var(--pen-%d)\"", LL_PEN_TEXT);
        else
            ll_str_addn(v->out, s + i, length);
        i += name ? strlen(name) : begins(s + i, "\"black\"") || begins(s + i, "'black'") ? 7 : length;
    }
}

/* Behind the element that begins at s and is not wanted, or s when it is. gnuplot repeats names in titles, which viewers
 * show as tips. */
static const char *behind_unwanted(const char *s)
{
    static const char *const unwanted[][2] = {
        {"<title>", "</title>"}, {"<desc>", "</desc>"}, {"<!--", "-->"}};
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
        if (!begins(s, unwanted[i][0])) continue;
        const char *end = strstr(s, unwanted[i][1]);
        return end ? end + strlen(unwanted[i][1]) : s + strlen(s);
    }
    return s;
}

static void copy(const svg *v, const char *s)
{
    while (*s) {
        const char *behind = behind_unwanted(s);
        if (behind > s) {
            s = behind;
            continue;
        }
        size_t n = *s == '<' ? strcspn(s, ">") : strcspn(s, "<");
        if (*s == '<') {
            n += s[n] == '>';
            copy_tag(v, s, n);
        } else if (strspn(s, " \t\r\n") == n) {
            ll_str_addc(v->out, '\n');
        } else {
            ll_str_addn(v->out, s, n);
        }
        s += n;
    }
}

void ll_html_svg(ll_str *out, const char *text, int number, const char *label)
{
    const char *start = strstr(text, "<svg"), *inside = start ? strchr(start, '>') : NULL;
    const char *box = start ? strstr(start, "viewBox=\"") : NULL;
    double w, h;
    if (!inside || !box || box > inside || sscanf(box, "viewBox=\"0 0 %lf %lf\"", &w, &h) != 2) return;
    ll_str_addf(out,
                "<svg class=\"figure\" role=\"img\" viewBox=\"0 0 %g %g\" "
                "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
                "style=\"max-width:%gpx\" aria-label=\"",
                w, h, w);
    ll_html_text(out, label);
    ll_str_add(out, "\">");
    copy(&(svg){out, number}, inside + 1);
}
