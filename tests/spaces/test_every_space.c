/* Every part of latlab in every space: what works, and the sentence that says why something does not. The table of
 * data/SPACES.md is checked against what is found here. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tests/check.h"

/* A space and the data it is tried on. */
static const struct {
    const char *name, *make, *split, *target;
} spaces[] = {
    {"nasbench201", "simulate dataset=t space=nasbench201 n=60", "train=8 test=1", "all"},
    {"fbnet", "simulate dataset=t space=fbnet n=60", "train=8 test=1", "all"},
    {"ofa", "simulate dataset=t space=ofa n=60", "train=8 test=1", "all"},
    {"mobilenetv2", "simulate dataset=t space=mobilenetv2 n=60", "train=8 test=1", "all"},
    {"mcunet", "simulate dataset=t space=mcunet n=60", "train=8 test=1", "all"},
    {"resnet_tiny", "simulate dataset=t space=resnet_tiny n=60", "train=8 test=1", "all"},
    {"numbers", "import csv numbers.csv as t features=width,layers,heads unit=ms",
     "source=phone,board target=gpu", "gpu"},
};
enum { SPACES = sizeof spaces / sizeof *spaces };

/* %s: the target. A part that measures comes last, since its device is a further one. */
static const struct {
    const char *name, *line;
} parts[] = {
    {"load, audit, info", "audit"},
    {"corr", "corr"},
    {"sampler random", "sample k=8 sampler=random"},
    {"sampler params, flops", "sample k=8 sampler=params"},
    {"sampler kmeans, cosine, maxmin", "sample k=8 sampler=kmeans"},
    {"encoding graf", "sample k=8 sampler=cosine:graf"},
    {"encoding cost", "sample k=8 sampler=maxmin:cost"},
    {"encoding numbers", "sample k=8 sampler=maxmin:numbers"},
    {"encoding path", "sample k=8 sampler=kmeans:path"},
    {"encoding graph", "sample k=8 sampler=kmeans:graph"},
    {"encoding arch2vec", "encode arch2vec epochs=1"},
    {"encoding cate", "encode cate epochs=1"},
    {"proxies, encoding zcp", "proxies params,synflow,nwot,grad_norm archs=random:2 batch=2"},
    {"map", "map"},
    {"arch", "arch 0"},
    {"roofline", "roofline 0 device=sim_eyeriss"},
    {"export onnx", "export onnx random:1 out=models"},
    {"gp", "pretrain gp; transfer %s k=8 sampler=dopt; eval %s"},
    {"diagnose", "diagnose"}, /* here, since it tries every predictor that has been adapted */
    {"nasflat", "pretrain nasflat epochs=1; transfer %s k=8; eval %s"},
    {"help", "pretrain help episodes=2; transfer %s k=8; eval %s"},
    {"multipredict", "pretrain multipredict epochs=1; transfer %s k=8; eval %s"},
    {"brpnas", "pretrain brpnas; transfer %s k=8 epochs=1; eval %s"},
    {"forest", "pretrain forest; transfer %s k=8; eval %s"},
    {"mlp", "pretrain mlp; transfer %s k=8 steps=20 hidden=16; eval %s"},
    {"ridge", "pretrain ridge; transfer %s k=8; eval %s"},
    {"lut", "pretrain lut; transfer %s k=8; eval %s"},
    {"flops", "pretrain flops; transfer %s k=8; eval %s"},
    {"search score=params", "search max=1e6 score=params budget=2000 predictor=gp"},
    {"measure", "measure device=here archs=random:1 repeats=2"},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* What does not work, and how it is said. */
static const struct {
    const char *spaces, *part, *letter, *said;
} exceptions[] = {
    {"nasbench201 fbnet ofa mobilenetv2 mcunet resnet_tiny", "encoding numbers", "e", "are choices"},
    {"fbnet ofa mobilenetv2 mcunet resnet_tiny numbers", "encoding path", "a", "is one path"},
    {"fbnet mobilenetv2 mcunet resnet_tiny numbers", "encoding graph", "b", "have the same graph"},
    {"numbers", "sampler params, flops", "d", "are not known"},
    {"numbers", "encoding cost", "d", "are not known"},
    {"numbers", "encoding cate", "d", "are not known"},
    {"numbers", "proxies, encoding zcp", "d", "are not known"},
    {"numbers", "roofline", "d", "does not say which layers"},
    {"numbers", "export onnx", "d", "are not known"},
    {"numbers", "flops", "d", "are not known"},
    {"numbers", "search score=params", "d", "are not known"},
    {"numbers", "measure", "d", "are not known"},
};
enum { EXCEPTIONS = sizeof exceptions / sizeof *exceptions };

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return true;
    return false;
}

/* -1: it works. */
static int exception_of(int space, int part)
{
    for (int i = 0; i < EXCEPTIONS; i++)
        if (!strcmp(exceptions[i].part, parts[part].name) &&
            has_word(exceptions[i].spaces, spaces[space].name))
            return i;
    return -1;
}

/* --- running --- */

static void write_numbers(const char *dir)
{
    char *path = ll_path_join(dir, "numbers.csv");
    ll_str text = {0};
    ll_str_add(&text, "width,layers,heads,phone,board,gpu\n");
    for (int i = 0; i < 60; i++) {
        int width = 128 * (1 + i % 5), layers = 1 + i / 5 % 6, heads = i < 30 ? 4 : 8;
        double work = 1e-5 * layers * width * width;
        ll_str_addf(&text, "%d,%d,%d,%g,%g,%g\n", width, layers, heads, work + 1, .3 * work + .1 * heads,
                    2 * work + layers);
    }
    CHECK_OK(ll_write_file(path, text.s, text.len, NULL));
    ll_str_free(&text);
    free(path);
}

