/* Networks of a space are built before anybody asks for one. */
#ifndef LL_SPACE_OWN_TEMPLATE_CHECK_H
#define LL_SPACE_OWN_TEMPLATE_CHECK_H

#include "core/space/own/rules.h"
#include "core/space/template/template.h"

/* Every network of a space of up to 4,096 genes; of a larger one those that differ in one choice from the first or the last,
 * and 512 that are drawn. LL_BAD_DATA: what is wrong, where in the file, and with which choices: those without which a
 * network that can be built would do. */
ll_status ll_template_check(const ll_template *t, const ll_template_position *positions, int n,
                            const ll_rule *rules, int n_rules, ll_error *e);

#endif
