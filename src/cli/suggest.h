/* "Did you mean …?" */
#ifndef HEATLINE_CLI_SUGGEST_H
#define HEATLINE_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* How many keystrokes apart (insert, delete, replace, swap), at least; long words count as far
 * apart. */
unsigned suggest_distance(const char *typed, const char *name);
/* Whether somebody who typed that may have meant this. */
bool suggest_near(const char *typed, const char *name);
/* The nearest of the names `choice` gives, or NULL. */
const char *suggest_choice(const char *typed, const char *(*choice)(size_t i));

#endif
