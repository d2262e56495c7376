/* Turns what was found out about a process into one sentence and its fix. Knows the kernel's rules
 * (ptrace(2), "Ptrace access mode checking"); collects nothing itself: see obstacles.c. */
#include "subject/diagnose.h"

#include <linux/capability.h>
#include <string.h>

#define CONTAINER_HINT                                                                               \
    "in Docker: docker run --cap-add SYS_PTRACE …; in Kubernetes: securityContext: capabilities: " \
    "add: [SYS_PTRACE], or kubectl debug -it POD --target=CONTAINER --profile=general "              \
    "--image=IMAGE"

static bool has_ptrace_capability(const struct proc_status *self)
{
    return self->caps_effective >> CAP_SYS_PTRACE & 1;
}

static bool same_user(const struct proc_status *a, const struct proc_status *b)
{
    return a->uids[0] == b->uids[0] && a->uids[0] == b->uids[1] && a->uids[0] == b->uids[2];
}

static bool same_group(const struct proc_status *a, const struct proc_status *b)
{
    return a->gids[0] == b->gids[0] && a->gids[0] == b->gids[1] && a->gids[0] == b->gids[2];
}

/* What gives an ordinary user, or a root that was stripped of its power, the right to look. */
static int power_hint(const struct obstacles *o, struct err *err)
{
    if (o->in_container || o->self.uids[1] == 0)
        return err_hint(err, CONTAINER_HINT);
    return err_hint(err, "run it as root: sudo heatline …");
}

static int tell_gone(const struct obstacles *o, struct err *err)
{
    int pid = (int)o->pid;
    if (!o->proc_is_ours) {
        err_set(err, STATUS_PERMISSION,
                "/proc shows another PID namespace than the one heatline runs in");
        return err_hint(err, "mount this namespace's own: mount -t proc proc /proc");
    }
    if (o->status_hidden) {
        err_set(err, STATUS_PERMISSION,
                "process %d belongs to another user, and /proc hides it from you (hidepid)", pid);
        return power_hint(o, err);
    }
    if (!o->exists) {
        err_set(err, STATUS_GONE, "there is no process %d", pid);
        return err_hint(err, "list the Pythons with pgrep -a python; inside a container only its "
                             "own processes are seen, under their own numbers");
    }
    if (o->target.tgid && o->target.tgid != o->pid) {
        err_set(err, STATUS_GONE, "%d is a thread of process %d, not a process", pid,
                (int)o->target.tgid);
        return err_hint(err, "look at the whole process: --pid %d", (int)o->target.tgid);
    }
    if (o->target.state != 'Z' && o->target.state != 'X')
        return 0;
    if (o->target.threads > 1) {
        err_set(err, STATUS_GONE,
                "the main thread of process %d has ended; without it heatline cannot read the rest",
                pid);
        return -1;
    }
    err_set(err, STATUS_GONE, "process %d has ended and is only waiting for its parent (a zombie)",
            pid);
    return err_hint(err, "its parent is process %d", (int)o->target.parent);
}

static int tell_user(const struct obstacles *o, struct err *err)
{
    int pid = (int)o->pid;
    if (!same_user(&o->self, &o->target)) {
        bool changed =
            o->target.uids[0] != o->target.uids[1] || o->target.uids[0] != o->target.uids[2];
        if (o->self.uids[0] == 0)
            err_set(err, STATUS_PERMISSION,
                    "process %d belongs to user %u, and this root lacks the capability SYS_PTRACE",
                    pid, o->target.uids[1]);
        else if (changed)
            err_set(err, STATUS_PERMISSION,
                    "process %d runs with several user ids (%u, %u, %u), so only root may look",
                    pid, o->target.uids[0], o->target.uids[1], o->target.uids[2]);
        else
            err_set(err, STATUS_PERMISSION, "process %d belongs to user %u, and you are user %u",
                    pid, o->target.uids[1], o->self.uids[0]);
        return power_hint(o, err);
    }
    if (!same_group(&o->self, &o->target)) {
        err_set(err, STATUS_PERMISSION, "process %d runs in group %u, and you are in group %u", pid,
                o->target.gids[1], o->self.gids[0]);
        return power_hint(o, err);
    }
    if (o->target.caps_permitted & ~o->self.caps_permitted) {
        err_set(err, STATUS_PERMISSION, "process %d has capabilities that heatline does not have",
                pid);
        return power_hint(o, err);
    }
    if (o->not_dumpable) {
        err_set(err, STATUS_PERMISSION,
                "process %d is not dumpable: it, or the way it was started, forbids others to look",
                pid);
        return power_hint(o, err);
    }
    return 0;
}

