/* Results of several files in one: merging, and what a file that travels needs. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/machines/host/machine.h"
#include "data/results/results_db.h"

/* --- where a trial was computed --- */

void ll_results_origin(ll_results *r)
{
    char host[256] = "";
    ll_str cpu = {0};
    if (gethostname(host, sizeof host - 1)) *host = 0;
    r->host = ll_strdup(*host ? host : "unknown host");
    ll_machine_cpu(&cpu);
    r->cpu = ll_str_take(&cpu);
}

/* --- what it takes --- */

double ll_results_expect(ll_results *r, const ll_trial_context *c, const ll_trial *t)
{
    /* Those of the same options first. Without the time around them, that of the transfers is better than none. */
    static const char sql[] = "SELECT coalesce(avg(spent), avg(seconds)) FROM trial WHERE predictor=?1"
                              " GROUP BY options=?2 ORDER BY options=?2 DESC LIMIT 1";
    sqlite3_stmt *s;
    double seconds = NAN;
    if (r->version < LL_RESULTS_SCHEMA || sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK)
        return NAN;
    char *options = ll_results_options_text(c);
    sqlite3_bind_text(s, 1, t->predictor->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, options, -1, SQLITE_STATIC);
    if (sqlite3_step(s) == SQLITE_ROW) seconds = ll_results_column(s, 0);
    sqlite3_finalize(s);
    free(options);
    return seconds;
}

/* --- merging --- */

/* Tables, and the columns that must agree. */
static const struct merged_table {
    const char *name, *what, *values[16];
} tables[] = {
    {"trial",
     "predictor || ' on ' || b.device || ' of ' || b.task || ', ' || b.sampler || ' k=' || b.k || ' seed=' "
     "|| "
     "b.seed",
     {"cost", "scored", "spearman", "kendall", "pearson", "rmse_ms", "mape", "median_ape", "within_5",
      "within_10", "coverage", "width_ms"}},
    {"search",
     "score || ' within ' || b.max_ms || ' ms of trial ' || b.trial",
     {"max_ms", "violation", "chosen", "best", "regret", "hypervolume", "igd_plus", "measured", "closed"}},
};
enum { TABLES = sizeof tables / sizeof *tables };

/* Two numbers differ: one is missing, or they are farther apart than rounding brings them. */
static void add_differs(ll_str *sql, const char *column)
{
    ll_str_addf(sql, "(a.%s IS NOT b.%s AND coalesce(abs(a.%s-b.%s)>1e-6*max(1,abs(a.%s)),1))", column,
                column, column, column, column);
}

/* The first row that both have with different values: what it is, then for each column whether it differs and both. */
static char *conflict_query(const struct merged_table *t, const char *from)
{
    ll_str sql = {0};
    ll_str_addf(&sql, "SELECT b.%s", t->what);
    for (int i = 0; t->values[i]; i++) {
        ll_str_add(&sql, ",");
        add_differs(&sql, t->values[i]);
        ll_str_addf(&sql, ",a.%s,b.%s", t->values[i], t->values[i]);
    }
    /* (in the order of the other table: each of its pages is read once; LIMIT keeps the subquery one) */
    ll_str_addf(
        &sql, " FROM (SELECT * FROM %s%s ORDER BY key LIMIT -1) b CROSS JOIN main.%s a ON a.key=b.key WHERE ",
        from, t->name, t->name);
    for (int i = 0; t->values[i]; i++) {
        if (i) ll_str_add(&sql, " OR ");
        add_differs(&sql, t->values[i]);
    }
    ll_str_add(&sql, " LIMIT 1");
    return ll_str_take(&sql);
}

static const char *value_text(sqlite3_stmt *s, int i, char buffer[32])
{
    if (sqlite3_column_type(s, i) == SQLITE_NULL) return "nothing";
    snprintf(buffer, 32, "%.9g", sqlite3_column_double(s, i));
    return buffer;
}

/* An error while another file is read along is about either. */
static ll_status merge_failed(const ll_results *r, const char *path, ll_error *e)
{
    switch (sqlite3_errcode(r->db) & 0xff) {
    case SQLITE_NOTADB:
        return ll_fail(e, LL_BAD_DATA, "%s: not a results database", path);
    case SQLITE_CORRUPT:
        return ll_fail(e, LL_BAD_DATA, "%s: the database is damaged or cut short", path);
    default:
        ll_results_failed(r, e);
        return e && e->status ? ll_fail_in(e, "merging %s: ", path) : LL_FAILED;
    }
}

