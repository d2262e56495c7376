/* What standard output or standard error is. */
#ifndef HEATLINE_CLI_TERMINAL_H
#define HEATLINE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TERMINAL_COLUMNS_DEFAULT = 80 };

/* A terminal that wants colour: NO_COLOR is unset or empty and TERM is not "dumb". */
bool terminal_color(int fd);
/* $COLUMNS, else the width of the terminal, else TERMINAL_COLUMNS_DEFAULT. */
uint32_t terminal_columns(int fd);

/* Text in rows: a terminal's are as wide as it is, of anything else without an end (SIZE_MAX). */
size_t terminal_row_columns(int fd);
/* The bytes of `text` that fill one row: whole words. One that is longer than a row stays whole. */
size_t terminal_row(const char *text, size_t columns);

#endif
