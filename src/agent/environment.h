/* The two variables by which the agent gets into a process: LD_PRELOAD and HEATLINE_AGENT. They stay in the process's
 * environment, for its children, but its os.environ does not show them. */
#ifndef HEATLINE_AGENT_ENVIRONMENT_H
#define HEATLINE_AGENT_ENVIRONMENT_H

#include <stddef.h>

enum { ENVIRONMENT_MAX = 16384 }; /* variables that an environment may have to be completed */

/* As the process starts. `config`: as given. */
void environment_learn(const char *config);
/* No child shall be recorded. */
void environment_leave(void);
/* With the GIL: takes them out of os.environ. */
void environment_hide(void);

/* How many entries `completed` needs for the environment `env` with its last NULL; 0: it has all, or has too much. */
size_t environment_entries(char *const *env);
/* Fills them. `text` holds what is new: environment_text_bytes(). Calls nothing that a vforked child must not. */
size_t environment_text_bytes(char *const *env);
void environment_complete(char *const *env, char **completed, char *text);

#endif
