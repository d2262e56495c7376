#include "agent/hook.h"

#include <stddef.h>

#include "agent/pyapi.h"

static const struct hook *const hooks[] = {&hook_monitoring, &hook_eval_frame};

const struct hook *hook_find(void)
{
    for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
        if (py.minor >= hooks[i]->minor_min && py.minor <= hooks[i]->minor_max)
            return hooks[i];
    return NULL;
}
