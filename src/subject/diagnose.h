/* Why can we not look into a process, and what exactly would help? Asked after something was
 * refused, and by `heatline doctor`. */
#ifndef HEATLINE_SUBJECT_DIAGNOSE_H
#define HEATLINE_SUBJECT_DIAGNOSE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "subject/proc_status.h"

/* 0: nothing keeps us from reading it now. -1: the real cause and its fix; STATUS_GONE (no such
 * process, a zombie, a thread's number), STATUS_NOT_PYTHON (a kernel thread), else
 * STATUS_PERMISSION. */
int diagnose(pid_t pid, struct err *err);
/* The same, and what keeps us from freezing its threads: another tracer, a filter on ptrace. */
int diagnose_freezing(pid_t pid, struct err *err);

/* What diagnose() collects; apart from it so that every verdict can be tested. */
struct obstacles {
    pid_t pid;
    struct proc_status target, self;
    bool exists, proc_is_ours, status_hidden;
    bool readable;      /* the kernel let us read its memory */
    bool read_filtered; /* we may not even read our own: a seccomp filter */
    bool ptrace_filtered;
    bool not_dumpable;   /* its /proc files belong to root, not to its user */
    bool tracer_is_ours; /* it is one of our own threads */
    bool nested_user_ns; /* ours is not the first one of the machine */
    bool in_container;
    int yama_scope;         /* 0–3; 0 without Yama */
    char tracer_name[64];   /* "" unknown */
    char security_name[64]; /* AppArmor's or SELinux's label of the target; "" none */
};

void obstacles_collect(struct obstacles *ret, pid_t pid);
int obstacles_tell(const struct obstacles *o, bool freezing, struct err *err);

#endif
