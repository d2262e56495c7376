/* Audit events that were asked for (config audit) become instants. */

#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/extra.h"
#include "agent/mark.h"
#include "agent/pyapi.h"
#include "agent/value.h"

static regex_t patterns[CONFIG_TEXTS_MAX];
static size_t count;

static bool is_wanted(const char *event)
{
    for (size_t i = 0; i < count; i++)
        if (regexec(&patterns[i], event, 0, NULL, 0) == 0)
            return true;
    return false;
}

static int on_event(const char *event, void *args, void *data)
{
    (void)data;
    struct lane *l = lane_self;
    if (!count || !l || l->state & (LANE_BUSY | LANE_FORGOTTEN) || !is_wanted(event))
        return 0;
    struct value_text text = {0};
    void *type, *value, *trace;
    l->state |= LANE_BUSY;
    py.PyErr_Fetch(&type, &value, &trace);
    if (args)
        value_put(&text, args);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    l->state &= ~(uint32_t)LANE_BUSY;
    mark_instant((struct text){event, (uint32_t)strlen(event)}, INSTANT_THREAD,
                 (struct text){text.data, (uint32_t)text.len});
    return 0;
}

/* They match whole names. */
static bool begin(void)
{
    char whole[CONFIG_BYTES_MAX + 8];
    for (const char *const *text = agent_config()->audit; *text; text++) {
        strcpy(stpcpy(stpcpy(whole, "^("), *text), ")$");
        count += regcomp(&patterns[count], whole, REG_EXTENDED | REG_NOSUB) == 0;
    }
    static bool hooked; /* for good: it cannot be taken back */
    if (count && !hooked)
        hooked = py.PySys_AddAuditHook(on_event, NULL) == 0;
    return count > 0;
}

static void end(void)
{
    while (count)
        regfree(&patterns[--count]);
}

const struct extra extra_audit = {.begin = begin, .end = end};
