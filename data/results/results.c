#include "data/results/results_db.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"

enum { APPLICATION = LL_RESULTS_APPLICATION, SCHEMA = LL_RESULTS_SCHEMA, PATIENCE_MS = 10000 };
/* Part of every key. Grows when a change of the engine, of samplers or metrics makes old results incomparable; predictors
 * have versions of their own. */
static const char code_version[] = "latlab 0.1.0 / 3";

/* Versions of the schema: 1, trials alone; 2, and their searches; 3, and where each trial was computed. What a version
 * adds to a table that is there stands behind its columns, so that old and new databases have them in one order. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS trial("
    " key TEXT PRIMARY KEY, code TEXT, data_hash TEXT, dataset TEXT, space TEXT, task TEXT, source TEXT, "
    "device TEXT,"
    " predictor TEXT, options TEXT, sampler TEXT, k INTEGER, budget INTEGER, n INTEGER, seed INTEGER,"
    " pretrain_seed INTEGER, protocol TEXT, level REAL, finished REAL,"
    " cost INTEGER, scored INTEGER, spearman REAL, kendall REAL, pearson REAL, rmse_ms REAL, mape REAL,"
    " median_ape REAL, within_5 REAL, within_10 REAL, coverage REAL, width_ms REAL, seconds REAL) WITHOUT "
    "ROWID;"
    "CREATE INDEX IF NOT EXISTS trial_by_task ON trial(task, predictor, sampler, k);"
    "CREATE TABLE IF NOT EXISTS search("
    " key TEXT PRIMARY KEY, trial TEXT, score TEXT, score_hash TEXT, percent REAL, p REAL, verify INTEGER, "
    "finished REAL,"
    " max_ms REAL, violation INTEGER, chosen REAL, best REAL, regret REAL, hypervolume REAL, igd_plus REAL,"
    " measured INTEGER, closed INTEGER, seconds REAL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS search_by_trial ON search(trial);";

static const char origin_schema[] =
    "ALTER TABLE trial ADD COLUMN host TEXT;ALTER TABLE trial ADD COLUMN cpu TEXT;"
    "ALTER TABLE trial ADD COLUMN kernels TEXT;ALTER TABLE trial ADD COLUMN version TEXT;"
    "ALTER TABLE trial ADD COLUMN spent REAL;";

const char *ll_results_code(void)
{
    return code_version;
}

char *ll_results_path(void)
{
    const char *set = getenv("LATLAB_RESULTS");
    if (set && *set) return ll_path_expand(set);
    char *dir = ll_xdg_dir(LL_XDG_DATA), *path = ll_path_join(dir, "results.sqlite");
    free(dir);
    return path;
}

/* --- opening --- */

/* What a user can do something about in words of our own. */
ll_status ll_results_failed(const ll_results *r, ll_error *e)
{
    switch (sqlite3_errcode(r->db) & 0xff) {
    case SQLITE_NOTADB:
        return ll_fail(e, LL_BAD_DATA, "%s: not a results database", r->path);
    case SQLITE_CORRUPT:
        return ll_fail(e, LL_BAD_DATA, "%s: the database is damaged; results=FILE names another one",
                       r->path);
    case SQLITE_FULL:
        return ll_fail(e, LL_FAILED, "%s: the disk is full", r->path);
    case SQLITE_CANTOPEN:
        return ll_fail(e, LL_FAILED, "%s: cannot be opened or made: %s", r->path,
                       ll_is_dir(r->path) ? "it is a folder" : "is its folder there, and writable?");
    case SQLITE_BUSY:
        return ll_fail(e, LL_FAILED, "%s: another program has held it for %d s", r->path, PATIENCE_MS / 1000);
    default:
        return ll_fail(e, LL_FAILED, "%s: %s", r->path, sqlite3_errmsg(r->db));
    }
}

ll_status ll_results_sql(ll_results *r, const char *sql, ll_error *e)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LL_OK : ll_results_failed(r, e);
}

