/* Searches in the results database. */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "data/results/results_db.h"

/* Part of every key. Grows when a change of searches, verification or outcomes makes old results incomparable. */
static const char search_version[] = "search 1";

ll_status ll_results_prepare_searches(ll_results *r, ll_error *e)
{
    static const char find[] = "SELECT max_ms, violation, chosen, best, regret, hypervolume, igd_plus,"
                               " measured, closed, seconds FROM search WHERE key=?";
    static const char add[] = "INSERT OR REPLACE INTO search VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    if (sqlite3_prepare_v2(r->db, find, -1, &r->find_search, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(r->db, add, -1, &r->add_search, NULL) != SQLITE_OK)
        return ll_results_failed(r, e);
    return LL_OK;
}

/* --- keys --- */

/* Missing is one bit pattern in the hash, whatever made the NaN. */
static ll_hash hash_score(const ll_dataset *d, const ll_score *score)
{
    double *clean = ll_memdup(score->v, (size_t)d->n_archs, sizeof *clean);
    for (int i = 0; i < d->n_archs; i++)
        if (isnan(clean[i])) clean[i] = NAN;
    ll_hash h = ll_hash_bytes(clean, (size_t)d->n_archs * sizeof *clean);
    free(clean);
    return h;
}

static ll_hash key_of(const ll_hash *trial, const ll_score *score, const ll_hash *values,
                      const ll_searched *row)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s|%s|%s|%s|%.17g|%.17g|%d", search_version, trial->hex, score->name, values->hex,
                row->percent, row->p, row->verify);
    ll_hash h = ll_hash_bytes(ll_str_text(&b), b.len);
    ll_str_free(&b);
    return h;
}

/* --- recalling and storing --- */

/* -1 stands as NULL. */
static int read_sign(sqlite3_stmt *s, int i)
{
    return sqlite3_column_type(s, i) == SQLITE_NULL ? -1 : sqlite3_column_int(s, i);
}

static void bind_sign(sqlite3_stmt *s, int i, int x)
{
    if (x < 0)
        sqlite3_bind_null(s, i);
    else
        sqlite3_bind_int(s, i, x);
}

static void read_row(sqlite3_stmt *s, ll_searched *row)
{
    row->max_ms = ll_results_column(s, 0);
    row->violation = read_sign(s, 1);
    row->score = ll_results_column(s, 2);
    row->best = ll_results_column(s, 3);
    row->regret = ll_results_column(s, 4);
    row->hypervolume = ll_results_column(s, 5);
    row->igd_plus = ll_results_column(s, 6);
    row->measured = sqlite3_column_int(s, 7);
    row->closed = read_sign(s, 8);
    row->seconds = ll_results_column(s, 9);
}

int ll_results_recall_searched(ll_results *r, const ll_trial_context *c, const ll_trial *t,
                               const ll_score *score, ll_searched *rows, int n)
{
    ll_hash trial = ll_results_key(c, t), values = hash_score(t->data, score);
    int found = 0;
    for (int i = 0; i < n && r->find_search; i++) {
        ll_hash key = key_of(&trial, score, &values, &rows[i]);
        sqlite3_bind_text(r->find_search, 1, key.hex, -1, SQLITE_STATIC);
        rows[i].known = sqlite3_step(r->find_search) == SQLITE_ROW;
        if (rows[i].known) read_row(r->find_search, &rows[i]);
        found += rows[i].known;
        sqlite3_reset(r->find_search);
    }
    return found;
}

static ll_status store_row(ll_results *r, const ll_hash *trial, const ll_score *score, const ll_hash *values,
                           const ll_searched *row, ll_error *e)
{
    sqlite3_stmt *s = r->add_search;
    ll_hash key = key_of(trial, score, values, row);
    const char *texts[] = {key.hex, trial->hex, score->name, values->hex};
    const double outcome[] = {row->score, row->best, row->regret, row->hypervolume, row->igd_plus};
    int at = 1;
    for (int i = 0; i < 4; i++) sqlite3_bind_text(s, at++, texts[i], -1, SQLITE_STATIC);
    ll_results_bind(s, at++, row->percent);
    ll_results_bind(s, at++, row->p);
    sqlite3_bind_int(s, at++, row->verify);
    ll_results_bind(s, at++, ll_wall_s());
    ll_results_bind(s, at++, row->max_ms);
    bind_sign(s, at++, row->violation);
    for (int i = 0; i < 5; i++) ll_results_bind(s, at++, outcome[i]);
    sqlite3_bind_int(s, at++, row->measured);
    bind_sign(s, at++, row->closed);
    ll_results_bind(s, at++, row->seconds);
    ll_status status = sqlite3_step(s) == SQLITE_DONE ? LL_OK : ll_results_failed(r, e);
    sqlite3_reset(s);
    return status;
}

ll_status ll_results_store_searched(ll_results *r, const ll_trial_context *c, const ll_trial *t,
                                    const ll_score *score, const ll_searched *rows, int n, ll_error *e)
{
    ll_hash trial = ll_results_key(c, t), values = hash_score(t->data, score);
    ll_status s = ll_results_sql(r, "BEGIN IMMEDIATE", e);
    if (s) return s;
    for (int i = 0; i < n && !s; i++)
        if (!rows[i].known) s = store_row(r, &trial, score, &values, &rows[i], e);
    if (!s) s = ll_results_sql(r, "COMMIT", e);
    if (s) sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return s;
}
