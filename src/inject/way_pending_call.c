/* 3.8 to 3.13: a pending call, as Py_AddPendingCall would have queued it, of PyRun_SimpleString. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cpython/threads.h"
#include "inject/detour.h"
#include "inject/halt.h"
#include "inject/image.h"
#include "inject/ring.h"
#include "inject/script.h"
#include "inject/way.h"
#include "subject/diagnose.h"

enum { NAP_LEAST_NS = 1000000, NAP_MOST_NS = 64000000, PERSUADE_AFTER_NS = 100000000 };

static const uint64_t return_limit_ns = 5 * (uint64_t)NS_PER_S;

struct call {
    uint64_t run;          /* PyRun_SimpleString, of the text */
    struct ring_call idle; /* PyObject_IsTrue(False) */
    struct str text;
    struct ring ring;
};

static void nap(uint64_t ns)
{
    struct timespec time = {.tv_nsec = (long)ns};
    nanosleep(&time, NULL);
}

static int find(struct call *c, const struct way_target *t, struct err *err)
{
    struct maps maps;
    maps_init(&maps);
    if (maps_read(&maps, t->pid) == RD_OK) {
        uint64_t at = t->runtime.address;
        c->run = image_symbol(t->pid, &maps, at, "PyRun_SimpleString");
        c->idle.function = image_symbol(t->pid, &maps, at, "PyObject_IsTrue");
        c->idle.argument = image_symbol(t->pid, &maps, at, "_Py_FalseStruct");
    }
    maps_release(&maps);
    if (c->run && c->idle.function && c->idle.argument)
        return 0;
    err_set(err, STATUS_FAIL,
            "the agent cannot get into process %d: its Python does not tell where its functions "
            "are",
            (int)t->pid);
    return err_hint(err, "start the program with `heatline trace` instead");
}

static int tell(const struct way_target *t, enum ring_state state, struct err *err)
{
    if (diagnose(t->pid, err))
        return -1;
    switch (state) {
    case RING_ENDING:
        return err_set(err, STATUS_GONE, "process %d is about to end", (int)t->pid);
    case RING_BUSY:
        return err_set(err, STATUS_FAIL, "process %d %s", (int)t->pid,
                       runtime_is_initialized(&t->runtime, t->mem)
                           ? "has calls pending that it does not come to"
                           : "starts, and does not get on");
    default:
        err_set(err, STATUS_FAIL,
                "the agent cannot get into process %d: its Python is unlike any "
                "that is known",
                (int)t->pid);
        return err_hint(err, "start the program with `heatline trace` instead");
    }
}

/* 3.13: every thread of the interpreter is told, and the first to see it runs the call. */
struct threads_patch {
    pid_t pid;
    struct mem *mem;
    uint32_t breaker;
    bool failed;
};

enum { CALLS_TO_DO = 1 << 2 }; /* _PY_CALLS_TO_DO_BIT, Include/internal/pycore_ceval.h@3.13 */

static bool signal_thread(void *context, const struct threads_entry *entry)
{
    struct threads_patch *p = context;
    uint64_t at = entry->tstate + p->breaker, value;
    if (entry->interp_id)
        return true;
    p->failed |= mem_read_u64(p->mem, at, &value) != RD_OK;
    value |= CALLS_TO_DO;
    p->failed |= p->failed || patch_bytes(p->pid, at, &value, sizeof(value)) != RD_OK;
    return !p->failed;
}

static void signal_threads(const struct way_target *t)
{
    struct threads_patch p = {t->pid, t->mem, t->runtime.layout.tstate_eval_breaker, false};
    threads_read(t->mem, &t->runtime, signal_thread, &p);
}

/* While all is halted. Nothing is written unless everything is as it must be. */
static enum ring_state add(struct call *c, const struct way_target *t)
{
    struct patch patch;
    enum ring_state state = ring_find(&c->ring, &t->runtime, t->mem);
    if (state == RING_FREE)
        state = ring_add(&c->ring, t->mem, c->run, c->text.len + 1, c->idle, &patch);
    if (state != RING_FREE)
        return state;
    if (patch_bytes(t->pid, c->ring.room, c->text.data, c->text.len + 1) ||
        patch_write(&patch, t->pid))
        return RING_STRANGE;
    if (!c->ring.breaker)
        signal_threads(t);
    return RING_FREE;
}

static int ask(struct call *c, const struct way_target *t, struct err *err)
{
    struct detour detour = {.possible = false};
    for (uint64_t nap_ns = NAP_LEAST_NS;; nap_ns = nap_ns < NAP_MOST_NS ? nap_ns * 2 : nap_ns) {
        struct halt halt;
        if (nap_ns == NAP_MOST_NS && !detour.possible)
            detour_prepare(&detour, t);
        if (halt_begin(&halt, t->pid, err))
            return -1;
        enum ring_state state = add(c, t);
        if (state == RING_BUSY) /* what somebody left who was killed */
            detour_begin(&detour, &halt);
        halt_end(&halt);
        if (state == RING_FREE)
            return 0;
        if (state != RING_BUSY || t->look(t->context) != WAY_WAITING)
            return tell(t, state, err);
        nap(nap_ns);
    }
}

static void persuade(const struct way_target *t)
{
    struct err ignored;
    struct halt halt;
    struct detour detour;
    detour_prepare(&detour, t);
    if (halt_begin(&halt, t->pid, &ignored))
        return;
    detour_begin(&detour, &halt);
    halt_end(&halt);
}

static bool wait(const struct way_target *t)
{
    uint64_t begun_ns = clock_ns(), after_ns = PERSUADE_AFTER_NS;
    enum way_look look;
    while ((look = t->look(t->context)) == WAY_WAITING) {
        nap(NS_PER_MS);
        if (clock_ns() - begun_ns > after_ns) {
            persuade(t);
            after_ns *= 2; /* it may have been on its way */
        }
    }
    return look == WAY_ANSWERED;
}

/* It has answered, but is still on its way out. */
static void await_return(const struct call *c, const struct way_target *t)
{
    uint64_t until_ns = clock_ns() + return_limit_ns;
    while (ring_runs(&c->ring, t->mem, c->idle) && clock_ns() < until_ns)
        nap(NS_PER_MS);
}

/* A call that has begun keeps its line. */
static void take_back(const struct call *c, const struct way_target *t)
{
    struct err ignored;
    struct halt halt;
    struct patch patch;
    if (halt_begin(&halt, t->pid, &ignored))
        return;
    if (ring_waits(&c->ring, t->mem, c->run)) {
        ring_replace(&c->ring, c->idle, &patch);
        patch_write(&patch, t->pid);
    }
    halt_end(&halt);
}

int way_pending_call(const struct way_target *t, struct err *err)
{
    struct call c = {.text = STR_EMPTY};
    script_line(&c.text, t->folder);
    int failed = find(&c, t, err) || ask(&c, t, err);
    if (!failed) {
        if (wait(t))
            await_return(&c, t);
        else
            take_back(&c, t);
    }
    str_release(&c.text);
    return failed ? -1 : 0;
}
