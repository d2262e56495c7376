#include "agent/mark.h"

#include "agent/dictionary.h"
#include "agent/lane.h"

void mark_instant(struct text name, enum instant_scope scope, struct text json)
{
    struct lane *l = lane_get();
    if (!l || lane_is_silent(l))
        return;
    if (json.len_bytes > MARK_BYTES_MAX)
        json = (struct text){0};
    struct event event = {.kind = EVENT_INSTANT,
                          .instant = {stamp_now(&l->stamp), dictionary_string(name), scope, json}};
    lane_put(l, &event);
}

void mark_counter(struct text name, double value)
{
    struct lane *l = lane_get();
    if (!l || lane_is_silent(l))
        return;
    struct event event = {.kind = EVENT_COUNTER,
                          .counter = {stamp_now(&l->stamp), dictionary_string(name), value}};
    lane_put(l, &event);
}
