/* The commands of lessons. */
#ifndef LL_SESSIONS_COURSE_COMMANDS_H
#define LL_SESSIONS_COURSE_COMMANDS_H

#include "core/app/command.h"

extern const ll_command ll_course_commands[];

#endif
