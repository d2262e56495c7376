/* 3.14 and later: what sys.remote_exec does (PEP 768). A thread state has room for the path of a script, which that
 * thread runs at its next safe point. Threads are asked one after the other, the main one first, so that one that blocks
 * keeps nobody waiting. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/vec.h"
#include "cpython/threads.h"
#include "inject/detour.h"
#include "inject/halt.h"
#include "inject/patch.h"
#include "inject/script.h"
#include "inject/way.h"
#include "subject/diagnose.h"

enum {
    PLEASE_STOP = 1 << 5, /* _PY_EVAL_PLEASE_STOP_BIT, Include/internal/pycore_ceval.h@3.14 */
    TURN_NS = 50000000,
    ROUNDS_LONGER = 4, /* each round has longer turns, until this one */
};

static bool add_thread(void *context, const struct threads_entry *entry)
{
    struct vec *tstates = context;
    if (entry->interp_id == 0)
        *(uint64_t *)vec_push(tstates) = entry->tstate;
    return true;
}

/* Is it permitted? It can be switched off when Python is built or started. */
static int check(const struct way_target *t, uint64_t tstate, struct err *err)
{
    const struct layout *l = &t->runtime.layout;
    uint64_t interp;
    uint32_t enabled;
    if (mem_read_u64(t->mem, tstate + l->tstate_interp, &interp) ||
        mem_read(t->mem, interp + l->interp_debugging, &enabled, sizeof(enabled)))
        return diagnose(t->pid, err)
                   ? -1
                   : err_set(err, STATUS_GONE, "process %d is about to end", (int)t->pid);
    if (enabled == 1)
        return 0;
    err_set(err, STATUS_PERMISSION, "process %d does not let others run code in it", (int)t->pid);
    return err_hint(err, "its Python was started with -X disable_remote_debug or with "
                         "PYTHON_DISABLE_REMOTE_DEBUG set, or built without remote debugging");
}

/* While all is halted. */
static enum rd ask(const struct way_target *t, uint64_t tstate)
{
    const struct layout *l = &t->runtime.layout;
    if (!runtime_is_initialized(&t->runtime, t->mem))
        return RD_TORN; /* later */
    const uint64_t support = tstate + l->tstate_debugger;
    char path[256];
    uint64_t breaker;
    struct patch patch = {0};
    size_t len = strlen(t->folder);
    if (len + sizeof("/" SCRIPT_NAME) > sizeof(path) || sizeof(path) > l->debugger_path_bytes)
        return RD_DENIED;
    memcpy(path, t->folder, len);
    memcpy(path + len, "/" SCRIPT_NAME, sizeof("/" SCRIPT_NAME));
    len += sizeof("/" SCRIPT_NAME);
    enum rd rd = mem_read_u64(t->mem, tstate + l->tstate_eval_breaker, &breaker);
    if (rd == RD_OK)
        rd = patch_bytes(t->pid, support + l->debugger_path, path, len);
    patch_add(&patch, support + l->debugger_pending, 1, 4);
    patch_add(&patch, tstate + l->tstate_eval_breaker, breaker | PLEASE_STOP, 8);
    return rd == RD_OK ? patch_write(&patch, t->pid) : rd;
}

/* While all is halted. False: the thread has begun. */
static bool take_back(const struct way_target *t, uint64_t tstate)
{
    const struct layout *l = &t->runtime.layout;
    const uint64_t support = tstate + l->tstate_debugger;
    const char none = '\0';
    uint32_t pending;
    struct patch patch = {0};
    if (mem_read(t->mem, support + l->debugger_pending, &pending, sizeof(pending)) || !pending)
        return false;
    patch_add(&patch, support + l->debugger_pending, 0, 4);
    patch_write(&patch, t->pid);
    patch_bytes(t->pid, support + l->debugger_path, &none, sizeof(none));
    return true;
}

