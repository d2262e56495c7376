/* Knows eBPF: a program that runs on the CPU of somebody else's thread, in an interrupt, and sees the memory of
 * whoever was interrupted (BPF_PROG_TEST_RUN of a raw tracepoint program with BPF_F_TEST_RUN_ON_CPU). Orders and
 * copies lie in a map that both sides see. */
#include "subject/probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/proc_stat.h"
#include "subject/task_ids.h"

enum {
    RECORDS_BYTES = 1 << 16, /* powers of two, so that the verifier sees that offsets stay within */
    KERNEL_MINOR_BITS = 20,  /* of a device number */
    PROCESSOR_FIELD = 39,    /* of /proc/PID/stat */
    TRIES = 3,               /* to meet a thread that moves to another CPU */
};

struct piece {
    uint64_t address;
    uint32_t len_bytes, pad;
};

/* The map's only value. */
struct order {
    uint64_t device, inode; /* of the pid namespace … */
    uint32_t tid;           /* … in which the thread has this id */
    uint32_t pieces_len;
    uint64_t link;
    uint32_t indirect, link_offset, next_offset, record_bytes, records_max;
    uint32_t key_link, key_offset;
    uint32_t met;         /* the thread was there */
    uint32_t complete;    /* all was copied */
    uint32_t records_len; /* so many */
    struct piece pieces[PROBE_RANGES_MAX];
    uint8_t copies[PROBE_RANGES_MAX][PROBE_RANGE_BYTES_MAX];
    uint64_t addresses[PROBE_RECORDS_MAX];
    uint32_t keys[PROBE_KEYS_MAX];
    uint8_t records[RECORDS_BYTES + 4 * PROBE_RANGE_BYTES_MAX];
};

struct probe {
    int map_fd, program_fd;
    struct order *order;
};

static long bpf(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

#define INSN(opcode, to, from, offset, value)                                                      \
    {                                                                                              \
        .code = (opcode), .dst_reg = (to), .src_reg = (from), .off = (offset), .imm = (value)      \
    }
#define SET(to, value) INSN(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define COPY(to, from) INSN(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define ADD(to, value) INSN(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value)
#define ADD_REG(to, from) INSN(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0)
#define AND(to, value) INSN(BPF_ALU64 | BPF_AND | BPF_K, to, 0, 0, value)
#define SHIFT(to, value) INSN(BPF_ALU64 | BPF_LSH | BPF_K, to, 0, 0, value)
#define LOAD(size, to, from, offset) INSN(BPF_LDX | (size) | BPF_MEM, to, from, offset, 0)
#define STORE(size, to, offset, from) INSN(BPF_STX | (size) | BPF_MEM, to, from, offset, 0)
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define GOTO(label) INSN(BPF_JMP | BPF_JA, 0, 0, label, 0)
#define IF(reg, condition, value, label) INSN(BPF_JMP | (condition) | BPF_K, reg, 0, label, value)
#define IF_REG(reg, condition, other, label)                                                       \
    INSN(BPF_JMP | (condition) | BPF_X, reg, other, label, 0)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LABEL(label) INSN(OPCODE_LABEL, 0, 0, label, 0) /* no instruction; see resolve */
#define FIELD(name) offsetof(struct order, name)
#define PIECE(name) (FIELD(pieces) + offsetof(struct piece, name))

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP }; /* R1 to R5 are lost in a call */
enum { IDS = -8, POINTER = -16 };                    /* on the stack */
enum { OPCODE_LABEL = 0xff };
enum { EACH_PIECE, CHAIN, RECORDS, EACH_RECORD, NEXT_RECORD, COMPLETE, END, LABELS };

