/* The command tables of this room: tui/main.c registers them. Each ends with a record whose name is NULL. */
#ifndef LL_COMMANDS_COMMANDS_H
#define LL_COMMANDS_COMMANDS_H

#include "core/app/command.h"

extern const ll_command ll_help_commands[];
extern const ll_command ll_diagnose_commands[];
extern const ll_command ll_look_commands[];
extern const ll_command ll_map_commands[];
extern const ll_command ll_monotonicity_commands[];
extern const ll_command ll_partition_commands[];
extern const ll_command ll_sources_commands[];
extern const ll_command ll_sample_commands[];
extern const ll_command ll_predict_commands[];
extern const ll_command ll_score_commands[];
extern const ll_command ll_active_commands[];
extern const ll_command ll_search_commands[];

#endif