static ll_status pragma(ll_results *r, const char *sql, int *value, ll_error *e)
{
    sqlite3_stmt *s;
    *value = 0;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return ll_results_failed(r, e);
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW) *value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return step == SQLITE_ROW || step == SQLITE_DONE ? LL_OK : ll_results_failed(r, e);
}

/* Network file systems by their magic numbers (statfs(2)): NFS, SMB, CIFS, SMB2, AFS, CODA, 9P, FUSE. */
static bool is_local(const char *path)
{
    static const long remote[] = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42,
                                  0x5346414F, 0x73757245, 0x01021997, 0x65735546};
    char *dir = ll_path_folder(path);
    struct statfs fs;
    bool known = !statfs(dir, &fs), local = known;
    for (size_t i = 0; known && i < sizeof remote / sizeof *remote; i++)
        if ((long)fs.f_type == remote[i]) local = false;
    free(dir);
    return local;
}

/* What is missing of the schema: all of it, or what has come since an older version. Older programs refuse it then.
 * Another process may have done the same meanwhile, so the version is looked at once more within the transaction. */
static ll_status create(ll_results *r, ll_error *e)
{
    int version = 0;
    ll_str sql = {0};
    ll_status s = ll_results_sql(r, "BEGIN IMMEDIATE", e);
    if (s) return s;
    s = pragma(r, "PRAGMA user_version", &version, e);
    ll_str_addf(&sql, "%s%sPRAGMA application_id=%d;PRAGMA user_version=%d;COMMIT;", schema,
                version < 3 ? origin_schema : "", APPLICATION, SCHEMA);
    if (!s) s = ll_results_sql(r, ll_str_text(&sql), e);
    ll_str_free(&sql);
    if (s) sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    r->version = SCHEMA;
    return s;
}

/* One transaction, because another process may be making the database meanwhile. */
static ll_status read_marks(ll_results *r, int *application, int *version, int *tables, ll_error *e)
{
    ll_status s = ll_results_sql(r, "BEGIN", e);
    if (s) return s;
    s = pragma(r, "PRAGMA application_id", application, e);
    if (!s) s = pragma(r, "PRAGMA user_version", version, e);
    if (!s) s = pragma(r, "SELECT count(*) FROM sqlite_master", tables, e);
    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
    return s;
}

static ll_status check_version(ll_results *r, ll_error *e)
{
    int application, version, tables;
    ll_status s = read_marks(r, &application, &version, &tables, e);
    if (s) return s;
    if (!tables) return create(r, e);
    if (application != APPLICATION)
        return ll_fail(e, LL_BAD_DATA, "%s: a database of another program", r->path);
    if (version > SCHEMA)
        return ll_fail(e, LL_BAD_DATA, "%s: written by a newer latlab (format %d, this one reads %d)",
                       r->path, version, SCHEMA);
    r->version = version;
    return version < SCHEMA && !r->read_only ? create(r, e) : LL_OK;
}

