/* Programs that are rewritten before they run, so that they tell of their variables (config log_var, log_number, log_attr,
 * log_func_exec, log_func_entry, magic_comment). How is in instrument.py, which is run in the program for it. */
#ifndef HEATLINE_AGENT_INSTRUMENT_H
#define HEATLINE_AGENT_INSTRUMENT_H

#include <stdbool.h>

bool instrument_is_wanted(void);
/* Python is about to run the program: from an audit hook, with its event "cpython.run_…" and the arguments of that. Runs
 * it instead where that is possible, and returns -1 with what ended it as the error, SystemExit if nothing did; else 0:
 * Python shall run it, and modules are rewritten when they are imported. */
int instrument_run(const char *event, void *args);

#endif
