/* Command lines: split, matched with the command table, completed. Words that came out of a line go into one again, and
 * the lines of a script are the lines of those lines. */
#include <stdlib.h>
#include <string.h>

#include "core/app/parse.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "data/machines/measure.h"
#include "data/machines/simulate.h"
#include "plots/commands.h"
#include "plots/report/report.h"
#include "sessions/commands.h"
#include "tests/fuzz/fuzz.h"

static ll_app *app;

static void free_app(void)
{
    ll_app_free(app);
}

/* Every command there is; none is run. */
static ll_app *commands(void)
{
    static const ll_command *const tables[] = {
        ll_data_commands,         ll_simulate_commands, ll_partition_commands, ll_look_commands,
        ll_sample_commands,       ll_predict_commands,  ll_session_commands,   ll_help_commands,
        ll_monotonicity_commands, ll_map_commands,      ll_measure_commands,   ll_plot_commands,
        ll_report_commands};
    if (app) return app;
    app = ll_app_new(&(ll_app_config){ll_fuzz_dir(), 1});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(app, tables[i]);
    atexit(free_app);
    return app;
}

static void words_come_back(const ll_strs *words)
{
    ll_str line = {0};
    ll_strs again = {0};
    ll_error e = {0};
    for (int i = 0; i < words->n; i++) {
        if (i) ll_str_addc(&line, ' ');
        ll_quote_word(&line, words->v[i]);
    }
    LAW(!ll_split_words(ll_str_text(&line), &again, &e), "%s: %s", line.s, e.message);
    LAW(words->n == again.n, "%d words became %d in: %s", words->n, again.n, ll_str_text(&line));
    for (int i = 0; i < words->n; i++)
        LAW(!strcmp(words->v[i], again.v[i]), "the word <%s> became <%s> in: %s", words->v[i], again.v[i],
            line.s);
    ll_str_free(&line);
    ll_strs_free(&again);
}

static void match(const ll_strs *words)
{
    const ll_command *c = NULL;
    ll_values args, more;
    ll_error e = {0};
    if (!ll_fuzz_good(ll_app_need_command(commands(), words->v[0], &c, &e), &e)) return;
    ll_fuzz_good(ll_parse_options(c, words->v, words->n, &args, &more, &e), &e);
    ll_values_free(&args);
    ll_values_free(&more);
}

static void read_line(const char *line)
{
    ll_strs words = {0}, marked = {0}, offers = {0};
    ll_error e = {0};
    if (ll_fuzz_good(ll_split_words(line, &words, &e), &e)) {
        words_come_back(&words);
        ll_split_marked(line, &marked, NULL);
        LAW(marked.n == words.n, "%d words and %d marked ones in: %s", words.n, marked.n, line);
        ll_parse_question(&marked);
        if (marked.n) match(&marked);
    }
    LAW(ll_last_word(line) <= strlen(line), "the last word begins behind: %s", line);
    ll_app_complete(commands(), line, &offers);
    ll_strs_free(&words);
    ll_strs_free(&marked);
    ll_strs_free(&offers);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *text = ll_fuzz_text(bytes, n);
    ll_strs lines = {0};
    ll_split_lines(text, &lines);
    for (int i = 0; i < lines.n && i < 16; i++) {
        ll_strs alone = {0};
        ll_split_lines(lines.v[i], &alone);
        LAW(alone.n == 1 && !strcmp(alone.v[0], lines.v[i]), "the line <%s> is %d lines by itself",
            lines.v[i], alone.n);
        read_line(lines.v[i]);
        ll_strs_free(&alone);
    }
    ll_strs_free(&lines);
    free(text);
}

const ll_fuzz_target ll_fuzz_line = {"line", run};
