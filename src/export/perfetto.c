/* Perfetto's own format: calls of calls, of what samples have in common, or of both; instants and
 * counters. A call takes about 28 bytes; nothing is kept but which functions a track has named. */
#include <string.h>

#include "analysis/timeline.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"
#include "export/chronicle.h"
#include "export/formats.h"
#include "export/perfetto_packets.h"
#include "export/sampled.h"

struct perfetto {
    struct packets packets;
    struct tracks tracks;
    struct map processes; /* pid → uuid */
    struct map counters;  /* process's uuid, name → uuid */
    struct intern *names; /* of counters */
    struct vec sequences; /* struct packet_sequence, by index of a calls' track */
    bool calls;
    /* Of the samples being written. */
    struct sampled sampled;
    struct packet_sequence sequence;
};

static uint64_t process_of(struct perfetto *f, uint32_t pid, const char *command)
{
    uint32_t uuid;
    if (!map_find(&f->processes, pid, &uuid)) {
        uuid = (uint32_t)packets_process(&f->packets, pid, command);
        map_put(&f->processes, pid, uuid);
    }
    return uuid;
}

static void write_track(void *context, const struct chronicle_track *track)
{
    struct perfetto *f = context;
    struct packet_sequence *sequence = vec_push(&f->sequences);
    uint64_t process = process_of(f, track->pid, track->process);
    sequence->uuid =
        track->task ? packets_task(&f->packets, process, track->name)
                    : packets_thread(&f->packets, process, track->pid, track->number, track->name);
}

static struct packet_sequence *sequence_of(struct perfetto *f, const struct chronicle_track *track)
{
    return vec_at(&f->sequences, track->index);
}

static void enter(void *context, const struct chronicle_call *call)
{
    struct perfetto *f = context;
    const struct packet_function function = {call->function, call->name, call->path, call->line};
    packets_begin(&f->packets, sequence_of(f, call->track), call->start_ns, &function);
}

static void leave(void *context, const struct chronicle_call *call)
{
    struct perfetto *f = context;
    packets_end(&f->packets, sequence_of(f, call->track), call->end_ns, call->arguments,
                call->result, call->unwound);
}

static void write_instant(void *context, const struct chronicle_instant *instant)
{
    struct perfetto *f = context;
    uint64_t uuid = instant->scope == INSTANT_THREAD
                        ? 0
                        : process_of(f, instant->track->pid, instant->track->process);
    packets_instant(&f->packets, sequence_of(f, instant->track), instant->t_ns, uuid, instant->name,
                    instant->json);
}

static void write_counter(void *context, const struct chronicle_counter *counter)
{
    struct perfetto *f = context;
    uint64_t process = process_of(f, counter->track->pid, counter->track->process);
    uint64_t key = process << 32 | intern_id(f->names, counter->name, strlen(counter->name), NULL);
    uint32_t uuid;
    if (!map_find(&f->counters, key, &uuid)) {
        uuid = (uint32_t)packets_counter(&f->packets, process, counter->name);
        map_put(&f->counters, key, uuid);
    }
    packets_count(&f->packets, sequence_of(f, counter->track), counter->t_ns, uuid, counter->value);
}

static void begin_sampled(void *context, uint32_t function, uint64_t t_ns)
{
    struct perfetto *f = context;
    const struct view_frame *frame = view_functions_frame(&f->sampled.functions, function);
    const struct packet_function named = {function, frame->name, frame->path, frame->first_line};
    packets_begin(&f->packets, &f->sequence, t_ns, &named);
}

static void end_sampled(void *context, uint64_t t_ns)
{
    struct perfetto *f = context;
    packets_end(&f->packets, &f->sequence, t_ns, (struct text){0}, (struct text){0}, false);
}

static void write_samples(struct perfetto *f, const struct view_thread *thread)
{
    bool has_calls = f->calls && tracks_has(&f->tracks, thread->pid, thread->tid);
    uint64_t process = process_of(f, thread->pid, thread->process_name);
    struct str name = STR_EMPTY;
    str_printf(&name, has_calls ? "%s (samples)" : "%s", thread->name);
    f->sequence = (struct packet_sequence){
        .uuid = packets_thread(&f->packets, process, thread->pid,
                               tracks_thread(&f->tracks, thread->pid, thread->tid), name.data)};
    str_release(&name);
    sampled_walk(&f->sampled, thread);
    packet_sequence_release(&f->sequence);
}

static void write_all_samples(struct perfetto *f, const struct view *v)
{
    sampled_init(&f->sampled, v);
    f->sampled.begin = begin_sampled;
    f->sampled.end = end_sampled;
    f->sampled.context = f;
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            write_samples(f, thread);
        }
    }
    sampled_release(&f->sampled);
}

static void release(struct perfetto *f)
{
    for (size_t i = 0; i < f->sequences.len; i++) {
        packet_sequence_release(vec_at(&f->sequences, i));
    }
    vec_release(&f->sequences);
    map_release(&f->processes);
    map_release(&f->counters);
    intern_free(f->names);
    tracks_release(&f->tracks);
    packets_release(&f->packets);
}

int perfetto_write(const struct view *v, struct out *o, struct err *err)
{
    static const struct chronicle_writer writer = {write_track, enter, leave, write_instant,
                                                   write_counter};
    const struct profile *p = v->profile;
    struct perfetto f = {.names = intern_new(), .calls = chronicle_is_there(v)};
    uint64_t start_ns = p->wall_ns ? p->wall_at_ns : timeline_start_ns(v);
    packets_init(&f.packets, o, start_ns, p->wall_ns);
    tracks_init(&f.tracks);
    map_init(&f.processes);
    map_init(&f.counters);
    vec_init(&f.sequences, sizeof(struct packet_sequence));
    int result = f.calls ? chronicle_write(v, &f.tracks, &writer, &f, err) : 0;
    write_all_samples(&f, v);
    release(&f);
    return result;
}
