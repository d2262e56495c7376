/* Knows eBPF: a program that runs on the CPU of somebody else's thread, in an interrupt, and sees the memory of
 * whoever was interrupted (BPF_PROG_TEST_RUN of a raw tracepoint program with BPF_F_TEST_RUN_ON_CPU). Orders and
 * copies lie in a map that both sides see. */
#include "subject/probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
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
    COPIES_BYTES = 1 << 10, /* powers of two, so that the verifier sees that offsets stay within */
    WINDOW_BYTES = 512,     /* records are read by so many bytes together … */
    NEAR_BYTES = 2048,      /* … where the next one lies so close below the last one */
    PAGE_BYTES = 4096,
    LINE_BYTES = 64,        /* of a cache */
    KERNEL_MINOR_BITS = 20, /* of a device number */
    PROCESSOR_FIELD = 39,   /* of /proc/PID/stat */
    TRIES = 3,              /* to meet a thread that moves to another CPU */
};

/* What to do: written by us, each time. */
struct errand {
    uint64_t turn;
    uint64_t device, inode; /* of the pid namespace … */
    uint32_t tid;           /* … in which the thread has this id */
    uint32_t pieces_len;
    uint64_t link;
    uint32_t indirect, link_offset, record_bytes;
    uint32_t words[PROBE_WORDS];
    uint32_t key_offset;
};

struct piece {
    uint64_t address;
    uint32_t len_bytes, offset; /* where it goes, in copies */
};

/* What came of it: written by the program only. */
struct answer {
    uint64_t met;      /* the turn in which the thread was there last … */
    uint64_t complete; /* … and that in which all was copied */
    uint64_t first;
    uint64_t records_len;
    uint32_t keys[PROBE_KEYS_MAX];
};

/* The map's only value. A cache line that one side has written takes the other a tenth of a microsecond: so the sides
 * write to different ones, and little. */
struct order {
    struct errand errand;
    _Alignas(LINE_BYTES) struct piece pieces[PROBE_RANGES_MAX]; /* written where they change */
    _Alignas(LINE_BYTES) struct answer answer;
    uint8_t copies[2 * COPIES_BYTES];
    uint64_t records[PROBE_RECORDS_MAX][PROBE_WORDS];
    /* The thread's memory around a record: only the program looks at it. */
    uint8_t window[4 * PROBE_RANGE_BYTES_MAX];
};

enum { LOADING = -2 };

struct probe {
    int map_fd;
    int program_fd; /* LOADING; -1: it cannot be loaded */
    pthread_t loader;
    bool loader_runs;
    uint64_t turn;
    uint32_t copies_bytes;
    size_t records_len; /* of the last read */
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
#define SUB_REG(to, from) INSN(BPF_ALU64 | BPF_SUB | BPF_X, to, from, 0, 0)
#define FIELD(name) offsetof(struct order, name)
#define PIECE(name) (FIELD(pieces) + offsetof(struct piece, name))
/* Word `i` of the record at R5 goes to R4. */
#define COPY_WORD(i)                                                                               \
    LOAD(BPF_W, R1, R6, FIELD(errand.words[i])), AND(R1, PROBE_RANGE_BYTES_MAX - 1),               \
        ADD_REG(R1, R5), LOAD(BPF_DW, R1, R1, 0), STORE(BPF_DW, R4, FIELD(records[0][i]), R1)

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP }; /* R1 to R5 are lost in a call */
/* On the stack; REACH: where the last record may begin in the window. */
enum { IDS = -8, POINTER = -16, REACH = -24, LAST = -32 };
enum { OPCODE_LABEL = 0xff };
enum {
    EACH_PIECE,
    CHAIN,
    RECORDS,
    EACH_RECORD,
    WHOLE,
    AT_HAND,
    NEXT_RECORD,
    COMPLETE,
    END,
    LABELS
};

