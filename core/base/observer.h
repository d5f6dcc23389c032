/* How a long core function reports: progress goes out, the wish to cancel comes in. Core owns no thread
 * and knows no face. Any member may be NULL. Thread: the functions are called on the thread that runs
 * the work. */
#ifndef LL_BASE_OBSERVER_H
#define LL_BASE_OBSERVER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

typedef struct ll_observer {
    /* Takes ownership of `progress`, an object with at least "phase" (string), "done" and "total" (numbers);
     * "left_s" (time left), "loss" (drawn as a curve over what is done) with "loss_is" (its name, if it is another) and whatever else the work has to show. */
    void (*progress)(void *ctx, cJSON *progress);
    bool (*cancelled)(void *ctx); /* cheap: ask at every step */
    void *ctx;
    double last_s; /* kept by ll_observer_due */
} ll_observer;

bool ll_cancelled(const ll_observer *o); /* false for NULL */
/* True at most every `every_s` seconds: ask before building a progress object. */
bool ll_observer_due(ll_observer *o, double every_s);
void ll_progress(const ll_observer *o, cJSON *progress); /* takes ownership, also when nobody listens */

#endif
