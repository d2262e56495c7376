/* The library that is loaded into traced programs: where it is, and how a program is started with it. */
#ifndef HEATLINE_CLI_AGENT_H
#define HEATLINE_CLI_AGENT_H

#include "base/err.h"
#include "base/str.h"

/* heatline-agent.so beside this program, or in lib/heatline/ of the prefix it is installed in. 0 or -1. */
int agent_find(struct str *ret_path, struct err *err);

/* Puts it, and what it is told (agent/config.h), into the environment that programs are started with from now on. */
int agent_set_environment(const char *path, const char *config, struct err *err);

#endif