static const struct bpf_insn program[] = {
    INSN(BPF_LD | BPF_DW | BPF_IMM, R6, BPF_PSEUDO_MAP_VALUE, 0, 0), /* the order; see load */
    {0},
    /* Whom have we interrupted? */
    SET(R7, 0),
    STORE(BPF_DW, FP, IDS, R7),
    LOAD(BPF_DW, R1, R6, FIELD(errand.device)),
    LOAD(BPF_DW, R2, R6, FIELD(errand.inode)),
    COPY(R3, FP),
    ADD(R3, IDS),
    SET(R4, sizeof(struct bpf_pidns_info)),
    CALL(BPF_FUNC_get_ns_current_pid_tgid),
    LOAD(BPF_W, R1, FP, IDS),
    LOAD(BPF_W, R2, R6, FIELD(errand.tid)),
    IF_REG(R1, BPF_JNE, R2, END),
    LOAD(BPF_DW, R1, R6, FIELD(errand.turn)),
    STORE(BPF_DW, R6, FIELD(answer.met), R1),

    /* Piece R7: what to copy is told at R8. */
    COPY(R8, R6),
    LABEL(EACH_PIECE),
    LOAD(BPF_W, R1, R6, FIELD(errand.pieces_len)),
    IF(R7, BPF_JGE, PROBE_RANGES_MAX, CHAIN),
    IF_REG(R7, BPF_JGE, R1, CHAIN),
    LOAD(BPF_W, R1, R8, PIECE(offset)),
    AND(R1, COPIES_BYTES - 1),
    ADD_REG(R1, R6),
    ADD(R1, FIELD(copies)),
    LOAD(BPF_W, R2, R8, PIECE(len_bytes)),
    AND(R2, 2 * PROBE_RANGE_BYTES_MAX - 1),
    LOAD(BPF_DW, R3, R8, PIECE(address)),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    ADD(R7, 1),
    ADD(R8, sizeof(struct piece)),
    GOTO(EACH_PIECE),

    /* R9: the address of the first record. */
    LABEL(CHAIN),
    COPY(R1, FP),
    ADD(R1, POINTER),
    SET(R2, sizeof(uint64_t)),
    LOAD(BPF_DW, R3, R6, FIELD(errand.link)),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    LOAD(BPF_DW, R9, FP, POINTER),
    LOAD(BPF_W, R1, R6, FIELD(errand.indirect)),
    IF(R1, BPF_JEQ, 0, RECORDS),
    IF(R9, BPF_JEQ, 0, RECORDS),
    COPY(R1, FP),
    ADD(R1, POINTER),
    SET(R2, sizeof(uint64_t)),
    LOAD(BPF_W, R3, R6, FIELD(errand.link_offset)),
    ADD_REG(R3, R9),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),
    LOAD(BPF_DW, R9, FP, POINTER),

    /* Record R7 is at R9, the window at R8. */
    LABEL(RECORDS),
    STORE(BPF_DW, R6, FIELD(answer.first), R9),
    SET(R7, 0),
    SET(R8, 0),
    STORE(BPF_DW, FP, REACH, R7),
    STORE(BPF_DW, FP, LAST, R9),
    LABEL(EACH_RECORD),
    IF(R9, BPF_JEQ, 0, COMPLETE),
    IF(R7, BPF_JGE, PROBE_RECORDS_MAX, END),
    LOAD(BPF_DW, R5, FP, LAST),
    STORE(BPF_DW, FP, LAST, R9),
    LOAD(BPF_DW, R1, FP, REACH),
    COPY(R2, R9),
    SUB_REG(R2, R8),
    IF_REG(R2, BPF_JLT, R1, AT_HAND),

    /* A window that ends with it; on its page, for what lies before that need not be there. */
    LOAD(BPF_W, R4, R6, FIELD(errand.record_bytes)),
    COPY(R8, R9),
    SUB_REG(R5, R9),
    IF(R5, BPF_JGT, NEAR_BYTES, WHOLE),
    COPY(R1, R9),
    AND(R1, PAGE_BYTES - 1),
    SUB_REG(R8, R1),
    ADD(R1, -WINDOW_BYTES),
    ADD_REG(R1, R4),
    IF(R1, BPF_JSLE, 0, WHOLE),
    ADD_REG(R8, R1),
    LABEL(WHOLE),
    COPY(R2, R9),
    SUB_REG(R2, R8),
    COPY(R1, R2),
    ADD(R1, 1),
    STORE(BPF_DW, FP, REACH, R1),
    ADD_REG(R2, R4),
    AND(R2, 2 * PROBE_RANGE_BYTES_MAX - 1),
    COPY(R1, R6),
    ADD(R1, FIELD(window)),
    COPY(R3, R8),
    CALL(BPF_FUNC_probe_read_user),
    IF(R0, BPF_JNE, 0, END),

    LABEL(AT_HAND),
    COPY(R5, R9),
    SUB_REG(R5, R8),
    AND(R5, 2 * PROBE_RANGE_BYTES_MAX - 1),
    ADD_REG(R5, R6),
    ADD(R5, FIELD(window)),
    COPY(R4, R7),
    SHIFT(R4, 5), /* sizeof(records[0]) */
    ADD_REG(R4, R6),
    COPY_WORD(3),
    COPY_WORD(2),
    COPY_WORD(0),
    COPY(R9, R1),
    COPY_WORD(1),

    /* Its key, of which nothing else depends. */
    IF(R7, BPF_JGE, PROBE_KEYS_MAX, NEXT_RECORD),
    LOAD(BPF_W, R3, R6, FIELD(errand.key_offset)),
    IF(R3, BPF_JEQ, 0, NEXT_RECORD),
    ADD_REG(R3, R1),
    COPY(R1, R7),
    SHIFT(R1, 2),
    ADD_REG(R1, R6),
    ADD(R1, FIELD(answer.keys)),
    SET(R2, sizeof(uint32_t)),
    CALL(BPF_FUNC_probe_read_user), /* zeros if there is nothing */

    LABEL(NEXT_RECORD),
    ADD(R7, 1),
    GOTO(EACH_RECORD),

    LABEL(COMPLETE),
    STORE(BPF_DW, R6, FIELD(answer.records_len), R7),
    LOAD(BPF_DW, R1, R6, FIELD(errand.turn)),
    STORE(BPF_DW, R6, FIELD(answer.complete), R1),
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