static const struct bpf_insn program[] = {
    INSN(BPF_LD | BPF_DW | BPF_IMM, R6, BPF_PSEUDO_MAP_VALUE, 0, 0), /* the order; see load */
    {0},
    /* Whom have we interrupted? */
    SET(R7, 0),
    STORE(BPF_DW, FP, IDS, R7),
    LOAD(BPF_DW, R1, R6, FIELD(device)),
    LOAD(BPF_DW, R2, R6, FIELD(inode)),
    COPY(R3, FP),
    ADD(R3, IDS),
    SET(R4, sizeof(struct bpf_pidns_info)),
    CALL(BPF_FUNC_get_ns_current_pid_tgid),
    LOAD(BPF_W, R1, FP, IDS),
    LOAD(BPF_W, R2, R6, FIELD(tid)),
    IF_REG(R1, BPF_JNE, R2, END),
    SET(R1, 1),
    STORE(BPF_W, R6, FIELD(met), R1),

    /* Piece R7: what to copy is told at R8, and goes to R9. */
    COPY(R8, R6),
    COPY(R9, R6),
    ADD(R9, FIELD(copies)),
    LABEL(EACH_PIECE),
    LOAD(BPF_W, R1, R6, FIELD(pieces_len)),
    IF(R7, BPF_JGE, PROBE_RANGES_MAX, CHAIN),
    IF_REG(R7, BPF_JGE, R1, CHAIN),
    COPY(R1, R9),
    LOAD(BPF_W, R2, R8, PIECE(len_bytes)),
    AND(R2, 2 * PROBE_RANGE_BYTES_MAX - 1),
    LOAD(BPF_DW, R3, R8, PIECE(address)),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    ADD(R7, 1),
    ADD(R8, sizeof(struct piece)),
    ADD(R9, PROBE_RANGE_BYTES_MAX),
    GOTO(EACH_PIECE),

    /* R9: the address of the first record. */
    LABEL(CHAIN),
    COPY(R1, FP),
    ADD(R1, POINTER),
    SET(R2, sizeof(uint64_t)),
    LOAD(BPF_DW, R3, R6, FIELD(link)),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    LOAD(BPF_DW, R9, FP, POINTER),
    LOAD(BPF_W, R1, R6, FIELD(indirect)),
    IF(R1, BPF_JEQ, 0, RECORDS),
    IF(R9, BPF_JEQ, 0, RECORDS),
    COPY(R1, FP),
    ADD(R1, POINTER),
    SET(R2, sizeof(uint64_t)),
    LOAD(BPF_W, R3, R6, FIELD(link_offset)),
    ADD_REG(R3, R9),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    LOAD(BPF_DW, R9, FP, POINTER),

    /* Record R7 goes to R8 bytes behind the first one. */
    LABEL(RECORDS),
    SET(R7, 0),
    SET(R8, 0),
    LABEL(EACH_RECORD),
    IF(R9, BPF_JEQ, 0, COMPLETE),
    LOAD(BPF_W, R1, R6, FIELD(records_max)),
    IF(R7, BPF_JGE, PROBE_RECORDS_MAX, END),
    IF_REG(R7, BPF_JGE, R1, END),
    COPY(R1, R7),
    SHIFT(R1, 3),
    ADD_REG(R1, R6),
    STORE(BPF_DW, R1, FIELD(addresses), R9),
    AND(R8, RECORDS_BYTES - 1),
    COPY(R1, R6),
    ADD_REG(R1, R8),
    ADD(R1, FIELD(records)),
    LOAD(BPF_W, R2, R6, FIELD(record_bytes)),
    AND(R2, 2 * PROBE_RANGE_BYTES_MAX - 1),
    COPY(R3, R9),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),

    /* Its key, of which nothing else depends. */
    IF(R7, BPF_JGE, PROBE_KEYS_MAX, NEXT_RECORD),
    LOAD(BPF_W, R3, R6, FIELD(key_offset)),
    IF(R3, BPF_JEQ, 0, NEXT_RECORD),
    LOAD(BPF_W, R1, R6, FIELD(key_link)),
    AND(R1, PROBE_RANGE_BYTES_MAX - 1),
    ADD_REG(R1, R8),
    ADD_REG(R1, R6),
    LOAD(BPF_DW, R1, R1, FIELD(records)),
    ADD_REG(R3, R1),
    COPY(R1, R7),
    SHIFT(R1, 2),
    ADD_REG(R1, R6),
    ADD(R1, FIELD(keys)),
    SET(R2, sizeof(uint32_t)),
    CALL(BPF_FUNC_probe_read_user), /* zeros if there is nothing */

    LABEL(NEXT_RECORD),
    LOAD(BPF_W, R1, R6, FIELD(next_offset)),
    AND(R1, PROBE_RANGE_BYTES_MAX - 1),
    ADD_REG(R1, R8),
    ADD_REG(R1, R6),
    LOAD(BPF_DW, R9, R1, FIELD(records)),
    LOAD(BPF_W, R1, R6, FIELD(record_bytes)),
    ADD_REG(R8, R1),
    ADD(R7, 1),
    GOTO(EACH_RECORD),

    LABEL(COMPLETE),
    STORE(BPF_W, R6, FIELD(records_len), R7),
    SET(R1, 1),
    STORE(BPF_W, R6, FIELD(complete), R1),
    LABEL(END),
    SET(R0, 0),
    EXIT(),
};
enum { PROGRAM_LEN = sizeof(program) / sizeof(program[0]) };

