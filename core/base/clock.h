/* Time. */
#ifndef LL_BASE_CLOCK_H
#define LL_BASE_CLOCK_H

double ll_now_s(void);  /* monotonic seconds */
double ll_cpu_s(void);  /* processor seconds of this process, all threads */
double ll_wall_s(void); /* seconds since 1970 */

enum { LL_DATE_SIZE = 32 };
/* The time of day in UTC as strftime writes it ("%Y-%m-%d"), in `text`, which is returned. */
const char *ll_utc_text(const char *format, char text[LL_DATE_SIZE]);

#endif
