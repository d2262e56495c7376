/* Looks at each new process number once and decides whether it descends from a watched process.
 * Knows /proc/PID/stat and how numbers are reused; what the processes are is the caller's. */
#include "subject/children.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/proc_stat.h"
#include "base/vec.h"
#include "subject/births.h"

enum {
    NUMBERS_PER_LOOK = 256,
    LATE_MAX = 64,
    LATE_NS = 50 * NS_PER_MS,
    SCAN_NS = 100 * NS_PER_MS, /* where the kernel does not tell births */
};

/* What is known of a number: never ours, was ours and has ended, or 2 + its start (in part). */
enum { STRANGER = 0, ENDED = 1, ALIVE_MIN = 2 };

struct task {
    pid_t pid, parent, group, session;
    char state;
    bool born;     /* since we began to watch: not one that a scan found */
    uint32_t mark; /* ALIVE_MIN + start time: tells two holders of one number apart */
};

/* A number is handed out shortly before its process can be seen. */
struct late {
    pid_t pid;
    uint64_t until_ns;
};

struct children {
    struct births births;
    struct map known;    /* pid → STRANGER, ENDED or mark */
    struct map adopters; /* pids that may become the parent of a watched process's orphans */
    struct vec found;    /* of struct child, not yet told */
    struct vec doubtful; /* of struct task: their parent may turn up in the same look */
    struct late late[LATE_MAX];
    size_t late_len;
    bool scan_due;
    uint64_t scanned_ns;
};

static uint32_t known(const struct children *c, pid_t pid)
{
    uint32_t value;
    return map_find(&c->known, (uint64_t)pid, &value) ? value : STRANGER;
}

static bool task_read(struct task *ret, pid_t pid)
{
    char text[PROC_STAT_BYTES];
    const char *fields = proc_stat_read(pid, text);
    unsigned long long start;
    struct task task = {.pid = pid};
    if (!fields || sscanf(fields,
                          "%c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                          "%*d %*d %*d %llu",
                          &task.state, &task.parent, &task.group, &task.session, &start) != 5)
        return false;
    task.mark = (uint32_t)(ALIVE_MIN + start % (UINT32_MAX - ALIVE_MIN));
    *ret = task;
    return true;
}

struct children *children_new(void)
{
    struct children *c = alloc_zeroed(1, sizeof(*c));
    births_init(&c->births);
    map_init(&c->known);
    map_init(&c->adopters);
    vec_init(&c->found, sizeof(struct child));
    vec_init(&c->doubtful, sizeof(struct task));
    return c;
}

void children_free(struct children *c)
{
    if (!c)
        return;
    births_release(&c->births);
    map_release(&c->known);
    map_release(&c->adopters);
    vec_release(&c->found);
    vec_release(&c->doubtful);
    free(c);
}

/* Orphans go to init or to an ancestor that asked for them. Not counted is the direct parent: a
 * shell puts the strangers of a pipeline into the group of its first program. */
static void adopters_add(struct children *c, pid_t parent)
{
    enum { INIT = 1, DEPTH_MAX = 64 };
    struct task task;
    map_put(&c->adopters, INIT, 1);
    for (int i = 0; i < DEPTH_MAX && task_read(&task, parent) && task.parent > 0; i++) {
        parent = task.parent;
        map_put(&c->adopters, (uint64_t)parent, 1);
    }
}

void children_watch(struct children *c, pid_t pid)
{
    struct task task;
    bool there = task_read(&task, pid);
    map_put(&c->known, (uint64_t)pid, there ? task.mark : ENDED);
    if (there)
        adopters_add(c, task.parent);
    c->scan_due = true;
}

void children_ended(struct children *c, pid_t pid)
{
    if (known(c, pid) != STRANGER)
        map_put(&c->known, (uint64_t)pid, ENDED);
}

/* The known process that it descends from, or 0. */
static pid_t ancestor(const struct children *c, const struct task *task)
{
    uint32_t yes;
    if (known(c, task->parent) >= ALIVE_MIN)
        return task->parent;
    if (task->session != task->pid && known(c, task->session) != STRANGER)
        return task->session;
    if (task->born && task->group != task->pid && known(c, task->group) != STRANGER &&
        map_find(&c->adopters, (uint64_t)task->parent, &yes))
        return task->group;
    return 0;
}

