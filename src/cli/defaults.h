/* Options that the user has written down once: in .heatlinerc of the working directory, else in the configuration folder
 * ($XDG_CONFIG_HOME/heatlinerc or ~/.config/heatlinerc), or in the nearest pyproject.toml. The command line wins.
 *
 *     [trace]                          [tool.heatline.trace]
 *     ignore-c-function = true         ignore_c_function = true
 *     include-files = src, lib         include_files = ["src", "lib"]
 */
#ifndef HEATLINE_CLI_DEFAULTS_H
#define HEATLINE_CLI_DEFAULTS_H

#include "base/err.h"
#include "base/vec.h"
#include "cli/command.h"

/* Adds a word of a command line for each, as char * of the caller's. `file` NULL: wherever there is one. 0, or -1 when
 * there is something in it that the command does not know. */
int defaults_words(const struct command *command, const char *file, struct vec *words,
                   struct err *err);

#endif
