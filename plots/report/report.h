/* The command of this room: report. */
#ifndef LL_PLOTS_REPORT_REPORT_H
#define LL_PLOTS_REPORT_REPORT_H

#include "core/app/command.h"

extern const ll_command ll_report_commands[]; /* ends with a record whose name is NULL */

#endif
