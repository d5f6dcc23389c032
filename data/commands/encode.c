/* encode, encodings: vectors of architectures, learnt once, kept in the session or in a file, applied to anything. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/app/output.h"
#include "core/archs/archs_csv.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/num/npy_out.h"
#include "data/commands/commands.h"
#include "data/formats/encoder_file.h"

/* --- what it came to --- */

static int qualities_of(const ll_encoder *c, ll_quality q[LL_MOST_QUALITIES])
{
    return c->state && c->encoding->qualities ? c->encoding->qualities(c->state, q) : 0;
}

static int add_qualities(const ll_encoder *c, cJSON *o, ll_str *text)
{
    ll_quality q[LL_MOST_QUALITIES];
    int n = qualities_of(c, q);
    for (int i = 0; i < n; i++) {
        if (o) ll_json_num(o, q[i].name, q[i].value);
        if (isnan(q[i].value) || q[i].aside) continue;
        ll_str_addf(text, "%s%s %.4g", text->len ? ", " : "", q[i].name, q[i].value);
    }
    return n;
}

static void warn_of_nothing_learnt(ll_request *rq, const ll_encoder *c)
{
    ll_quality q[LL_MOST_QUALITIES];
    int n = qualities_of(c, q);
    for (int i = 0; i < n; i++)
        if (q[i].guessing > 0 && q[i].value <= q[i].guessing)
            ll_note(rq, "%s has learnt nothing here: %s %.3g, and %.3g without learning (%s)", c->name,
                    q[i].name, q[i].value, q[i].guessing, q[i].what);
}

static void emit_encoding(ll_request *rq, const ll_encoder *c, const ll_matrix_f *vectors, const char *path)
{
    static const ll_column columns[] = {{"name", "encoding", NULL, -1},   {"rows", "architectures", NULL, 0},
                                        {"dim", "numbers each", NULL, 0}, {"fitted_on", "fitted on", NULL, 0},
                                        {"seconds", "took", "s", 2},      {"quality", "of itself", NULL, -1},
                                        {"path", "saved", NULL, -1},      {0}};
    cJSON *result = ll_result_new("encoding");
    ll_str quality = {0};
    ll_json_str(result, "name", c->name);
    ll_json_str(result, "space", c->space->name);
    ll_json_int(result, "rows", vectors->rows);
    ll_json_int(result, "dim", c->dim);
    ll_json_int(result, "fitted_on", c->fitted_on);
    ll_json_num(result, "seconds", c->seconds);
    add_qualities(c, result, &quality);
    ll_json_str(result, "quality", quality.len ? ll_str_text(&quality) : NULL);
    ll_json_str(result, "path", path);
    ll_result_columns(result, columns);
    ll_str_free(&quality);
    ll_emit(rq, result);
}

/* --- vectors in a file --- */