static ll_status check_agreement(ll_results *r, const struct merged_table *t, const char *from,
                                 const char *path, ll_error *e)
{
    char *sql = conflict_query(t, from), here[32], there[32];
    sqlite3_stmt *s = NULL;
    ll_status status = LL_OK;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) status = merge_failed(r, path, e);
    int step = status ? SQLITE_DONE : sqlite3_step(s);
    if (step == SQLITE_ROW) {
        int i = 0;
        while (t->values[i + 1] && !sqlite3_column_int(s, 1 + 3 * i)) i++;
        status =
            ll_fail(e, LL_BAD_DATA, "%s: %s: %s is %s there and %s in %s; nothing of that file is merged",
                    path, (const char *)sqlite3_column_text(s, 0), t->values[i],
                    value_text(s, 3 + 3 * i, there), value_text(s, 2 + 3 * i, here), r->path);
    } else if (step != SQLITE_DONE) {
        status = merge_failed(r, path, e);
    }
    sqlite3_finalize(s);
    free(sql);
    return status;
}

static ll_status number_of(ll_results *r, const char *sql, const char *path, int *out, ll_error *e)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return merge_failed(r, path, e);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found) *out = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return found ? LL_OK : merge_failed(r, path, e);
}

static ll_status check_other(ll_results *r, const char *path, ll_error *e)
{
    int application = 0, version = 0;
    ll_status s = number_of(r, "PRAGMA other.application_id", path, &application, e);
    if (!s) s = number_of(r, "PRAGMA other.user_version", path, &version, e);
    if (s) return s;
    if (application != LL_RESULTS_APPLICATION)
        return ll_fail(e, LL_BAD_DATA, "%s: not a database of this program's results", path);
    if (version != LL_RESULTS_SCHEMA)
        return ll_fail(e, LL_BAD_DATA, "%s: format %d, this latlab merges format %d%s", path, version,
                       LL_RESULTS_SCHEMA,
                       version < LL_RESULTS_SCHEMA ? "; `results results=FILE` brings it up to date" : "");
    return LL_OK;
}

static ll_status run_sql(ll_results *r, const char *path, ll_error *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static ll_status run_sql(ll_results *r, const char *path, ll_error *e, const char *format, ...)
{
    ll_str sql = {0};
    va_list ap;
    va_start(ap, format);
    ll_str_addv(&sql, format, ap);
    va_end(ap);
    bool good = sqlite3_exec(r->db, ll_str_text(&sql), NULL, NULL, NULL) == SQLITE_OK;
    ll_str_free(&sql);
    return good ? LL_OK : merge_failed(r, path, e);
}

static ll_status attach(ll_results *r, const char *path, ll_error *e)
{
    if (!ll_is_file(path)) return ll_fail(e, LL_FAILED, "%s: there is no such file", path);
    if (ll_same_file(path, r->path)) return ll_fail(e, LL_USAGE, "%s: merged with itself", path);
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(r->db, "ATTACH ? AS other", -1, &s, NULL) != SQLITE_OK)
        return ll_results_failed(r, e);
    sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
    bool attached = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    if (!attached) return merge_failed(r, path, e);
    ll_status bad = check_other(r, path, e);
    if (bad) sqlite3_exec(r->db, "DETACH other", NULL, NULL, NULL);
    return bad;
}

static ll_status count_rows(ll_results *r, const char *from, const char *table, const char *path, int *n,
                            ll_error *e)
{
    ll_str sql = {0};
    ll_str_addf(&sql, "SELECT count(*) FROM %s%s", from, table);
    ll_status s = number_of(r, ll_str_text(&sql), path, n, e);
    ll_str_free(&sql);
    return s;
}

/* The rows of `from` that are not there yet, in the order in which the table has them: each of its pages is written once. Of equal
 * keys the first counts, and those that were not new must agree with what is there now. */
static ll_status copy_table(ll_results *r, const struct merged_table *t, const char *from, const char *order,
                            const char *path, int *fresh, int *known, ll_error *e)
{
    int all = 0;
    ll_status s = run_sql(r, path, e, "INSERT OR IGNORE INTO main.%s SELECT * FROM %s%s ORDER BY %s", t->name,
                          from, t->name, order);
    *fresh = sqlite3_changes(r->db);
    if (!s) s = count_rows(r, from, t->name, path, &all, e);
    *known = all - *fresh;
    return s || !*known ? s : check_agreement(r, t, from, path, e);
}

static ll_status merge_from(ll_results *r, const char *from, const char *order, const char *path,
                            ll_merged *out, ll_error *e)
{
    int fresh[TABLES] = {0}, known[TABLES] = {0};
    ll_status s = ll_results_sql(r, "BEGIN IMMEDIATE", e);
    if (s) return s;
    for (int i = 0; i < TABLES && !s; i++)
        s = copy_table(r, &tables[i], from, order, path, &fresh[i], &known[i], e);
    if (!s) s = run_sql(r, path, e, "COMMIT");
    if (s) sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    *out = (ll_merged){.trials = fresh[0], .searches = fresh[1], .known = known[0]};
    return s;
}

