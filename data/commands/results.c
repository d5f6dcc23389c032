/* results: what compare has kept. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"
#include "data/commands/commands.h"
#include "data/results/leaderboard.h"
#include "data/results/results.h"
#include "data/results/results_latex.h"

ll_status ll_open_results(ll_request *rq, const ll_values *options, bool create, ll_results **out)
{
    char *path = ll_has(options, "results") ? ll_path_expand(ll_word(options, "results")) : ll_results_path();
    ll_status s = LL_OK;
    if (!create && ll_is_missing(path))
        s = LL_FAIL(rq, LL_FAILED, "%s: no results yet; `compare` keeps them", path);
    if (!s) s = ll_results_open(path, out, &rq->error);
    free(path);
    return s;
}

typedef struct listing {
    cJSON *rows;
    int most, n;
} listing;

static const ll_column result_columns[] = {{"task", "task", NULL, -1},
                                           {"device", "device", NULL, -1},
                                           {"predictor", "predictor", NULL, -1},
                                           {"sampler", "sampler", NULL, -1},
                                           {"k", "k", NULL, 0},
                                           {"cost", "cost", NULL, 0},
                                           {"seed", "seed", NULL, 0},
                                           {"protocol", "protocol", NULL, -1},
                                           {"spearman", "Spearman", NULL, 4},
                                           {"kendall", "Kendall", NULL, 4},
                                           {"mape", "MAPE", "%", 2},
                                           {"median_ape", "median APE", "%", 2},
                                           {"coverage", "coverage", NULL, 3},
                                           {"scored", "n", NULL, 0},
                                           {0}};

/* In files too: what else tells trials apart. */
static const ll_column key_columns[] = {{"dataset", "dataset", NULL, -1},
                                        {"source", "source", NULL, -1},
                                        {"options", "options", NULL, -1},
                                        {"n_source", "n_source", NULL, 0},
                                        {"pretrain_seed", "pretrain_seed", NULL, 0},
                                        {0}};
enum {
    N_SHOWN = sizeof result_columns / sizeof *result_columns - 1,
    N_FILE_COLUMNS = N_SHOWN + sizeof key_columns / sizeof *key_columns - 1
};

static const ll_column *file_column(int i)
{
    return i < N_SHOWN ? &result_columns[i] : &key_columns[i - N_SHOWN];
}

static bool list_row(void *ctx, const ll_result_row *row)
{
    listing *l = ctx;
    if (l->n++ >= l->most) return true; /* go on counting */
    cJSON *o = ll_json_obj(l->rows, NULL);
    ll_json_str(o, "task", row->task);
    ll_json_str(o, "device", row->device);
    ll_json_str(o, "dataset", row->dataset);
    ll_json_str(o, "source", row->source);
    ll_json_str(o, "predictor", row->predictor);
    ll_json_str(o, "options", row->options);
    ll_json_str(o, "sampler", row->sampler);
    ll_json_int(o, "k", row->k);
    ll_json_int(o, "cost", row->cost);
    ll_json_bool(o, "budget", row->budget);
    ll_json_num(o, "seed", row->seed);
    ll_json_num(o, "pretrain_seed", row->pretrain_seed);
    ll_json_int(o, "n_source", row->n);
    ll_json_str(o, "protocol", row->protocol);
    ll_json_num(o, "level", row->level);
    ll_json_num(o, "finished_s", row->finished);
    ll_json_int(o, "scored", row->scored);
    ll_json_num(o, "spearman", row->spearman);
    ll_json_num(o, "kendall", row->kendall);
    ll_json_num(o, "pearson", row->pearson);
    ll_json_num(o, "rmse_ms", row->rmse_ms);
    ll_json_num(o, "mape", row->mape);
    ll_json_num(o, "median_ape", row->median_ape);
    ll_json_num(o, "within_5", row->within_5);
    ll_json_num(o, "within_10", row->within_10);
    ll_json_num(o, "coverage", row->coverage);
    ll_json_num(o, "width_ms", row->width_ms);
    return true;
}

/* A cell of an exported table: the member of a row as text. */
static char *cell_text(const cJSON *row, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);
    ll_str b = {0};
    if (cJSON_IsString(item))
        ll_str_add(&b, item->valuestring);
    else if (cJSON_IsNumber(item))
        ll_str_addf(&b, "%.6g", item->valuedouble);
    return ll_str_take(&b);
}

static void write_markdown(FILE *f, const char *text)
{
    ll_str shown = {0};
    ll_markdown_text(&shown, text);
    fprintf(f, "| %s ", ll_str_text(&shown));
    ll_str_free(&shown);
}

