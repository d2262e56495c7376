/* Knows in which order a process is found, learnt, held still and read, and when to try again.
 *
 *   learn    look while it runs: which pages does a look need?
 *   hold     stop the threads that run
 *   take     read all these pages at once
 *   let go
 *   look     at what was taken; pages that it lacks are taken along in the next round
 *
 * In the last round what is lacking is read before the threads are let go. */
#include "dump/dump.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cpython/verdict.h"
#include "dump/look.h"
#include "dump/snapshot.h"
#include "subject/proc_status.h"

enum { ROUNDS = 4, FINDS = 5, COMMAND_BYTES_MAX = 4096 };

static void describe(struct dump *d)
{
    char path[40], text[COMMAND_BYTES_MAX];
    struct proc_status status;
    snprintf(path, sizeof(path), "/proc/%d/cmdline", d->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));
    if (fd >= 0)
        close(fd);
    while (len > 0 && text[len - 1] == '\0')
        len--;
    for (ssize_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    str_add_bytes(&d->command, text, len > 0 ? (size_t)len : 0);
    snprintf(path, sizeof(path), "/proc/%d/exe", d->pid);
    len = readlink(path, text, sizeof(text));
    str_add_bytes(&d->executable, text, len > 0 ? (size_t)len : 0);
    if (proc_status_read(&status, d->pid) == 0)
        d->parent = status.parent;
}

static void hold_found(struct hold *hold, const struct dump *d)
{
    for (size_t i = 0; i < d->threads.len; i++) {
        const struct dump_thread *t = vec_at(&d->threads, i);
        if (t->tid)
            hold_thread(hold, t->tid);
    }
}

/* Every thread that a look has found was held when its memory was taken. */
static bool all_known(const struct hold *hold, const struct dump *d)
{
    for (size_t i = 0; i < d->threads.len; i++) {
        const struct dump_thread *t = vec_at(&d->threads, i);
        if (t->tid && !hold_find(hold, t->tid))
            return false;
    }
    return true;
}

static enum rd take_rounds(struct look *look, struct snapshot *snapshot, struct hold *hold)
{
    struct dump *d = look->dump;
    enum rd rd = look_take(look);
    for (int round = 1; round <= ROUNDS && (rd == RD_OK || rd == RD_TORN); round++) {
        bool last = round == ROUNDS || d->options.hold == HOLD_NONE;
        hold_found(hold, d);
        hold_begin(hold, d->options.hold);
        rd = snapshot_take(snapshot);
        snapshot_seal(snapshot, !last);
        if (last && rd == RD_OK)
            rd = look_take(look);
        bool steady = hold_end(hold);
        d->stopped_ns = hold->stopped_ns > d->stopped_ns ? hold->stopped_ns : d->stopped_ns;
        d->stopped = hold->stopped > d->stopped ? hold->stopped : d->stopped;
        if (rd == RD_OK || rd == RD_TORN)
            rd = look_take(look);
        if (last || (rd == RD_OK && steady && !snapshot->wanted && all_known(hold, d)))
            break;
    }
    d->denied = hold->denied;
    return rd;
}

static int take(struct dump *d, struct mem *live, struct err *err)
{
    struct snapshot snapshot;
    struct hold hold;
    struct look look;
    snapshot_init(&snapshot, live);
    hold_init(&hold, d->pid);
    look_init(&look, d, &snapshot.mem, live, &hold);
    enum rd rd = take_rounds(&look, &snapshot, &hold);
    look_release(&look);
    hold_release(&hold);
    snapshot_release(&snapshot);
    if (rd == RD_OK)
        return 0;
    enum runtime_state state = rd == RD_GONE     ? RUNTIME_GONE
                               : rd == RD_DENIED ? RUNTIME_DENIED
                                                 : RUNTIME_EARLY;
    return verdict_tell(d->pid, state, &d->runtime.layout, err);
}

/* What was found is worth nothing if the process becomes another program meanwhile. */
static int find_and_take(struct dump *d, struct runtime_finder *finder, struct mem *live,
                         struct err *err)
{
    for (int i = 1;; i++) {
        if (verdict_find(finder, d->pid, live, &d->runtime, err))
            return -1;
        if (take(d, live, err) == 0)
            return 0;
        if (err->status != STATUS_NOT_PYTHON || i == FINDS)
            return -1;
    }
}

struct dump *dump_new(struct runtime_finder *finder, pid_t pid, const struct dump_options *options,
                      struct err *err)
{
    struct dump *d = alloc_zeroed(1, sizeof(*d));
    struct mem *live = mem_live_new(pid);
    *d = (struct dump){.pid = pid, .options = *options, .places = profile_new()};
    vec_init(&d->threads, sizeof(struct dump_thread));
    vec_init(&d->frames, sizeof(struct dump_frame));
    vec_init(&d->locals, sizeof(struct dump_local));
    vec_init(&d->tasks, sizeof(struct dump_task));
    vec_init(&d->awaiters, sizeof(uint64_t));
    int failed = find_and_take(d, finder, live, err);
    mem_free(live);
    if (failed) {
        dump_free(d);
        return NULL;
    }
    describe(d);
    return d;
}

void dump_free(struct dump *d)
{
    if (!d)
        return;
    vec_release(&d->threads);
    vec_release(&d->frames);
    vec_release(&d->locals);
    vec_release(&d->tasks);
    vec_release(&d->awaiters);
    str_release(&d->texts);
    str_release(&d->executable);
    str_release(&d->command);
    profile_free(d->places);
    free(d);
}

size_t dump_add_text(struct dump *d, const char *text, size_t len_bytes)
{
    size_t at = d->texts.len;
    str_add_bytes(&d->texts, text, len_bytes);
    str_add_bytes(&d->texts, "", 1);
    return at;
}

const char *dump_string(const struct dump *d, size_t offset)
{
    return d->texts.data + offset;
}

static const struct profile_function *function_of(const struct dump *d,
                                                  const struct dump_frame *frame)
{
    const struct profile_frame *f = vec_at(&d->places->frames, frame->id.i);
    return vec_at(&d->places->functions, f->function.i);
}

const char *dump_frame_function(const struct dump *d, const struct dump_frame *frame)
{
    return profile_string(d->places, function_of(d, frame)->name);
}

const char *dump_frame_file(const struct dump *d, const struct dump_frame *frame)
{
    return profile_string(d->places, function_of(d, frame)->file);
}

uint32_t dump_frame_line(const struct dump *d, const struct dump_frame *frame)
{
    return ((const struct profile_frame *)vec_at(&d->places->frames, frame->id.i))->line;
}

const char *dump_awaiter(const struct dump *d, const struct dump_task *task, size_t i)
{
    uint64_t awaiter = *(uint64_t *)vec_at(&d->awaiters, task->awaiters + i);
    for (size_t k = 0; k < d->tasks.len; k++) {
        const struct dump_task *other = vec_at(&d->tasks, k);
        if (other->address == awaiter)
            return dump_string(d, other->name);
    }
    return NULL;
}

uint32_t dump_frame_first_line(const struct dump *d, const struct dump_frame *frame)
{
    return function_of(d, frame)->first_line;
}
