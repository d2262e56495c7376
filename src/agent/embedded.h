/* Scripts of Python that are part of the agent and run in the traced program. */
#ifndef HEATLINE_AGENT_EMBEDDED_H
#define HEATLINE_AGENT_EMBEDDED_H

#include <stddef.h>

#include "agent/builtin.h"

/* A script's text, from src/; ends with a zero. */
#define EMBEDDED(name, file)                                                                       \
    extern const char name[];                                                                      \
    __asm__(".pushsection .rodata\n" #name ":\n"                                                   \
            ".incbin \"" file "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n")

/* Runs it, with these functions beside Python's own, and then its install(CONFIG), with the agent's configuration as
 * text. What that returns; NULL with an error set. `builtins` must stay. */
void *embedded_install(const char *source, const struct builtin *builtins, size_t count);

/* For scripts and modules. mute(1), mute(0): what the current thread does is not recorded, until as often undone. */
void *embedded_mute(void *self, void *args, void *keywords);

#endif