static int tell_yama(const struct obstacles *o, struct err *err)
{
    switch (o->yama_scope) {
    case 1:
        err_set(err, STATUS_PERMISSION,
                "Yama (kernel.yama.ptrace_scope=1) lets you look only at programs you start "
                "yourself");
        return err_hint(err, "start the program with heatline record -- COMMAND, or use sudo, or "
                             "sudo sysctl kernel.yama.ptrace_scope=0");
    case 2:
        err_set(err, STATUS_PERMISSION, "Yama (kernel.yama.ptrace_scope=2) lets only root look");
        return power_hint(o, err);
    default:
        err_set(err, STATUS_PERMISSION,
                "Yama (kernel.yama.ptrace_scope=3) forbids everybody to look until the next boot");
        return err_hint(err, "take ptrace_scope out of /etc/sysctl.d and boot again");
    }
}

static int tell_user_ns(const struct obstacles *o, struct err *err)
{
    int pid = (int)o->pid;
    err_set(err, STATUS_PERMISSION, "process %d is outside the user namespace that heatline is in",
            pid);
    return err_hint(err,
                    "run heatline outside of it, or inside the process's own: sudo nsenter "
                    "--target %d --user --pid --mount heatline …",
                    pid);
}

static int tell_denied(const struct obstacles *o, struct err *err)
{
    if (o->yama_scope >= 3)
        return tell_yama(o, err);
    if (!has_ptrace_capability(&o->self)) {
        if (tell_user(o, err))
            return -1;
        if (o->yama_scope)
            return tell_yama(o, err);
    }
    if (o->nested_user_ns)
        return tell_user_ns(o, err);
    if (o->read_filtered) {
        err_set(err, STATUS_PERMISSION,
                "a seccomp filter forbids the system call process_vm_readv here");
        return err_hint(err, CONTAINER_HINT);
    }
    err_set(err, STATUS_PERMISSION, "the kernel does not let heatline look at process %d",
            (int)o->pid);
    if (o->security_name[0])
        return err_hint(err, "a security module guards it (its label is %s): see its log",
                        o->security_name);
    return err_hint(err, "a security module (SELinux, AppArmor, Landlock) may guard it: see dmesg");
}

static int tell_freezing(const struct obstacles *o, struct err *err)
{
    if (o->ptrace_filtered) {
        err_set(err, STATUS_PERMISSION,
                "a seccomp filter forbids the system call ptrace here, so no thread can be frozen");
        return err_hint(err, "add --nonblocking, which freezes nothing; or " CONTAINER_HINT);
    }
    if (o->target.tracer && !o->tracer_is_ours) {
        err_set(err, STATUS_PERMISSION, "process %d is traced by %s (process %d) already",
                (int)o->pid, o->tracer_name[0] ? o->tracer_name : "another program",
                (int)o->target.tracer);
        return err_hint(err, "end that one first, or add --nonblocking, which freezes nothing");
    }
    return 0;
}

int obstacles_tell(const struct obstacles *o, bool freezing, struct err *err)
{
    if (tell_gone(o, err))
        return -1;
    if (o->target.kernel_thread) {
        err_set(err, STATUS_NOT_PYTHON, "process %d is a kernel thread", (int)o->pid);
        return err_hint(err, "list the Pythons with pgrep -a python");
    }
    if (!o->readable)
        return tell_denied(o, err);
    return freezing ? tell_freezing(o, err) : 0;
}

int diagnose(pid_t pid, struct err *err)
{
    struct obstacles obstacles;
    obstacles_collect(&obstacles, pid);
    return obstacles_tell(&obstacles, false, err);
}

int diagnose_freezing(pid_t pid, struct err *err)
{
    struct obstacles obstacles;
    obstacles_collect(&obstacles, pid);
    return obstacles_tell(&obstacles, true, err);
}
