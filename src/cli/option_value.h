/* The value of one option, from text. */
#ifndef HEATLINE_CLI_OPTION_VALUE_H
#define HEATLINE_CLI_OPTION_VALUE_H

#include "cli/option.h"

/* Stores `text` (NULL for a kind that takes no value) at `at` as the row says. 0 or -1. */
int option_value(const struct option *row, const char *text, void *at, struct err *err);

#endif