/* Changing the journal takes the file for oneself, and sqlite does not wait for that by itself. */
static ll_status choose_journal(ll_results *r, ll_error *e)
{
    const char *sql = is_local(r->path) ? "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL"
                                        : "PRAGMA journal_mode=DELETE";
    double start = ll_now_s();
    while (sqlite3_exec(r->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        if (sqlite3_errcode(r->db) != SQLITE_BUSY || ll_now_s() - start > PATIENCE_MS / 1e3)
            return ll_results_failed(r, e);
        usleep(2000);
    }
    return LL_OK;
}

static ll_status prepare(ll_results *r, ll_error *e)
{
    static const char find[] =
        "SELECT cost, scored, spearman, kendall, pearson, rmse_ms, mape, median_ape, within_5,"
        " within_10, coverage, width_ms, seconds FROM trial WHERE key=?";
    static const char add[] =
        "INSERT OR REPLACE INTO trial "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    if (sqlite3_prepare_v2(r->db, find, -1, &r->find, NULL) != SQLITE_OK) return ll_results_failed(r, e);
    if (r->version < SCHEMA) return LL_OK; /* it may not be written, or it would have become a newer one */
    if (sqlite3_prepare_v2(r->db, add, -1, &r->add, NULL) != SQLITE_OK) return ll_results_failed(r, e);
    return ll_results_prepare_searches(r, e);
}

static ll_status make_folder(const char *path, ll_error *e)
{
    char *dir = ll_path_folder(path);
    ll_status s = ll_make_dirs(dir, e);
    free(dir);
    return s;
}

/* Reading a write-ahead log needs files beside it, which would be as read-only as the database and in the way of whoever may write
 * it later. Where there is no log to read, or no file can be made, it is immutable. */
static char *immutable_uri(const char *path)
{
    ll_str b = {0};
    ll_str_add(&b, "file:");
    for (const char *c = path; *c; c++)
        if (strchr("?#%", *c))
            ll_str_addf(&b, "%%%02X", (unsigned char)*c);
        else
            ll_str_addc(&b, *c);
    ll_str_add(&b, "?immutable=1");
    return ll_str_take(&b);
}

static bool folder_is_writable(const char *path)
{
    char *dir = ll_path_folder(path);
    bool writable = !access(dir, W_OK);
    free(dir);
    return writable;
}

static bool has_log(const char *path)
{
    struct stat st;
    ll_str log = {0};
    ll_str_addf(&log, "%s-wal", path);
    bool has = !stat(log.s, &st) && st.st_size > 0;
    ll_str_free(&log);
    return has;
}

static ll_status open_file(ll_results *r, ll_error *e)
{
    bool folder = folder_is_writable(r->path);
    r->read_only = !access(r->path, F_OK) && (access(r->path, W_OK) || !folder);
    bool immutable = r->read_only && (!folder || !has_log(r->path));
    char *name = immutable ? immutable_uri(r->path) : ll_strdup(r->path);
    int flags = r->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    ll_status s = LL_OK;
    if (sqlite3_open_v2(name, &r->db, flags | (immutable ? SQLITE_OPEN_URI : 0), NULL) != SQLITE_OK)
        s = ll_results_failed(r, e);
    free(name);
    return s;
}

bool ll_results_read_only(ll_results *r)
{
    if (r->read_only) return true;
    int code = sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return (code & 0xff) == SQLITE_READONLY; /* a file beside it is, which another user or program has left */
}

/* The library would write into a device, or wait for a pipe. */
static ll_status check_place(const char *path, ll_error *e)
{
    if (!ll_is_there(path) || ll_is_missing(path) || ll_is_file(path)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "%s: is %s, a database of results was expected", path,
                   ll_is_dir(path) ? "a folder" : "no file");
}

ll_status ll_results_open(const char *path, ll_results **out, ll_error *e)
{
    *out = NULL;
    ll_results *r = LL_NEW(ll_results);
    r->path = ll_strdup(path);
    r->stored_s = ll_now_s();
    ll_status s = check_place(path, e);
    if (!s) s = make_folder(path, e);
    if (!s) s = open_file(r, e);
    if (!s) {
        sqlite3_busy_timeout(r->db, PATIENCE_MS);
        s = check_version(r, e);
    }
    if (!s && !r->read_only) s = choose_journal(r, e);
    if (!s) s = prepare(r, e);
    if (s)
        ll_results_close(r);
    else
        *out = r;
    return s;
}

void ll_results_close(ll_results *r)
{
    if (!r) return;
    sqlite3_finalize(r->find);
    sqlite3_finalize(r->add);
    sqlite3_finalize(r->find_search);
    sqlite3_finalize(r->add_search);
    sqlite3_close(r->db);
    free(r->path);
    free(r->host);
    free(r->cpu);
    free(r);
}

/* --- keys --- */

/* As the `options` of pretraining and transfer, in one object. */
char *ll_results_options_text(const ll_trial_context *c)
{
    cJSON *o = cJSON_CreateObject(),
          *parts[2] = {ll_values_json(c->pretrain_options), ll_values_json(c->transfer_options)};
    for (int i = 0; i < 2; i++) {
        while (parts[i]->child) {
            cJSON *item = cJSON_DetachItemViaPointer(parts[i], parts[i]->child);
            cJSON_AddItemToObject(o, item->string, item);
        }
        cJSON_Delete(parts[i]);
    }
    char *text = ll_json_line(o);
    cJSON_Delete(o);
    return text;
}

static char *source_text(const ll_trial_context *c, const ll_trial *t)
{
    ll_str b = {0};
    if (c->sources) /* designs still work under a prior of the task's own */
        ll_str_addf(&b, "auto most=%d own=%s beside ", c->sources->most,
                    c->sources->same_hardware ? "on" : "off");
    for (int i = 0; i < t->task->source.n; i++)
        ll_str_addf(&b, "%s%s", i ? "," : "", t->data->devices[t->task->source.v[i]].name);
    return ll_str_take(&b);
}

/* What the code of a predictor and of its parts may change. */
static void add_version(ll_str *b, const ll_predictor *p)
{
    ll_str_addf(b, "%s.%d", p->name, p->version);
    for (int i = 0; p->parts && p->parts[i]; i++) {
        ll_values pretrain = {0}, transfer = {0};
        ll_values_init(&pretrain, p->parts[i]->pretrain_options);
        ll_values_init(&transfer, p->parts[i]->transfer_options);
        char *text = ll_results_options_text(
            &(ll_trial_context){.pretrain_options = &pretrain, .transfer_options = &transfer});
        ll_str_addf(b, "+%s", text);
        add_version(b, p->parts[i]);
        cJSON_free(text);
        ll_values_free(&pretrain);
        ll_values_free(&transfer);
    }
}

static void add_prior(ll_str *b, const ll_trial_context *c)
{
    ll_values defaults = {0};
    ll_values_init(&defaults, c->prior->pretrain_options);
    cJSON *options = ll_values_json(c->prior_options ? c->prior_options : &defaults);
    char *text = ll_json_line(options);
    ll_str_addc(b, '|');
    add_version(b, c->prior);
    ll_str_add(b, text);
    cJSON_free(text);
    cJSON_Delete(options);
    ll_values_free(&defaults);
}

/* What the files say that options name, not where they are. One that cannot be read stops the trial itself. */
static void add_files(ll_str *b, const ll_values *v)
{
    for (const ll_option *o = v->table; o && o->name; o++) {
        char *bytes;
        size_t n;
        if (o->complete != LL_COMPLETE_FILE || !ll_has(v, o->name)) continue;
        char *path = ll_path_expand(ll_word(v, o->name));
        if (!ll_read_file(path, 0, &bytes, &n, NULL)) {
            ll_str_addf(b, "|%s", ll_hash_bytes(bytes, n).hex);
            free(bytes);
        }
        free(path);
    }
}

static ll_hash key_of(const ll_trial_context *c, const ll_trial *t, const char *options, const char *source)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s|%s|%s|%s|%s|%s|%d|%d|%d|%llu|%llu|%s|%.6f|", code_version, t->data->hash.hex, source,
                t->data->devices[t->device].name, options, t->sampler->name, t->k, c->budget,
                t->n ? t->n : t->predictor->default_n, (unsigned long long)t->seed,
                (unsigned long long)t->pretrain_seed, ll_protocol_name(t->protocol), c->level);
    add_version(&b, t->predictor);
    if (c->prior) add_prior(&b, c);
    add_files(&b, c->pretrain_options);
    add_files(&b, c->transfer_options);
    ll_hash h = ll_hash_bytes(ll_str_text(&b), b.len);
    ll_str_free(&b);
    return h;
}