static ll_status check_target(const ll_results *r, ll_error *e)
{
    if (r->version >= LL_RESULTS_SCHEMA && !r->read_only) return LL_OK;
    return ll_fail(e, LL_FAILED, "%s: it may not be written", r->path);
}

ll_status ll_results_merge(ll_results *r, const char *path, ll_merged *out, ll_error *e)
{
    *out = (ll_merged){0};
    ll_status s = check_target(r, e);
    if (!s) s = attach(r, path, e);
    if (s) return s;
    s = merge_from(r, "other.", "key", path, out, e);
    sqlite3_exec(r->db, "DETACH other", NULL, NULL, NULL);
    return s;
}

/* --- merging many: staged in a temporary database, sorted, put in by one transaction --------------------------------- */

static bool stage_file(ll_results *r, const char *path)
{
    ll_status s = attach(r, path, NULL);
    if (s) return false;
    for (int i = 0; i < TABLES && !s; i++)
        s = run_sql(r, path, NULL, "INSERT INTO staged.%s SELECT * FROM other.%s", tables[i].name,
                    tables[i].name);
    sqlite3_exec(r->db, "DETACH other", NULL, NULL, NULL);
    return !s;
}

/* (what has no name is in memory, beyond some of it in a file that is gone when it is detached) */
#define STAGE "ATTACH '' AS staged;PRAGMA staged.journal_mode=OFF"

static bool stage(ll_results *r, const ll_strs *files)
{
    bool good = !run_sql(r, r->path, NULL, STAGE);
    for (int i = 0; i < TABLES && good; i++)
        good = !run_sql(r, r->path, NULL, "CREATE TABLE staged.%s AS SELECT * FROM main.%s LIMIT 0",
                        tables[i].name, tables[i].name);
    for (int i = 0; i < files->n && good; i++) good = stage_file(r, files->v[i]);
    return good;
}

static int is_cancelled(void *observer)
{
    return ll_cancelled(observer);
}

/* Sorts in memory of this size, beyond it in temporary files. */
#define SORTING "PRAGMA main.cache_size=-131072"
#define USUAL   "PRAGMA main.cache_size=-2000"
enum { OPS_BETWEEN_QUESTIONS = 10000 };

/* All or nothing; false also where it was stopped. Why not, is for who merges them one by one to say. */
static bool merge_together(ll_results *r, const ll_strs *files, const ll_observer *observer, ll_merged *out)
{
    sqlite3_exec(r->db, SORTING, NULL, NULL, NULL);
    sqlite3_progress_handler(r->db, OPS_BETWEEN_QUESTIONS, is_cancelled, (void *)observer);
    bool good = stage(r, files) && !merge_from(r, "staged.", "key, rowid", r->path, out, NULL);
    sqlite3_progress_handler(r->db, 0, NULL, NULL);
    sqlite3_exec(r->db, "DETACH staged", NULL, NULL, NULL);
    sqlite3_exec(r->db, USUAL, NULL, NULL, NULL);
    return good;
}

static ll_status merge_one_by_one(ll_results *r, const ll_strs *files, const ll_observer *observer,
                                  ll_merged *out, int *done, ll_error *e)
{
    ll_status s = LL_OK;
    for (*done = 0; *done < files->n; ++*done) {
        ll_merged one;
        s = ll_cancelled(observer) ? ll_fail(e, LL_CANCELLED, "cancelled")
                                   : ll_results_merge(r, files->v[*done], &one, e);
        if (s) return s;
        out->trials += one.trials;
        out->searches += one.searches;
        out->known += one.known;
    }
    return LL_OK;
}

ll_status ll_results_merge_all(ll_results *r, const ll_strs *files, const ll_observer *observer,
                               ll_merged *out, int *done, ll_error *e)
{
    *out = (ll_merged){0};
    *done = 0;
    ll_status s = check_target(r, e);
    if (s) return s;
    if (files->n > 1 && merge_together(r, files, observer, out)) {
        *done = files->n;
        return LL_OK;
    }
    /* Which of them it was is found by going through them in their order; those before it come in. */
    *out = (ll_merged){0};
    return merge_one_by_one(r, files, observer, out, done, e);
}

/* --- publishing --- */

ll_status ll_results_publish(ll_results *r, const char *path, ll_error *e)
{
    char *bytes;
    size_t n;
    /* With the log put into the file it is whole by itself, and it needs none where it goes. */
    ll_status s = ll_results_sql(r, "PRAGMA journal_mode=DELETE", e);
    if (!s) s = ll_read_own_file(r->path, 0, &bytes, &n, e);
    if (s) return s;
    s = ll_write_file(path, bytes, n, e);
    free(bytes);
    return s;
}
