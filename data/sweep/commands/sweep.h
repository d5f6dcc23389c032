/* The command `sweep`. */
#ifndef LL_DATA_SWEEP_COMMANDS_SWEEP_H
#define LL_DATA_SWEEP_COMMANDS_SWEEP_H

#include "core/app/command.h"

extern const ll_command ll_sweep_commands[]; /* ends with a record whose name is NULL */

#endif
