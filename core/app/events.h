/* The queue between the threads that run commands and the face: JSON objects in order, with a descriptor that
 * is readable while something waits. A progress event replaces an unread one of the same request at the end
 * of the queue; nothing else is ever dropped. Thread-safe. */
#ifndef LL_APP_EVENTS_H
#define LL_APP_EVENTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

typedef struct ll_events ll_events;

ll_events *ll_events_new(void);
void ll_events_free(ll_events *q);
int ll_events_fd(const ll_events *q);
void ll_events_push(ll_events *q, cJSON *event); /* takes ownership */
/* The oldest event (the caller deletes) or NULL. `wait`: block until there is one or the queue is idle. */
cJSON *ll_events_pop(ll_events *q, bool wait);
/* Idle: no command is queued or running, so that a waiting reader may give up. */
void ll_events_idle(ll_events *q, bool idle);

cJSON *ll_event_new(const char *event, int id); /* {"event":...,"id":...} */
/* Put "event" and "id" before the members of `o`; takes ownership, returns the new object. */
cJSON *ll_event_with(cJSON *o, const char *event, int id);

#endif