ll_hash ll_results_key(const ll_trial_context *c, const ll_trial *t)
{
    char *options = ll_results_options_text(c), *source = source_text(c, t);
    ll_hash key = key_of(c, t, options, source);
    cJSON_free(options);
    free(source);
    return key;
}

/* --- recalling and storing --- */

double ll_results_column(sqlite3_stmt *s, int i)
{
    return sqlite3_column_type(s, i) == SQLITE_NULL ? NAN : sqlite3_column_double(s, i);
}

static void read_metrics(sqlite3_stmt *s, double level, ll_trial *t)
{
    double *fields[] = {
        &t->metrics.spearman, &t->metrics.kendall,    &t->metrics.pearson,  &t->metrics.rmse_ms,
        &t->metrics.mape,     &t->metrics.median_ape, &t->metrics.within_5, &t->metrics.within_10,
        &t->metrics.coverage, &t->metrics.width_ms,   &t->seconds};
    t->cost = sqlite3_column_int(s, 0);
    t->metrics.n = sqlite3_column_int(s, 1);
    for (int i = 0; i < 11; i++) *fields[i] = ll_results_column(s, 2 + i);
    t->metrics.level = level;
}

bool ll_results_recall(ll_results *r, const ll_trial_context *c, ll_trial *t)
{
    ll_hash key = ll_results_key(c, t);
    sqlite3_bind_text(r->find, 1, key.hex, -1, SQLITE_STATIC);
    bool known = sqlite3_step(r->find) == SQLITE_ROW;
    if (known) read_metrics(r->find, c->level, t);
    sqlite3_reset(r->find);
    return known;
}

