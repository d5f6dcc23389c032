/* The options by which sources are chosen; a command that has them names them so. */
#ifndef LL_COMMANDS_SCORE_SOURCES_H
#define LL_COMMANDS_SCORE_SOURCES_H

#include "core/base/text/option.h"
#include "core/device/source_choice.h"

#define LL_OPT_SOURCE_RULE                                                                                   \
    LL_OPT_INT("most", "9", 1, 1000, "when chosen: at most so many devices"),                                \
        LL_OPT_BOOL("own", "on", "when chosen: also the target's own hardware by another name")

ll_source_rule ll_source_rule_of(const ll_values *v);

#endif
