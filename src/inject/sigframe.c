/* Knows what the kernel's signal frames look like; not what is called by them. */
#include "inject/sigframe.h"

#ifdef __x86_64__
#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

#include "inject/patch.h"

/* Linux: include/linux/errno.h, arch/x86/include/uapi/asm/{sigcontext,ucontext}.h. */
enum {
    ERESTARTSYS_ = 512,
    ERESTARTNOINTR_ = 513,
    ERESTARTNOHAND_ = 514,
    ERESTART_RESTARTBLOCK_ = 516,
    UC_FP_XSTATE_ = 1,
    UC_SIGCONTEXT_SS_ = 2,
    UC_STRICT_RESTORE_SS_ = 4,
    FP_XSTATE_MAGIC1_ = 0x46505853,
    FP_XSTATE_MAGIC2_ = 0x46505845,
    SW_BYTES_AT = 464, /* in an XSAVE area, where ptrace puts the mask of what is saved */
    NT_X86_SHSTK_ = 0x204,
};

enum {
    RED_ZONE_BYTES = 128,
    XSTATE_BYTES_MAX = 12 << 10,
    XSTATE_AREA_BYTES = XSTATE_BYTES_MAX + 4,
    XSTATE_ALIGN = 64,
    SYSCALL_BYTES = 2,
    SEARCH_BYTES = 16 << 10,
    STACK_WORDS = 128,
};

struct frame {
    uint64_t return_address;
    ucontext_t context; /* the kernel's mask of signals is shorter, and the last that it reads */
};

_Static_assert(sizeof(struct frame) % 16 == 0, "a call begins 8 bytes below a multiple of 16");

uint64_t sigframe_return(const struct maps *maps, struct mem *mem)
{
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    uint8_t bytes[SEARCH_BYTES + sizeof(code)];
    for (size_t i = 0; i < maps->mappings.len; i++) {
        const struct mapping *m = vec_at(&maps->mappings, i);
        for (uint64_t at = m->start; m->executable && m->inode && at < m->end; at += SEARCH_BYTES) {
            size_t len = m->end - at < sizeof(bytes) ? m->end - at : sizeof(bytes);
            if (mem_read(mem, at, bytes, len) != RD_OK)
                break;
            const uint8_t *found = memmem(bytes, len, code, sizeof(code));
            if (found)
                return at + (uint64_t)(found - bytes);
        }
    }
    return 0;
}

static bool is_other_wait(unsigned long long call)
{
    static const unsigned long long calls[] = {
        SYS_nanosleep, SYS_clock_nanosleep, SYS_select,      SYS_pselect6, SYS_poll,
        SYS_ppoll,     SYS_epoll_wait,      SYS_epoll_pwait, SYS_accept,   SYS_accept4,
        SYS_read,      SYS_readv,           SYS_write,       SYS_writev,   SYS_recvfrom,
        SYS_recvmsg,   SYS_recvmmsg,        SYS_sendto,      SYS_sendmsg,  SYS_wait4,
        SYS_waitid,    SYS_flock,           SYS_fcntl,       SYS_pause,    SYS_epoll_pwait2,
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (calls[i] == call)
            return true;
    return false;
}

static enum sigframe_wait wait_of(const struct user_regs_struct *regs)
{
    const long long result = -(long long)regs->rax;
    const unsigned long long operation = regs->rsi & ~(unsigned long long)FUTEX_CLOCK_REALTIME;
    if (result != EINTR && result != ERESTARTSYS_ && result != ERESTARTNOINTR_ &&
        result != ERESTARTNOHAND_ && result != ERESTART_RESTARTBLOCK_)
        return SIGFRAME_RUNS;
    if (regs->orig_rax == SYS_futex)
        return SIGFRAME_LOCK;
    /* It was stopped before, in a call with a time limit, and the registers are still that call's. */
    if (regs->orig_rax == SYS_restart_syscall)
        return operation == FUTEX_WAIT_PRIVATE || operation == FUTEX_WAIT_BITSET_PRIVATE
                   ? SIGFRAME_LOCK
                   : SIGFRAME_OTHER;
    return is_other_wait(regs->orig_rax) ? SIGFRAME_OTHER : SIGFRAME_RUNS;
}

enum sigframe_wait sigframe_wait(pid_t tid, struct sigframe_lock *ret_lock)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, tid, 0, &regs))
        return SIGFRAME_RUNS;
    *ret_lock = (struct sigframe_lock){regs.rdi, regs.r10};
    return wait_of(&regs);
}

