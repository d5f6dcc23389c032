/* The sides of the task: which device is on which, and the command that puts devices there. */
#ifndef LL_TUI_SCREEN_SIDES_H
#define LL_TUI_SCREEN_SIDES_H

#include "core/app/app.h"

/* 'S', 'T' or ' '. */
char ll_device_side(const ll_state *s, const char *device);
/* Command line that puts the devices on side 'S', 'T' or none ('-') of the task; "" when no source would be left. */
void ll_assign_line(const ll_state *s, const ll_strs *devices, char side, ll_str *out);
/* {as-source}, {as-target}, {as-neither}; false: another name, or it cannot be. */
bool ll_assign_expand(const ll_state *s, const ll_strs *devices, const char *name, ll_str *out);

#endif