static bool is_jump(const struct bpf_insn *insn)
{
    return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_CALL &&
           BPF_OP(insn->code) != BPF_EXIT;
}

/* Labels become distances. Returns how many instructions there are. */
static uint32_t resolve(struct bpf_insn ret_insns[PROGRAM_LEN])
{
    int places[LABELS];
    int len = 0;
    for (int i = 0; i < PROGRAM_LEN; i++) {
        if (program[i].code == OPCODE_LABEL)
            places[program[i].off] = len;
        else
            ret_insns[len++] = program[i];
    }
    for (int i = 0; i < len; i++)
        if (is_jump(&ret_insns[i]))
            ret_insns[i].off = (int16_t)(places[ret_insns[i].off] - i - 1);
    return (uint32_t)len;
}

static int load(int map_fd)
{
    struct bpf_insn insns[PROGRAM_LEN];
    uint32_t len = resolve(insns);
    insns[0].imm = map_fd;
    union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
                           .insns = (uintptr_t)insns,
                           .insn_cnt = len,
                           .license = (uintptr_t) "Dual MIT/GPL",
                           .prog_name = "heatline"};
    return (int)bpf(BPF_PROG_LOAD, &attr);
}

/* Interrupts a CPU. */
static enum rd ask(struct probe *p, int cpu)
{
    union bpf_attr attr = {.test = {.prog_fd = (uint32_t)p->program_fd,
                                    .flags = BPF_F_TEST_RUN_ON_CPU,
                                    .cpu = (uint32_t)cpu}};
    p->order->met = p->order->complete = 0;
    if (bpf(BPF_PROG_TEST_RUN, &attr))
        return RD_DENIED;
    if (!p->order->met)
        return RD_AWAY;
    return p->order->complete ? RD_OK : RD_TORN;
}

/* The CPU that it is on or was last, or -1. */
static int cpu_of(const struct probe_thread *t)
{
    char text[PROC_STAT_BYTES];
    const char *at = proc_stat_read_thread(t->pid, t->tid, text);
    for (int field = 3; at && field < PROCESSOR_FIELD; field++) {
        at = strchr(at, ' ');
        if (at)
            at++;
    }
    return at ? atoi(at) : -1;
}

static enum rd meet(struct probe *p, struct probe_thread *t)
{
    enum rd rd = RD_AWAY;
    for (int i = 0; rd == RD_AWAY && i < TRIES; i++) {
        if (i || t->cpu < 0) {
            int cpu = cpu_of(t);
            if (i && cpu == t->cpu) /* it is not running, or it would have been there */
                break;
            t->cpu = cpu;
        }
        if (t->cpu < 0 || t->cpu == sched_getcpu()) /* we run there now */
            continue;
        rd = ask(p, t->cpu);
    }
    return rd;
}