uint64_t sigframe_caller(pid_t tid, const struct maps *maps, struct mem *mem)
{
    struct user_regs_struct regs;
    uint64_t words[STACK_WORDS];
    if (ptrace(PTRACE_GETREGS, tid, 0, &regs) ||
        mem_read(mem, regs.rsp, words, sizeof(words)) != RD_OK)
        return 0;
    const struct mapping *waits = maps_find(maps, regs.rip);
    for (size_t i = 0; waits && i < STACK_WORDS; i++) {
        const struct mapping *m = maps_find(maps, words[i]);
        if (m && m->executable && m->inode && m->inode != waits->inode)
            return words[i];
    }
    return 0;
}

/* The registers with which it waits on: those that the kernel itself would give it after a signal. */
static void resume(struct user_regs_struct *regs)
{
    const long long result = -(long long)regs->rax;
    if (result == ERESTART_RESTARTBLOCK_) {
        regs->rax = (unsigned long long)-EINTR;
    } else if (result != EINTR) {
        regs->rax = regs->orig_rax;
        regs->rip -= SYSCALL_BYTES;
    }
}

/* With the processor's other registers, as a signal frame has them; its length, or 0. */
static size_t read_xstate(pid_t tid, uint8_t area[XSTATE_AREA_BYTES])
{
    const uint32_t magic2 = FP_XSTATE_MAGIC2_;
    struct iovec bytes = {area, XSTATE_BYTES_MAX};
    if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &bytes) || bytes.iov_len == XSTATE_BYTES_MAX ||
        bytes.iov_len <= SW_BYTES_AT + 48)
        return 0;
    struct {
        uint32_t magic1, extended_bytes;
        uint64_t features;
        uint32_t xstate_bytes, padding[7];
    } sw = {.magic1 = FP_XSTATE_MAGIC1_,
            .extended_bytes = (uint32_t)(bytes.iov_len + sizeof(magic2)),
            .xstate_bytes = (uint32_t)bytes.iov_len};
    memcpy(&sw.features, area + SW_BYTES_AT, sizeof(sw.features));
    memcpy(area + SW_BYTES_AT, &sw, sizeof(sw));
    memcpy(area + bytes.iov_len, &magic2, sizeof(magic2));
    return bytes.iov_len + sizeof(magic2);
}

/* On a shadow stack a return must go where the call came from. */
static bool has_shadow_stack(pid_t tid)
{
    uint64_t pointer;
    struct iovec bytes = {&pointer, sizeof(pointer)};
    return ptrace(PTRACE_GETREGSET, tid, NT_X86_SHSTK_, &bytes) == 0;
}