static void write_head(FILE *f, int dim)
{
    ll_strs names = {0};
    for (int j = 0; j < dim; j++) {
        ll_str name = {0};
        ll_str_addf(&name, "x%d", j);
        ll_strs_take(&names, ll_str_take(&name));
    }
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

static ll_status write_csv(const ll_archs *archs, const ll_matrix_f *m, const char *path, ll_error *e)
{
    ll_writer w;
    ll_str text = {0};
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    write_head(w.f, m->cols);
    for (int i = 0; i < m->rows; i++) {
        ll_arch_write(w.f, archs->space, ll_arch(archs, i), &text);
        for (int j = 0; j < m->cols; j++) {
            fputc(',', w.f);
            ll_csv_write_number(w.f, (double)m->v[(size_t)i * (size_t)m->cols + (size_t)j]);
        }
        fputc('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

static ll_status write_npy(const ll_matrix_f *m, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_str shape = {0}, header = {0};
    ll_str_addf(&shape, "(%d, %d)", m->rows, m->cols);
    ll_npy_header(&header, "'<f4'", ll_str_text(&shape), 0);
    fwrite(header.s, 1, header.len, w.f);
    ll_str_free(&shape);
    ll_str_free(&header);
    fwrite(m->v, sizeof *m->v, (size_t)m->rows * (size_t)m->cols, w.f);
    return ll_writer_commit(&w, e);
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && !strcmp(path + n - k, end);
}

/* Before a fit that may take minutes: a place that cannot be written is said now. */
static ll_status open_out(ll_request *rq, const char *option, char **path)
{
    ll_writer w;
    if (!ll_has(&rq->args, option)) return LL_OK;
    ll_status s = ll_output_new(rq, ll_word(&rq->args, option), path);
    if (!s) s = ll_writer_open(&w, *path, &rq->error);
    if (!s) ll_writer_abandon(&w);
    return s;
}

static ll_status check_out(ll_request *rq, const char *path)
{
    if (!path || ends_in(path, ".npy") || ends_in(path, ".csv")) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "out=%s: vectors are written as .csv or .npy", ll_word(&rq->args, "out"));
}

static ll_status write_vectors(const ll_archs *archs, const ll_matrix_f *m, const char *path, ll_error *e)
{
    return ends_in(path, ".npy") ? write_npy(m, path, e) : write_csv(archs, m, path, e);
}

/* --- encode --- */

static ll_status read_fitted(ll_request *rq, const char *file, ll_encoder **out)
{
    const char *name = ll_word(&rq->args, "name");
    for (const ll_option *o = rq->more.table; o && o->name; o++)
        if (ll_given(&rq->more, o->name))
            return LL_FAIL(rq, LL_USAGE, "from= is of something fitted: %s= comes too late", o->name);
    if (ll_given(&rq->args, "seed"))
        return LL_FAIL(rq, LL_USAGE, "from= is of something fitted: seed= comes too late");
    char *path = ll_path_expand(file);
    ll_status s = ll_encoder_read(path, out, &rq->error);
    free(path);
    if (s) return s;
    if (strcmp((*out)->name, name))
        s = LL_FAIL(rq, LL_USAGE, "from=%s: it is %s, not %s", file, (*out)->name, name);
    else if (rq->state.data && (*out)->space != rq->state.data->space)
        s = LL_FAIL(rq, LL_USAGE, "from=%s: it was fitted on space %s, the data is of %s", file,
                    (*out)->space->name, rq->state.data->space->name);
    if (s) {
        ll_encoder_unref(*out);
        *out = NULL;
    }
    return s;
}

static ll_status fit(ll_request *rq, ll_encoder **out)
{
    const char *name = ll_word(&rq->args, "name");
    ll_encode_job job = {.archs = rq->state.data->archs,
                         .options = rq->more.table ? &rq->more : NULL,
                         .seed = (uint64_t)ll_int(&rq->args, "seed"),
                         .known = &rq->state.encoders,
                         .observer = rq->observer,
                         .pool = rq->pool};
    return ll_encoder_fit(name, &job, out, &rq->error);
}

static ll_status keep(ll_request *rq, const ll_encoder *c, const char *save, const char *out)
{
    const ll_archs *archs = rq->state.data->archs;
    ll_matrix_f vectors = {0};
    ll_status s = ll_encoder_apply(c, archs, &vectors, &rq->error);
    if (!s && save) s = ll_encoder_write(c, save, &rq->error);
    if (!s && out) s = write_vectors(archs, &vectors, out, &rq->error);
    if (!s) emit_encoding(rq, c, &vectors, save);
    if (!s) warn_of_nothing_learnt(rq, c);
    ll_matrix_f_free(&vectors);
    return s;
}

static ll_status run_encode(ll_request *rq)
{
    ll_encoder *c = NULL;
    char *save = NULL, *out = NULL;
    ll_status s = ll_need_data(rq);
    if (!s) s = open_out(rq, "save", &save);
    if (!s) s = open_out(rq, "out", &out);
    if (!s) s = check_out(rq, out);
    /* whatever they are called: the request lists where they lead */
    if (!s && save && out && !strcmp(rq->outputs.v[0], rq->outputs.v[1]))
        s = LL_FAIL(rq, LL_USAGE, "save= and out= name the same file");
    if (!s) s = ll_has(&rq->args, "from") ? read_fitted(rq, ll_word(&rq->args, "from"), &c) : fit(rq, &c);
    if (!s) s = keep(rq, c, save, out);
    if (!s)
        ll_encoders_add(&rq->state.encoders, c);
    else
        ll_encoder_unref(c);
    free(save);
    free(out);
    return s;
}

/* --- encodings --- */

static const char *origin(const ll_dataset *d, const ll_encoder *known, const ll_encoding *e)
{
    if (known) return "fitted";
    if (d && ll_archs_feature(d->archs, e->name)) return "with the data";
    return e->learnt ? "not fitted yet" : "at once";
}

static void add_row(cJSON *rows, const char *name, const char *summary, const char *state,
                    const ll_encoder *known)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_str quality = {0};
    ll_json_str(row, "name", name);
    ll_json_str(row, "state", state);
    ll_json_str(row, "space", known ? known->space->name : NULL);
    ll_json_num(row, "dim", known ? known->dim : NAN);
    ll_json_num(row, "fitted_on", known ? known->fitted_on : NAN);
    ll_json_num(row, "seconds", known ? known->seconds : NAN);
    if (known) add_qualities(known, row, &quality);
    ll_json_str(row, "quality", quality.len ? ll_str_text(&quality) : NULL);
    ll_json_str(row, "summary", summary);
    ll_str_free(&quality);
}

/* Of the space of the data those by name; then what else is fitted, and what came with the data. */
static void add_rows(const ll_state *s, cJSON *rows)
{
    const ll_dataset *d = s->data;
    for (int i = 0; ll_encodings[i]; i++) {
        const ll_encoding *e = ll_encodings[i];
        const ll_encoder *known = d ? ll_encoders_find(&s->encoders, e->name, d->space) : NULL;
        add_row(rows, e->name, e->summary, origin(d, known, e), known);
    }
    for (int i = 0; i < s->encoders.n; i++)
        if (!d || s->encoders.v[i]->space != d->space)
            add_row(rows, s->encoders.v[i]->name, s->encoders.v[i]->encoding->summary, "fitted",
                    s->encoders.v[i]);
    for (int i = 0; d && i < d->archs->n_features; i++)
        if (!ll_encoding_find(d->archs->features[i].name))
            add_row(rows, d->archs->features[i].name, "a feature", "with the data", NULL);
}

static ll_status run_encodings(ll_request *rq)
{
    /* Within 80 columns; space and summary stand in the result alone. */
    static const ll_column columns[] = {{"name", "encoding", NULL, -1},
                                        {"state", "state", NULL, -1},
                                        {"dim", "numbers", NULL, 0},
                                        {"fitted_on", "fitted on", NULL, 0},
                                        {"seconds", "took", "s", 2},
                                        {"quality", "of itself", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("encodings");
    add_rows(&rq->state, ll_json_arr(result, "rows"));
    ll_result_columns(result, columns);
    ll_emit(rq, result);
    return LL_OK;
}

/* --- the commands --- */

static const ll_option *encode_more(char *const *words, int n)
{
    const ll_encoding *e = n > 0 ? ll_encoding_find(words[0]) : NULL;
    return e ? e->options : NULL;
}

static const char *encoding_name(int i)
{
    return ll_encodings[i] ? ll_encodings[i]->name : NULL;
}

static const ll_option encode_options[] = {
    {.name = "name",
     .type = LL_CHOICE,
     .choice_at = encoding_name,
     .help = "which one (`encodings` lists them)",
     .positional = true,
     .required = true},
    LL_OPT_INT("seed", "0", 0, 2147483646, "of weights, batches and whatever else is drawn"),
    LL_OPT_WORD("save", NULL, "file to keep it in (.safetensors)", LL_OF_OUTPUT),
    LL_OPT_WORD("from", NULL, "file that save= has written: nothing is fitted", LL_OF(FILE)),
    LL_OPT_WORD("out", NULL, "file for the vectors of the data's architectures: .csv or .npy", LL_OF_OUTPUT),
    LL_OPT_FORCE,
    {0}};

const ll_command ll_encode_commands[] = {
    {.name = "encode",
     .group = "sample",
     .summary = "Fit an encoding of architectures: Arch2Vec, CATE, GRAF, proxies, all of them",
     .options = encode_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_encode,
     .more_options = encode_more,
     .help =
         "What is fitted belongs to the session and is used by its name: sampler=kmeans encoding=NAME (or\n"
         "kmeans:NAME), `pretrain nasflat encoding=NAME`, `map NAME`. `help encode arch2vec` shows an "
         "encoding's\n"
         "own options.",
     .examples = "  encode arch2vec save=arch2vec.safetensors\n"
                 "  encode zcp proxies=params,flops,synflow,nwot\n"
                 "  encode caz out=caz.npy\n"
                 "  sample k=20 sampler=kmeans encoding=graf"},
    {.name = "encodings",
     .group = "sample",
     .summary = "List the encodings: which are fitted, on what, how well",
     .flags = LL_CMD_LOOK,
     .run = run_encodings},
    {0},
};
