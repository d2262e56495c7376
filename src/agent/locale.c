/* Stands in front of setlocale, which Python calls before it is anything else: so a program is noticed that loads a
 * library with Python in it later on. */
#include <dlfcn.h>
#include <locale.h>
#include <stddef.h>

#include "agent/agent.h"

AGENT_EXPORT char *setlocale(int category, const char *locale)
{
    static char *(*real)(int, const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "setlocale");
    agent_meet(__builtin_return_address(0));
    return real ? real(category, locale) : NULL;
}