static bool adopt(struct children *c, const struct task *task)
{
    pid_t parent = ancestor(c, task);
    if (!parent)
        return false;
    /* One that is over already is not told, but it may have left children in its session. */
    bool over = task->state == 'Z' || task->state == 'X';
    map_put(&c->known, (uint64_t)task->pid, over ? ENDED : task->mark);
    if (!over)
        *(struct child *)vec_push(&c->found) = (struct child){task->pid, parent};
    return true;
}

/* False: nobody has this number (yet). Two cheap calls tell processes from threads before /proc is
 * asked: signal 0 is never sent, and a thread is not the leader of a group of its own number. */
static bool visit(struct children *c, pid_t pid)
{
    struct task task;
    if (kill(pid, 0) < 0 && errno == ESRCH)
        return false;
    if (syscall(SYS_tgkill, pid, pid, 0) < 0 && errno == ESRCH)
        return true;
    if (!task_read(&task, pid))
        return true;
    task.born = true;
    uint32_t before = known(c, pid);
    if (before == task.mark)
        return true;
    if (before != STRANGER)
        map_put(&c->known, (uint64_t)pid, STRANGER); /* another process had the number */
    if (!adopt(c, &task))
        *(struct task *)vec_push(&c->doubtful) = task;
    return true;
}

static void late_add(struct children *c, pid_t pid)
{
    if (c->late_len == LATE_MAX)
        memmove(c->late, c->late + 1, --c->late_len * sizeof(c->late[0]));
    c->late[c->late_len++] = (struct late){pid, clock_ns() + LATE_NS};
}

static void late_visit(struct children *c)
{
    if (!c->late_len)
        return;
    uint64_t now_ns = clock_ns();
    size_t kept = 0;
    for (size_t i = 0; i < c->late_len; i++)
        if (!visit(c, c->late[i].pid) && now_ns < c->late[i].until_ns)
            c->late[kept++] = c->late[i];
    c->late_len = kept;
}

/* Each round settles those whose parent was settled in the one before. */
static void settle_doubtful(struct children *c)
{
    struct task *tasks = c->doubtful.data;
    bool progress = c->doubtful.len > 0;
    while (progress) {
        size_t kept = 0, len = c->doubtful.len;
        for (size_t i = 0; i < len; i++)
            if (!adopt(c, &tasks[i]))
                tasks[kept++] = tasks[i];
        vec_resize(&c->doubtful, kept);
        progress = kept && kept < len;
    }
    vec_clear(&c->doubtful);
}

/* Every process there is: for the descendants that were there first, and when births are not told. */
static void scan(struct children *c)
{
    DIR *proc = opendir("/proc");
    struct task task;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 0 && known(c, pid) == STRANGER && task_read(&task, pid) && !adopt(c, &task))
            *(struct task *)vec_push(&c->doubtful) = task;
    }
    if (proc)
        closedir(proc);
}

size_t children_look(struct children *c, struct child *ret, size_t ret_max)
{
    if (!births_look(&c->births)) {
        uint64_t now_ns = clock_ns();
        c->scan_due = c->scan_due || c->births.fd >= 0 || now_ns - c->scanned_ns >= SCAN_NS;
        c->scanned_ns = c->scan_due ? now_ns : c->scanned_ns;
    }
    late_visit(c);
    pid_t pid;
    for (int i = 0; i < NUMBERS_PER_LOOK && (pid = births_next(&c->births)); i++)
        if (!visit(c, pid))
            late_add(c, pid);
    if (c->scan_due)
        scan(c);
    c->scan_due = false;
    settle_doubtful(c);

    size_t count = c->found.len < ret_max ? c->found.len : ret_max;
    if (!count)
        return 0;
    memcpy(ret, c->found.data, count * sizeof(*ret));
    size_t left = c->found.len - count;
    memmove(c->found.data, (struct child *)c->found.data + count, left * sizeof(*ret));
    vec_resize(&c->found, left);
    return count;
}
