/* Process ids from the command line. */
#ifndef HEATLINE_CLI_PIDS_H
#define HEATLINE_CLI_PIDS_H

#include "cli/option.h"

/* Those of --pid, then the operands, into ret_pids (of uint64_t). 0 or -1. */
int pids_of(const struct arguments *arguments, const struct vec *given, struct vec *ret_pids,
            struct err *err);

#endif