void ll_results_bind(sqlite3_stmt *s, int i, double x)
{
    if (isnan(x))
        sqlite3_bind_null(s, i);
    else
        sqlite3_bind_double(s, i, x);
}

/* Behind the columns that say what was computed: where, and how long this process took since it stored the one before. */
static void bind_origin(ll_results *r, int at)
{
    double now = ll_now_s();
    if (!r->host) ll_results_origin(r);
    const char *texts[] = {r->host, r->cpu, ll_blas_kernels(), LL_VERSION};
    for (int i = 0; i < 4; i++) sqlite3_bind_text(r->add, at++, texts[i], -1, SQLITE_STATIC);
    ll_results_bind(r->add, at, now - r->stored_s);
    r->stored_s = now;
}

ll_status ll_results_store(ll_results *r, const ll_trial_context *c, const ll_trial *t, ll_error *e)
{
    char *options = ll_results_options_text(c), *source = source_text(c, t);
    ll_hash key = key_of(c, t, options, source);
    const ll_metrics *m = &t->metrics;
    const char *texts[] = {key.hex,
                           code_version,
                           t->data->hash.hex,
                           t->data->name,
                           t->data->space->name,
                           t->task->name,
                           source,
                           t->data->devices[t->device].name,
                           t->predictor->name,
                           options,
                           t->sampler->name};
    double numbers[] = {t->k, c->budget, t->n, (double)t->seed, (double)t->pretrain_seed};
    double results[] = {c->level,    ll_wall_s(),  t->cost,     m->n,        m->spearman,
                        m->kendall,  m->pearson,   m->rmse_ms,  m->mape,     m->median_ape,
                        m->within_5, m->within_10, m->coverage, m->width_ms, t->seconds};
    int at = 1;
    for (int i = 0; i < 11; i++) sqlite3_bind_text(r->add, at++, texts[i], -1, SQLITE_STATIC);
    for (int i = 0; i < 5; i++) sqlite3_bind_int64(r->add, at++, (sqlite3_int64)numbers[i]);
    sqlite3_bind_text(r->add, at++, ll_protocol_name(t->protocol), -1, SQLITE_STATIC);
    for (int i = 0; i < 15; i++) ll_results_bind(r->add, at++, results[i]);
    bind_origin(r, at);
    ll_status s = sqlite3_step(r->add) == SQLITE_DONE ? LL_OK : ll_results_failed(r, e);
    sqlite3_reset(r->add);
    cJSON_free(options);
    free(source);
    return s;
}

/* --- reading --- */

static const char *text(sqlite3_stmt *s, int i)
{
    const char *t = (const char *)sqlite3_column_text(s, i);
    return t ? t : "";
}