/* The k-th command of the script belongs to part owner[k]; -1: it makes the data. */
typedef struct script {
    ll_str text;
    int owner[4 * PARTS + 3], n;
} script;

/* `line` is some commands, joined by "; ". */
static void add_line(script *x, int part, const char *line, const char *target)
{
    ll_str filled = {0};
    ll_str_addf(&filled, line, target, target);
    for (const char *at = filled.s; at; at = strstr(at, "; "), at = at ? at + 2 : NULL)
        x->owner[x->n++] = part;
    ll_str_addf(&x->text, "%s\n", filled.s);
    ll_str_free(&filled);
}

static void write_script(script *x, const char *dir, int space)
{
    char *path = ll_path_join(dir, "parts.latlab");
    add_line(x, -1, spaces[space].make, "");
    add_line(x, -1, "load t", "");
    ll_str split = {0};
    ll_str_addf(&split, "partition %s", spaces[space].split);
    add_line(x, -1, split.s, "");
    ll_str_free(&split);
    for (int i = 0; i < PARTS; i++) add_line(x, i, parts[i].line, spaces[space].target);
    CHECK_OK(ll_write_file(path, x->text.s, x->text.len, NULL));
    free(path);
}

/* What came of each part: NULL, or its first complaint. */
static void read_outcome(const script *x, const char *path, char **complaint)
{
    char *text = NULL;
    int command = -1;
    if (!CHECK_OK(ll_read_file(path, 0, &text, NULL, NULL))) return;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *event = cJSON_Parse(line);
        const char *kind = ll_json_get_str(event, "event", "");
        command += !strcmp(kind, "begin");
        int part = command >= 0 && command < x->n ? x->owner[command] : -1;
        if (!strcmp(kind, "error") && part < 0)
            check_report(false, __FILE__, __LINE__, "%s", ll_json_get_str(event, "message", ""));
        if (!strcmp(kind, "error") && part >= 0 && !complaint[part])
            complaint[part] = ll_strdup(ll_json_get_str(event, "message", ""));
        cJSON_Delete(event);
    }
    CHECK_INT(command + 1, x->n);
    free(text);
}

static void check_part(int space, int part, const char *complaint)
{
    int exception = exception_of(space, part);
    const char *want = exception < 0 ? NULL : exceptions[exception].said;
    bool right = want ? complaint && strstr(complaint, want) : !complaint;
    if (!right)
        check_report(false, __FILE__, __LINE__, "%s, %s: said \"%s\", expected %s", spaces[space].name,
                     parts[part].name, complaint ? complaint : "nothing", want ? want : "that it works");
    CHECK(right);
}

static void try_space(int space)
{
    const char *latlab = getenv("LATLAB");
    char program[4096], *dir = ll_path_join(check_tmpdir(), spaces[space].name), *complaint[PARTS] = {0};
    script x = {0};
    if (!latlab || !realpath(latlab, program)) {
        check_skip("no program in $LATLAB");
        free(dir);
        return;
    }
    CHECK_OK(ll_make_dirs(dir, NULL));
    write_numbers(dir);
    write_script(&x, dir, space);
    ll_str command = {0};
    ll_str_addf(&command,
                "cd '%s' && XDG_DATA_HOME=$PWD XDG_STATE_HOME=$PWD XDG_CONFIG_HOME=$PWD '%s' --data d --json "
                "--keep-going parts.latlab > out 2> err",
                dir, program);
    int status = system(command.s); /* of the last command that failed */
    CHECK(status != -1);
    char *out = ll_path_join(dir, "out");
    read_outcome(&x, out, complaint);
    for (int i = 0; i < PARTS; i++) {
        check_part(space, i, complaint[i]);
        free(complaint[i]);
    }
    free(out);
    free(dir);
    ll_str_free(&command);
    ll_str_free(&x.text);
}

static void cells(void)
{
    try_space(0);
}

static void blocks(void)
{
    try_space(1);
}

static void supernets(void)
{
    try_space(2);
}

/* One of them where everything takes ten times as long. */
static void files(void)
{
    for (int i = check_under(NULL) ? 5 : 3; i < 6; i++) try_space(i);
}

static void columns_of_numbers(void)
{
    try_space(6);
}

/* --- the manual --- */

static void the_manual_has_the_table(void)
{
    char *text = NULL;
    if (!CHECK_OK(ll_read_file("data/SPACES.md", 0, &text, NULL, NULL))) return;
    for (int i = 0; i < PARTS; i++) {
        ll_str row = {0};
        ll_str_addf(&row, "| %s |", parts[i].name);
        for (int k = 0; k < SPACES; k++) {
            int exception = exception_of(k, i);
            ll_str_addf(&row, " %s |", exception < 0 ? "yes" : exceptions[exception].letter);
        }
        CHECK_HAS(text, row.s);
        if (getenv("LATLAB_PRINT")) printf("%s\n", row.s);
        ll_str_free(&row);
    }
    free(text);
}

static const check_case cases[] = {
    {"cells", cells},
    {"blocks", blocks},
    {"supernets", supernets},
    {"spaces from files", files},
    {"columns of numbers", columns_of_numbers},
    {"the manual has the table", the_manual_has_the_table},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_every_space", cases, argc, argv);
}
