#include "data/results/published.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char ll_published_about[] = "Published: mean Spearman with 20 samples of the target, read from the "
                                  "arrays of the plotting script of NASFLAT "
                                  "(arXiv 2403.02446). The order of the tasks in those arrays is inferred, "
                                  "not stated. They are means of the authors' "
                                  "own draws, samplers and scoring sets (ours: every measured architecture "
                                  "but the samples), so a difference of a few "
                                  "thousandths from ours says nothing, and no test is made with them.";

static const char *const tasks[] = {"ND", "NA", "N1", "N2", "N3", "N4", "FD", "FA", "F1", "F2", "F3", "F4"};
enum { TASKS = sizeof tasks / sizeof *tasks };

static const struct {
    const char *method;
    double spearman[TASKS];
} published[] = {
    {"NASFLAT", {.959, .893, .967, .857, .962, .959, .961, .577, .809, .871, .814, .734}},
    {"HELP", {.948, .410, .604, .509, .729, .746, .910, .370, .793, .543, .413, .799}},
    {"MultiPredict", {.930, .820, .907, .757, .947, .952, .960, .450, .756, .567, .434, .763}},
};
enum { METHODS = sizeof published / sizeof *published };

const char *ll_published_method(int i)
{
    return i >= 0 && i < METHODS ? published[i].method : NULL;
}

double ll_published_mean_of(const char *method, const char *task)
{
    for (int i = 0; i < METHODS; i++)
        for (int j = 0; j < TASKS; j++)
            if (!strcmp(published[i].method, method) && !strcasecmp(tasks[j], task))
                return published[i].spearman[j];
    return NAN;
}
