/* The network of OFA-MobileNetV3 at width 1.0 (Cai et al., arXiv 1908.09791, released code): its stages, strides, activations
 * and squeeze-and-excitation, as a template (data/SPACES.md) with ' for
 * ". Classifier and the 1x1 convolution before it work on the mean, as there. */
#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/space/parts.h"
#include "core/space/template/template.h"

/* The blocks of a stage: channels, stride of the first one, activation, squeeze-and-excitation. */
#define BLOCK(S, J, REST)    "['k" #S "." #J "', 'e" #S "." #J "', " REST "]"
#define STAGE(S, FIRST, ALL) BLOCK(S, 1, FIRST ALL) ", " OTHERS(S, "1, " ALL)
#define OTHERS(S, REST)      BLOCK(S, 2, REST) ", " BLOCK(S, 3, REST) ", " BLOCK(S, 4, REST)

/* clang-format off */
static const char text[] =
    "{'input': 'r',"
    " 'network': ["
    "   {'conv': 16, 'kernel': 3, 'stride': 2, 'act': 'hswish', 'to': 'x'},"
    "   {'conv': 'c', 'kernel': 3, 'groups': 'c', 'act': 'relu'},"
    "   {'conv': 'c'},"
    "   {'add': 'x'},"
    "   {'each': [" STAGE(1, "2, ", "24, 'relu', 0")
    "           , " STAGE(2, "2, ", "40, 'relu', 1")
    "           , " STAGE(3, "2, ", "80, 'hswish', 0")
    "           , " STAGE(4, "1, ", "112, 'hswish', 1")
    "           , " STAGE(5, "2, ", "160, 'hswish', 1") "],"
    "    'as': ['k', 'e', 'stride', 'channels', 'act', 'se'],"
    "    'when': 'k.active',"
    "    'do': ["
    "      {'to': 'x'},"
    "      {'conv': 'divisible(c * e, 8)', 'act': 'act'},"
    "      {'conv': 'c', 'kernel': 'k', 'stride': 'stride', 'groups': 'c', 'act': 'act', 'to': 'deep'},"
    "      {'when': 'se', 'do': ["
    "        {'mean': true},"
    "        {'linear': 'divisible(c / 4, 8)', 'act': 'relu'},"
    "        {'linear': 'deep.c', 'act': 'hsigmoid', 'to': 'weights'},"
    "        {'from': 'deep', 'gate': 'weights'}]},"
    "      {'conv': 'channels'},"
    "      {'when': 'x.c == c && x.size == size', 'add': 'x'}]},"
    "   {'conv': 960, 'act': 'hswish'},"
    "   {'mean': true},"
    "   {'conv': 1280, 'bn': false, 'act': 'hswish'},"
    "   {'linear': 1000}]}";
/* clang-format on */

static ll_template *network;

/* Positions as the template sees them: kernels, expansions, depths and resolutions are numbers. */
static void read_positions(ll_template_position *positions)
{
    for (int p = 0; p < ll_ofa.n_positions; p++) {
        ll_template_position *at = &positions[p];
        *at = (ll_template_position){.name = ll_ofa.positions[p],
                                     .choices = (char *const *)ll_ofa.choices[p],
                                     .n_choices = ll_ofa.n_choices[p],
                                     .counts = true};
        for (int i = 0; i < at->n_choices; i++) at->number[i] = atoi(at->choices[i]);
    }
}

static void read_network(void)
{
    ll_template_position *positions = LL_NEW_ARRAY(ll_template_position, LL_MAX_POSITIONS);
    char *json = ll_strdup(text);
    for (char *p = json; *p; p++)
        if (*p == '\'') *p = '"';
    cJSON *o = cJSON_Parse(json);
    read_positions(positions);
    ll_template_read(o, positions, ll_ofa.n_positions, &network, NULL);
    cJSON_Delete(o);
    free(positions);
    free(json);
}

int ll_ofa_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bool active[LL_MAX_POSITIONS];
    pthread_once(&once, read_network);
    s->active(s, gene, active);
    return ll_template_layers(network, gene, active, out, most, NULL);
}
