/* The man page's account of commands and formats, from the tables, in man(7) macros. */
#ifndef HEATLINE_CLI_MANUAL_H
#define HEATLINE_CLI_MANUAL_H

#include "base/str.h"

void manual_tables(struct str *s);

#endif
