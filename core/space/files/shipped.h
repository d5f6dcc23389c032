/* Spaces that are files: those that come with the program (data/spaces), and any that a user names by its path. */
#ifndef LL_SPACE_FILES_SHIPPED_H
#define LL_SPACE_FILES_SHIPPED_H

#include "core/space/space.h"

/* Defines what lies in the program's folder of spaces, the first time that it is called; thread-safe. A file there that is
 * wrong is passed over: tests/spaces/test_space_files.c reads each of them. */
void ll_spaces_shipped(void);
char *ll_spaces_dir(void); /* that folder, whether it is there or not; the caller frees */

#endif