static void export_row(FILE *f, const cJSON *row, bool markdown)
{
    for (int i = 0; i < N_FILE_COLUMNS; i++) {
        char *text = cell_text(row, file_column(i)->key);
        if (markdown)
            write_markdown(f, text);
        else if (i)
            fputc(',', f);
        if (!markdown) ll_csv_write(f, text);
        free(text);
    }
    fputs(markdown ? "|\n" : "\n", f);
}

static void export_lines(FILE *f, const cJSON *rows, bool markdown)
{
    const cJSON *row;
    for (int i = 0; i < N_FILE_COLUMNS; i++)
        fprintf(f, markdown ? "| %s " : i ? ",%s" : "%s", file_column(i)->key);
    fputs(markdown ? "|\n" : "\n", f);
    for (int i = 0; markdown && i < N_FILE_COLUMNS; i++) fputs("|---", f);
    if (markdown) fputs("|\n", f);
    cJSON_ArrayForEach(row, rows) export_row(f, row, markdown);
}

/* As asked for, else as the file is called. */
static const char *format_of(const ll_request *rq)
{
    if (ll_is(&rq->args, "what", "latex")) return "latex";
    static const char *const by_suffix[][2] = {{".md", "md"}, {".json", "json"}, {".tex", "latex"}};
    const char *out = ll_word(&rq->args, "out"), *dot = out ? strrchr(out, '.') : NULL;
    if (!ll_given(&rq->args, "format"))
        for (size_t i = 0; dot && i < sizeof by_suffix / sizeof *by_suffix; i++)
            if (!strcasecmp(dot, by_suffix[i][0])) return by_suffix[i][1];
    return ll_word(&rq->args, "format");
}

static void write_rows(FILE *f, const cJSON *rows, const char *format)
{
    if (!strcmp(format, "latex")) {
        ll_str text = {0};
        ll_results_latex(rows, &text);
        fputs(ll_str_text(&text), f);
        ll_str_free(&text);
    } else if (!strcmp(format, "json")) {
        char *json = ll_json_text(rows);
        fprintf(f, "%s\n", json);
        cJSON_free(json);
    } else {
        export_lines(f, rows, !strcmp(format, "md"));
    }
}

static ll_status open_out(ll_request *rq, ll_writer *w)
{
    char *path;
    ll_status s = ll_output_new(rq, ll_word(&rq->args, "out"), &path);
    if (!s) s = ll_writer_open(w, path, &rq->error);
    free(path);
    return s;
}

static ll_status export_rows(ll_request *rq, const cJSON *rows)
{
    ll_writer w;
    ll_status s = open_out(rq, &w);
    if (s) return s;
    write_rows(w.f, rows, format_of(rq));
    return ll_writer_commit(&w, &rq->error);
}

/* kept: how many there are in all. */
static void emit_listing(ll_request *rq, cJSON *result, const listing *l, int kept)
{
    static const ll_column exported[] = {{"out", "written to", NULL, -1}, {"found", "results", NULL, 0}, {0}};
    const char *out = ll_word(&rq->args, "out");
    ll_json_int(result, "found", l->n);
    ll_result_columns(result, out ? exported : result_columns);
    if (out) {
        ll_json_str(result, "out", out);
        cJSON_DeleteItemFromObject(result, "rows");
    } else if (l->n > l->most) {
        ll_note(rq, "%d of %d results shown; most=N shows more", l->most, l->n);
    }
    if (!l->n && kept) ll_note(rq, "none of the %d results kept is like that", kept);
    ll_emit(rq, result);
}

static ll_result_filter filter_of(const ll_values *v)
{
    return (ll_result_filter){ll_word(v, "task"), ll_word(v, "predictor"), ll_word(v, "sampler"),
                              ll_word(v, "device"), ll_int(v, "k")};
}

static ll_status list_results(ll_request *rq, ll_results *db)
{
    bool exporting = ll_has(&rq->args, "out");
    cJSON *result = ll_result_new("results");
    listing l = {ll_json_arr(result, "rows"), exporting ? 1 << 30 : ll_int(&rq->args, "most"), 0};
    ll_result_filter f = filter_of(&rq->args);
    ll_status s = ll_results_each(db, &f, list_row, &l, &rq->error);
    if (!s && exporting) s = export_rows(rq, l.rows);
    if (s)
        cJSON_Delete(result);
    else
        emit_listing(rq, result, &l, ll_results_count(db));
    return s;
}

/* --- the leaderboard ------------------------------------------------------------------------------------------ */

static bool add_to_board(void *ctx, const ll_result_row *row)
{
    ll_board_add(ctx, row);
    return true;
}

