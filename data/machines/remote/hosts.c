#include "data/machines/remote/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/name.h"
#include "core/base/text/quote.h"

/* What stands behind the options is `words` words, the first of which are these. */
static const struct carrier {
    const char *program;
    const char *flags[6], *with_value[6]; /* options without and with a value, ending with NULL */
    const char *first[3];
    int words;
} carriers[] = {
    {"ssh", {"-4", "-6", "-q", "-C"}, {"-p", "-i", "-l", "-J"}, {NULL}, 1},
    {"adb", {"-d", "-e"}, {"-s", "-t"}, {"shell"}, 1},
    {"docker", {NULL}, {NULL}, {"exec", "-i"}, 3},
    {"podman", {NULL}, {NULL}, {"exec", "-i"}, 3},
};
enum { CARRIERS = sizeof carriers / sizeof *carriers };

static bool among(const char *const *names, const char *word)
{
    for (; *names; names++)
        if (!strcmp(*names, word)) return true;
    return false;
}

/* Does the command say where, and nothing else? */
static bool says_where(const struct carrier *c, const ll_strs *words)
{
    int i = 1;
    while (i < words->n && words->v[i][0] == '-') {
        if (among(c->with_value, words->v[i]))
            i += 2;
        else if (among(c->flags, words->v[i]))
            i++;
        else
            break;
    }
    if (words->n - i != c->words) return false;
    for (int k = 0; c->first[k]; k++, i++)
        if (strcmp(words->v[i], c->first[k])) return false;
    for (; i < words->n; i++)
        if (words->v[i][0] == '-' || !words->v[i][0]) return false;
    return true;
}

char *ll_hosts_path(void)
{
    char *config = ll_xdg_dir(LL_XDG_CONFIG), *path = ll_path_join(config, "hosts");
    free(config);
    return path;
}

static char *trimmed(const char *from, const char *to)
{
    while (from < to && strchr(" \t", *from)) from++;
    while (to > from && strchr(" \t\r", to[-1])) to--;
    return ll_strndup(from, (size_t)(to - from));
}

/* The command behind "NAME = "; NULL: the line is of something else. To be freed. */
static char *command_of(const char *line, const char *name)
{
    const char *equals = strchr(line, '=');
    if (!equals || *line == '#') return NULL;
    char *key = trimmed(line, equals), *command = NULL;
    if (!strcmp(key, name)) command = trimmed(equals + 1, line + strlen(line));
    free(key);
    return command;
}

/* NULL: there is no such file, or no such line in it. */
static char *find_host(const char *name)
{
    char *path = ll_hosts_path(), *text = NULL, *command = NULL;
    size_t n;
    if (ll_is_file(path) && !ll_read_file(path, 1 << 20, &text, &n, NULL)) {
        char *rest = text;
        for (char *line; !command && (line = strsep(&rest, "\n"));) command = command_of(line, name);
    }
    free(text);
    free(path);
    return command;
}

static ll_status split(const char *command, const char *via, ll_strs *words, ll_error *e)
{
    ll_strs_free(words);
    if (!ll_split_words(command, words, e) && words->n) return LL_OK;
    return ll_fail(e, LL_USAGE, "via=%.100s: \"%.200s\" is no command", via, command);
}

ll_status ll_host_command(const char *via, ll_strs *words, ll_error *e)
{
    char *command = find_host(via);
    ll_status s = split(command ? command : via, via, words, e);
    bool named = command != NULL;
    free(command);
    if (s || named) return s;
    for (int i = 0; i < CARRIERS; i++)
        if (!strcmp(words->v[0], carriers[i].program) && says_where(&carriers[i], words)) return LL_OK;
    char *path = ll_hosts_path();
    s = ll_fail(
        e, LL_USAGE,
        "via=%.100s: \"ssh USER@HOST\" (with -p, -i, -l, -J), \"adb shell\" (with -s), or \"docker exec -i "
        "CONTAINER\" was expected, or the name of a line \"NAME = COMMAND\" in %s, which may say any command",
        via, path);
    free(path);
    return s;
}