/* All at once: one after the other these lines would take a microsecond to come. */
static void fetch(const void *from, size_t len_bytes)
{
    for (size_t i = 0; i < len_bytes; i += LINE_BYTES)
        __builtin_prefetch((const uint8_t *)from + i);
}

/* Interrupts a CPU. */
static enum rd ask(struct probe *p, int cpu)
{
    union bpf_attr attr = {.test = {.prog_fd = (uint32_t)p->program_fd,
                                    .flags = BPF_F_TEST_RUN_ON_CPU,
                                    .cpu = (uint32_t)cpu}};
    p->order->errand.turn = ++p->turn;
    if (bpf(BPF_PROG_TEST_RUN, &attr))
        return RD_DENIED;
    fetch(&p->order->answer, sizeof(p->order->answer) + p->copies_bytes);
    fetch(p->order->records, p->records_len * sizeof(*p->order->records));
    if (p->order->answer.met != p->turn)
        return RD_AWAY;
    return p->order->answer.complete == p->turn ? RD_OK : RD_TORN;
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

/* -1: more than there is room for. */
static int order_pieces(struct probe *p, const struct mem_range *ranges, size_t count)
{
    struct order *order = p->order;
    uint32_t offset = 0;
    if (count > PROBE_RANGES_MAX)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct piece piece = {ranges[i].address, ranges[i].len_bytes, offset};
        offset += (ranges[i].len_bytes + 7) & ~7u;
        if (ranges[i].len_bytes > PROBE_RANGE_BYTES_MAX || offset > COPIES_BYTES)
            return -1;
        if (memcmp(&order->pieces[i], &piece, sizeof(piece)))
            order->pieces[i] = piece;
    }
    p->copies_bytes = offset;
    return 0;
}

static bool is_possible(const struct probe_chain *chain)
{
    bool possible = chain->record_bytes <= PROBE_RANGE_BYTES_MAX;
    for (size_t i = 0; i < PROBE_WORDS; i++)
        possible &= chain->words[i] + sizeof(uint64_t) <= chain->record_bytes;
    return possible;
}

enum rd probe_read(struct probe *p, struct probe_thread *t, const struct mem_range *ranges,
                   size_t count, const struct probe_chain *chain)
{
    struct order *order = p->order;
    int program_fd = __atomic_load_n(&p->program_fd, __ATOMIC_ACQUIRE);
    if (program_fd < 0)
        return program_fd == LOADING ? RD_TORN : RD_DENIED;
    enum rd rd = identify(t);
    if (rd != RD_OK)
        return rd;
    if (!is_possible(chain) || order_pieces(p, ranges, count))
        return RD_TORN;
    order->errand = (struct errand){.device = t->device,
                                    .inode = t->inode,
                                    .tid = t->inner_tid,
                                    .pieces_len = (uint32_t)count,
                                    .link = chain->link,
                                    .indirect = chain->indirect,
                                    .link_offset = chain->link_offset,
                                    .record_bytes = chain->record_bytes,
                                    .key_offset = chain->key_offset};
    memcpy(order->errand.words, chain->words, sizeof(chain->words));
    rd = meet(p, t);
    p->records_len = order->answer.records_len;
    for (size_t i = 0; rd == RD_OK && i < count; i++)
        memcpy(ranges[i].buf, order->copies + order->pieces[i].offset, ranges[i].len_bytes);
    return rd;
}

size_t probe_records(const struct probe *p)
{
    return p->records_len;
}

uint64_t probe_first(const struct probe *p)
{
    return p->order->answer.first;
}

const uint64_t *probe_record(const struct probe *p, size_t i)
{
    return p->order->records[i];
}

uint32_t probe_key(const struct probe *p, size_t i)
{
    return p->order->errand.key_offset && i < PROBE_KEYS_MAX ? p->order->answer.keys[i] : 0;
}

/* The verifier takes some 50 ms, a multiple of that where the machine is busy: nobody waits for it. */
static void *load_aside(void *probe)
{
    struct probe *p = probe;
    int fd = load(p->map_fd);
    __atomic_store_n(&p->program_fd, fd < 0 ? -1 : fd, __ATOMIC_RELEASE);
    return NULL;
}

struct probe *probe_new(void)
{
    struct probe *p = alloc_zeroed(1, sizeof(*p));
    p->order = MAP_FAILED;
    p->program_fd = LOADING;
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
        p->loader_runs = pthread_create(&p->loader, NULL, load_aside, p) == 0;
    if (p->loader_runs)
        return p;
    probe_free(p);
    return NULL;
}

bool probe_wait(struct probe *p)
{
    if (p->loader_runs)
        pthread_join(p->loader, NULL);
    p->loader_runs = false;
    return p->program_fd >= 0;
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    probe_wait(p);
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