static void emit_board(ll_request *rq, const ll_board *b, const ll_board_about *about, const char *text)
{
    static const ll_column columns[] = {{"out", "written to", NULL, -1},
                                        {"trials", "trials", NULL, 0},
                                        {"kept", "of those kept", NULL, 0},
                                        {"checksum", "checksum", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("leaderboard");
    if (text) ll_json_str(result, "text", text);
    if (!text) ll_result_columns(result, columns);
    if (!text) ll_json_str(result, "out", ll_word(&rq->args, "out"));
    ll_json_int(result, "trials", b->trials.n);
    ll_json_int(result, "kept", about->kept);
    ll_json_int(result, "methods", b->method_keys.n);
    ll_json_int(result, "superseded", b->superseded);
    ll_json_int(result, "other_tasks", b->other_tasks);
    ll_json_str(result, "checksum", about->checksum.hex);
    ll_emit(rq, result);
}

static ll_status write_board(ll_request *rq, const ll_board *b, const ll_board_about *about)
{
    const char *format = format_of(rq);
    bool out = ll_has(&rq->args, "out"),
         csv = !strcmp(format, "csv") && (out || ll_given(&rq->args, "format"));
    if (strcmp(format, "csv") && strcmp(format, "md"))
        return LL_FAIL(rq, LL_USAGE, "a leaderboard is written as csv or md, not as %s", format);
    if (csv && !out) return LL_FAIL(rq, LL_USAGE, "format=csv wants a file: out=FILE.csv");
    ll_writer w;
    ll_str text = {0};
    ll_status s = out ? open_out(rq, &w) : LL_OK;
    if (!s && !csv) ll_board_markdown(b, about, &text);
    if (!s && csv) ll_board_csv(b, about, w.f);
    if (!s && out && !csv) fputs(ll_str_text(&text), w.f);
    if (!s && out) s = ll_writer_commit(&w, &rq->error);
    if (!s) emit_board(rq, b, about, out ? NULL : ll_str_text(&text));
    ll_str_free(&text);
    return s;
}

static ll_status export_board(ll_request *rq, ll_results *db)
{
    ll_result_filter f = filter_of(&rq->args);
    ll_board *b = ll_board_new(f.task);
    ll_board_about about = {.command = rq->line, .version = LL_VERSION, .kept = ll_results_count(db)};
    ll_status s = ll_results_each(db, &f, add_to_board, b, &rq->error);
    if (!s) s = ll_results_checksum(db, &about.checksum, &rq->error);
    ll_board_finish(b);
    if (!s && !b->trials.n)
        s = LL_FAIL(rq, LL_FAILED, "none of the %d results kept is of a published task", about.kept);
    if (!s) s = write_board(rq, b, &about);
    ll_board_free(b);
    return s;
}

ll_status ll_run_results(ll_request *rq)
{
    ll_results *db;
    bool exporting = ll_is(&rq->args, "do", "export"), board = ll_is(&rq->args, "what", "leaderboard");
    if (exporting && !board && !ll_has(&rq->args, "out"))
        return LL_FAIL(rq, LL_USAGE, "export to which file? out=FILE says it");
    ll_status s = ll_open_results(rq, &rq->args, false, &db);
    if (s) return s;
    s = exporting && board ? export_board(rq, db) : list_results(rq, db);
    ll_results_close(db);
    return s;
}

const ll_option ll_results_options[] = {
    LL_OPT_CHOICE("do", "list", "list|export", "list them here, or write them to a file", LL_POSITIONAL),
    LL_OPT_CHOICE("what", "rows", "rows|leaderboard|latex",
                  "export: a row a trial; all methods on the twelve published tasks; a table for a paper",
                  LL_POSITIONAL),
    LL_OPT_WORD("task", NULL, "only this task (* and ? match)", LL_OF(TASK)),
    LL_OPT_WORD("predictor", NULL, "only this predictor", LL_OF(PREDICTOR)),
    LL_OPT_WORD("sampler", NULL, "only this sampler", LL_OF(SAMPLER)),
    LL_OPT_WORD("device", NULL, "only this target device", LL_OF(DEVICE)),
    LL_OPT_INT("k", NULL, 1, 1e6, "only this sample size"),
    LL_OPT_INT("most", "50", 1, 1e6, "rows to show"),
    LL_OPT_CHOICE(
        "format", "csv", "csv|md|json|latex",
        "of the exported file (default: by its suffix); latex: a booktabs table, tasks by predictors"),
    LL_OPT_WORD("out", NULL, "write them to this file instead", LL_OF_OUTPUT),
    LL_OPT_FORCE,
    LL_OPT_WORD("results", NULL, "another database", LL_OF(FILE)),
    {0},
};
