#include "agent/root.h"

#include <stdint.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/pattern.h"

static struct patterns functions;
static uint64_t calls;

void root_begin(void)
{
    patterns_begin(&functions, agent_config()->root);
    calls = 0;
}

bool root_is_asked_for(void)
{
    return agent_config()->root[0] || code_levels_matter();
}

bool root_is_function(const char *name, const char *file)
{
    return patterns_match(&functions, name, file);
}

bool root_is_due(void)
{
    uint64_t every = agent_config()->sample_every;
    return __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % (every ? every : 1) == 0;
}