static ll_result_row read_row(sqlite3_stmt *s)
{
    ll_result_row row = {.task = text(s, 0),
                         .predictor = text(s, 1),
                         .options = text(s, 2),
                         .sampler = text(s, 3),
                         .device = text(s, 4),
                         .dataset = text(s, 5),
                         .data_hash = text(s, 6),
                         .source = text(s, 7),
                         .protocol = text(s, 8),
                         .k = sqlite3_column_int(s, 9),
                         .n = sqlite3_column_int(s, 10),
                         .cost = sqlite3_column_int(s, 11),
                         .scored = sqlite3_column_int(s, 12),
                         .budget = sqlite3_column_int(s, 13)};
    double *numbers[] = {&row.seed,     &row.pretrain_seed, &row.level,    &row.finished, &row.spearman,
                         &row.kendall,  &row.pearson,       &row.rmse_ms,  &row.mape,     &row.median_ape,
                         &row.within_5, &row.within_10,     &row.coverage, &row.width_ms, &row.seconds};
    for (int i = 0; i < 15; i++) *numbers[i] = ll_results_column(s, 14 + i);
    return row;
}

static bool passes(const char *pattern, const char *value)
{
    return !pattern || ll_glob(pattern, value);
}

ll_status ll_results_each(ll_results *r, const ll_result_filter *f,
                          bool (*each)(void *ctx, const ll_result_row *row), void *ctx, ll_error *e)
{
    static const char sql[] = "SELECT task, predictor, options, sampler, device, dataset, data_hash, source, "
                              "protocol, k, n, cost, scored, budget, seed, pretrain_seed, level, finished, "
                              "spearman, kendall, pearson, rmse_ms, mape, median_ape, within_5, within_10, "
                              "coverage, width_ms, seconds FROM trial"
                              " ORDER BY task, predictor, options, sampler, k, protocol, seed, device";
    sqlite3_stmt *s;
    int step = SQLITE_DONE;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return ll_results_failed(r, e);
    while ((step = sqlite3_step(s)) == SQLITE_ROW) {
        ll_result_row row = read_row(s);
        bool wanted = passes(f->task, row.task) && passes(f->predictor, row.predictor) &&
                      passes(f->sampler, row.sampler) && passes(f->device, row.device) &&
                      (!f->k || f->k == row.k);
        if (wanted && !each(ctx, &row)) break;
    }
    sqlite3_finalize(s);
    return step == SQLITE_DONE || step == SQLITE_ROW ? LL_OK : ll_results_failed(r, e);
}

int ll_results_count(ll_results *r)
{
    int n;
    return pragma(r, "SELECT count(*) FROM trial", &n, NULL) ? 0 : n;
}

ll_status ll_results_checksum(ll_results *r, ll_hash *out, ll_error *e)
{
    static const char sql[] =
        "SELECT key, code, data_hash, dataset, space, task, source, device, predictor, options, "
        "sampler, k, budget, n, seed, pretrain_seed, protocol, level, cost, scored, spearman, "
        "kendall, pearson, rmse_ms, mape, median_ape, within_5, within_10, coverage, width_ms "
        "FROM trial ORDER BY key";
    sqlite3_stmt *s;
    int step;
    *out = ll_hash_bytes("", 0);
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return ll_results_failed(r, e);
    while ((step = sqlite3_step(s)) == SQLITE_ROW) {
        ll_str row = {0};
        for (int i = 0; i < sqlite3_column_count(s); i++)
            if (sqlite3_column_type(s, i) == SQLITE_FLOAT)
                ll_str_addf(&row, "%.17g|", sqlite3_column_double(s, i));
            else
                ll_str_addf(&row, "%s|", text(s, i));
        *out = ll_hash_more(out, row.s, row.len);
        ll_str_free(&row);
    }
    sqlite3_finalize(s);
    return step == SQLITE_DONE ? LL_OK : ll_results_failed(r, e);
}