/* What somebody has asked for who was killed before the thread came to it. While all is halted. */
static void take_back_left(const struct way_target *t, uint64_t tstate)
{
    const struct layout *l = &t->runtime.layout;
    const uint64_t support = tstate + l->tstate_debugger;
    char path[FOLDER_PATH_BYTES + sizeof("/" SCRIPT_NAME)] = "";
    uint32_t pending = 0;
    mem_read(t->mem, support + l->debugger_pending, &pending, sizeof(pending));
    if (!pending || mem_read(t->mem, support + l->debugger_path, path, sizeof(path)))
        return;
    path[sizeof(path) - 1] = '\0';
    char *end = strstr(path, "/" SCRIPT_NAME);
    if (!end || !strstr(path, "/.heatline-"))
        return;
    *end = '\0';
    if (folder_is_left(t->pid, path))
        take_back(t, tstate);
}

/* Threads come and go: is it still one? Only asked while all is halted. */
static bool is_there(const struct way_target *t, uint64_t tstate)
{
    struct vec tstates;
    bool found = false;
    vec_init(&tstates, sizeof(uint64_t));
    threads_read(t->mem, &t->runtime, add_thread, &tstates);
    for (size_t i = 0; i < tstates.len; i++)
        found |= *(uint64_t *)vec_at(&tstates, i) == tstate;
    vec_release(&tstates);
    return found;
}

static enum way_look wait(const struct way_target *t, uint64_t until_ns)
{
    enum way_look look;
    while ((look = t->look(t->context)) == WAY_WAITING && clock_ns() < until_ns) {
        struct timespec time = {.tv_nsec = NS_PER_MS};
        nanosleep(&time, NULL);
    }
    return look;
}

/* One thread's turn; `persuade`: it is the main one, and does not come to it by itself. WAY_WAITING: it has not begun, and
 * will not any more. */
static enum way_look turn(const struct way_target *t, uint64_t tstate, uint64_t turn_ns,
                          bool persuade)
{
    struct err ignored;
    struct halt halt;
    struct detour detour = {.possible = false};
    if (persuade)
        detour_prepare(&detour, t);
    if (halt_begin(&halt, t->pid, &ignored))
        return WAY_GIVEN_UP;
    bool asked = is_there(t, tstate) && ask(t, tstate) == RD_OK;
    if (asked)
        detour_begin(&detour, &halt);
    halt_end(&halt);
    if (!asked)
        return WAY_WAITING;
    enum way_look look = wait(t, clock_ns() + turn_ns);
    if (look == WAY_ANSWERED || halt_begin(&halt, t->pid, &ignored))
        return look == WAY_WAITING ? WAY_GIVEN_UP : look;
    bool begun = is_there(t, tstate) && !take_back(t, tstate);
    halt_end(&halt);
    return begun ? wait(t, UINT64_MAX) : look;
}

/* The main thread comes last in its interpreter's list. */
static void collect(const struct way_target *t, struct vec *tstates)
{
    vec_clear(tstates);
    threads_read(t->mem, &t->runtime, add_thread, tstates);
}

int way_debugger(const struct way_target *t, struct err *err)
{
    struct vec tstates;
    struct halt halt;
    vec_init(&tstates, sizeof(uint64_t));
    collect(t, &tstates);
    int failed = !tstates.len ? err_set(err, STATUS_GONE, "process %d is about to end", (int)t->pid)
                              : check(t, *(uint64_t *)vec_at(&tstates, 0), err);
    if (!failed && !(failed = halt_begin(&halt, t->pid, err))) {
        collect(t, &tstates);
        for (size_t i = 0; i < tstates.len; i++)
            take_back_left(t, *(uint64_t *)vec_at(&tstates, i));
        halt_end(&halt);
    }
    enum way_look look = WAY_WAITING;
    for (int round = 0; !failed && look == WAY_WAITING; round++) {
        for (size_t i = tstates.len; i-- > 0 && look == WAY_WAITING;)
            look = turn(t, *(uint64_t *)vec_at(&tstates, i),
                        (uint64_t)TURN_NS << (round < ROUNDS_LONGER ? round : ROUNDS_LONGER),
                        round && i + 1 == tstates.len);
        if (look == WAY_WAITING)
            look = t->look(t->context);
        collect(t, &tstates);
    }
    vec_release(&tstates);
    return failed ? -1 : 0;
}