static void fill(struct frame *f, uint64_t return_address, const struct user_regs_struct *regs,
                 uint64_t signals, uint64_t xstate)
{
    memset(f, 0, sizeof(*f));
    f->return_address = return_address;
    ucontext_t *c = &f->context;
    c->uc_flags = UC_FP_XSTATE_ | UC_SIGCONTEXT_SS_ | UC_STRICT_RESTORE_SS_;
    c->uc_stack.ss_flags = -1; /* no such: the thread's alternate stack stays */
    const struct {
        int to;
        unsigned long long from;
    } pairs[] = {
        {REG_R8, regs->r8},   {REG_R9, regs->r9},      {REG_R10, regs->r10}, {REG_R11, regs->r11},
        {REG_R12, regs->r12}, {REG_R13, regs->r13},    {REG_R14, regs->r14}, {REG_R15, regs->r15},
        {REG_RDI, regs->rdi}, {REG_RSI, regs->rsi},    {REG_RBP, regs->rbp}, {REG_RBX, regs->rbx},
        {REG_RDX, regs->rdx}, {REG_RAX, regs->rax},    {REG_RCX, regs->rcx}, {REG_RSP, regs->rsp},
        {REG_RIP, regs->rip}, {REG_EFL, regs->eflags},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        c->uc_mcontext.gregs[pairs[i].to] = (greg_t)pairs[i].from;
    c->uc_mcontext.gregs[REG_CSGSFS] = (greg_t)(regs->cs | regs->ss << 48);
    c->uc_mcontext.fpregs = (void *)(uintptr_t)xstate;
    memcpy(&c->uc_sigmask, &signals, sizeof(signals));
}

static struct user_regs_struct calling(const struct user_regs_struct *own,
                                       const struct sigframe_call *call, uint64_t stack)
{
    struct user_regs_struct regs = *own;
    regs.rip = call->function;
    regs.rdi = call->argument;
    regs.rsp = stack;
    regs.rax = 0;
    regs.orig_rax = (unsigned long long)-1; /* nothing is to be begun again */
    return regs;
}

bool sigframe_lay(pid_t tid, const struct maps *maps, uint64_t return_address,
                  const struct sigframe_call *calls, size_t count)
{
    struct frame frames[SIGFRAME_CALLS_MAX];
    uint8_t area[XSTATE_AREA_BYTES];
    struct user_regs_struct own;
    uint64_t signals;
    if (!return_address || !count || count > SIGFRAME_CALLS_MAX || has_shadow_stack(tid) ||
        ptrace(PTRACE_GETREGS, tid, 0, &own) ||
        ptrace(PTRACE_GETSIGMASK, tid, sizeof(signals), &signals) || wait_of(&own) == SIGFRAME_RUNS)
        return false;
    resume(&own);
    size_t xstate_bytes = read_xstate(tid, area);
    uint64_t xstate = (own.rsp - RED_ZONE_BYTES - xstate_bytes) & ~(uint64_t)(XSTATE_ALIGN - 1);
    uint64_t first = xstate - count * sizeof(struct frame) - 8;
    const struct mapping *stack = maps_find(maps, own.rsp);
    if (!xstate_bytes || !stack || strcmp(stack->path, "[stack]") != 0 || first < stack->start)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t next = first + (i + 1) * sizeof(struct frame);
        struct user_regs_struct regs = i + 1 < count ? calling(&own, &calls[i + 1], next) : own;
        fill(&frames[i], return_address, &regs, signals, xstate);
    }
    struct user_regs_struct begin = calling(&own, &calls[0], first);
    return patch_bytes(tid, xstate, area, xstate_bytes) == RD_OK &&
           patch_bytes(tid, first, frames, count * sizeof(struct frame)) == RD_OK &&
           ptrace(PTRACE_SETREGS, tid, 0, &begin) == 0;
}
#else
uint64_t sigframe_return(const struct maps *maps, struct mem *mem)
{
    (void)maps;
    (void)mem;
    return 0;
}

enum sigframe_wait sigframe_wait(pid_t tid, struct sigframe_lock *ret_lock)
{
    (void)tid;
    (void)ret_lock;
    return SIGFRAME_RUNS;
}

uint64_t sigframe_caller(pid_t tid, const struct maps *maps, struct mem *mem)
{
    (void)tid;
    (void)maps;
    (void)mem;
    return 0;
}

bool sigframe_lay(pid_t tid, const struct maps *maps, uint64_t return_address,
                  const struct sigframe_call *calls, size_t count)
{
    (void)tid;
    (void)maps;
    (void)return_address;
    (void)calls;
    (void)count;
    return false;
}
#endif