/* Once for each thread: who it is in the innermost of its namespaces. */
static enum rd identify(struct probe_thread *t)
{
    char path[80];
    struct stat st;
    if (t->inner_tid)
        return RD_OK;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/pid", t->pid, t->tid);
    if (stat(path, &st))
        return errno == EACCES || errno == EPERM ? RD_DENIED : RD_AWAY;
    /* The kernel's own form of a device number is not that of stat. */
    t->device = (uint64_t)major(st.st_dev) << KERNEL_MINOR_BITS | minor(st.st_dev);
    t->inode = st.st_ino;
    t->inner_tid = (uint32_t)task_ids_inner(t->pid, t->tid);
    return t->inner_tid ? RD_OK : RD_AWAY;
}

enum rd probe_read(struct probe *p, struct probe_thread *t, const struct mem_range *ranges,
                   size_t count, const struct probe_chain *chain)
{
    struct order *order = p->order;
    enum rd rd = identify(t);
    if (rd != RD_OK)
        return rd;
    if (count > PROBE_RANGES_MAX || chain->record_bytes > PROBE_RANGE_BYTES_MAX ||
        chain->next_offset + sizeof(uint64_t) > chain->record_bytes ||
        chain->key_link + sizeof(uint64_t) > chain->record_bytes)
        return RD_TORN;
    order->device = t->device;
    order->inode = t->inode;
    order->tid = t->inner_tid;
    order->link = chain->link;
    order->indirect = chain->indirect;
    order->link_offset = chain->link_offset;
    order->next_offset = chain->next_offset;
    order->record_bytes = chain->record_bytes;
    order->key_link = chain->key_link;
    order->key_offset = chain->key_offset;
    order->records_max = RECORDS_BYTES / chain->record_bytes;
    order->pieces_len = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].len_bytes > PROBE_RANGE_BYTES_MAX)
            return RD_TORN;
        order->pieces[i] = (struct piece){ranges[i].address, ranges[i].len_bytes, 0};
    }
    rd = meet(p, t);
    for (size_t i = 0; rd == RD_OK && i < count; i++)
        memcpy(ranges[i].buf, order->copies[i], ranges[i].len_bytes);
    return rd;
}

size_t probe_records(const struct probe *p)
{
    return p->order->records_len;
}

const uint8_t *probe_record(const struct probe *p, size_t i, uint64_t *ret_address)
{
    *ret_address = p->order->addresses[i];
    return p->order->records + i * p->order->record_bytes;
}

uint32_t probe_key(const struct probe *p, size_t i)
{
    return p->order->key_offset && i < PROBE_KEYS_MAX ? p->order->keys[i] : 0;
}

struct probe *probe_new(void)
{
    struct probe *p = alloc_zeroed(1, sizeof(*p));
    p->order = MAP_FAILED;
    p->program_fd = -1;
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
                           .key_size = sizeof(uint32_t),
                           .value_size = sizeof(struct order),
                           .max_entries = 1,
                           .map_flags = BPF_F_MMAPABLE,
                           .map_name = "heatline"};
    p->map_fd = (int)bpf(BPF_MAP_CREATE, &attr);
    if (p->map_fd >= 0)
        p->order =
            mmap(NULL, sizeof(struct order), PROT_READ | PROT_WRITE, MAP_SHARED, p->map_fd, 0);
    if (p->order != MAP_FAILED)
        p->program_fd = load(p->map_fd);
    if (p->program_fd >= 0)
        return p;
    probe_free(p);
    return NULL;
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    if (p->order != MAP_FAILED)
        munmap(p->order, sizeof(struct order));
    if (p->program_fd >= 0)
        close(p->program_fd);
    if (p->map_fd >= 0)
        close(p->map_fd);
    free(p);
}

struct probe_thread probe_thread(pid_t pid, pid_t tid)
{
    return (struct probe_thread){.pid = pid, .tid = tid, .cpu = -1};
}
