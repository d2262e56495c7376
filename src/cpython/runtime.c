/* Knows where CPython keeps _PyRuntime in an ELF file and how to tell its version from outside. Does not
 * know threads or frames, beyond the one round trip that proves a layout. */
#include "cpython/runtime.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "subject/elf.h"
#include "subject/maps.h"

/* What one ELF file says, by device and inode. */
struct file_facts {
    uint64_t inode;
    uint32_t dev_major, dev_minor;
    uint64_t base;          /* elf_base */
    uint64_t runtime;       /* address in the file; 0 = no Python in it */
    uint64_t runtime_bytes; /* tells 3.8, 3.9 and 3.10 apart */
    uint64_t version;       /* address of Py_Version; 0 = before 3.11 */
    uint64_t code_type;     /* address of PyCode_Type */
};

struct runtime_finder {
    struct vec files; /* of struct file_facts */
    struct maps maps;
};

enum { RUNTIME_FILES_MAX = 4096, RUNTIME_SCAN_BYTES_MAX = 64 << 20 };

struct runtime_finder *runtime_finder_new(void)
{
    struct runtime_finder *f = alloc_zeroed(1, sizeof(*f));
    vec_init(&f->files, sizeof(struct file_facts));
    maps_init(&f->maps);
    return f;
}

void runtime_finder_free(struct runtime_finder *f)
{
    if (!f)
        return;
    vec_release(&f->files);
    maps_release(&f->maps);
    free(f);
}

static void learn(struct file_facts *facts, pid_t pid, const struct mapping *mapping)
{
    int fd = maps_open_file(pid, mapping);
    if (fd < 0)
        return;
    struct elf *elf = elf_open_fd(fd);
    close(fd);
    if (!elf)
        return;
    facts->base = elf_base(elf);
    if (elf_symbol(elf, "_PyRuntime", &facts->runtime, &facts->runtime_bytes))
        elf_section(elf, ".PyRuntime", &facts->runtime, &facts->runtime_bytes);
    elf_symbol(elf, "Py_Version", &facts->version, NULL);
    elf_symbol(elf, "PyCode_Type", &facts->code_type, NULL);
    elf_free(elf);
}

static struct file_facts facts_of(struct runtime_finder *f, pid_t pid,
                                  const struct mapping *mapping)
{
    for (size_t i = 0; i < f->files.len; i++) {
        const struct file_facts *facts = vec_at(&f->files, i);
        if (facts->inode == mapping->inode && facts->dev_major == mapping->dev_major &&
            facts->dev_minor == mapping->dev_minor)
            return *facts;
    }
    struct file_facts fresh = {
        .inode = mapping->inode, .dev_major = mapping->dev_major, .dev_minor = mapping->dev_minor};
    learn(&fresh, pid, mapping);
    if (f->files.len < RUNTIME_FILES_MAX)
        *(struct file_facts *)vec_push(&f->files) = fresh;
    return fresh;
}

/* 3.8–3.10 do not say their version in memory, but each has its own size of _PyRuntimeState
 * (x86-64, aarch64: offsetof over the headers); the name of the file is the last resort. */
static uint32_t version_of(const struct file_facts *facts, uint64_t slide, struct mem *mem,
                           const char *path)
{
    uint32_t version = 0;
    if (facts->version &&
        mem_read(mem, slide + facts->version, &version, sizeof(version)) == RD_OK &&
        version >> 24 == 3)
        return version;
    static const struct {
        uint64_t bytes;
        uint32_t version;
    } sizes[] = {
        {1464, 0x03080000}, {1480, 0x03080000}, {656, 0x03090000},
        {672, 0x030a0000},  {688, 0x030a0000},
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (facts->runtime_bytes == sizes[i].bytes)
            return sizes[i].version;
    const char *at = strstr(path, "python3.");
    unsigned long minor = at ? strtoul(at + strlen("python3."), NULL, 10) : 0;
    return minor && minor < 256 ? 0x03000000u | (uint32_t)minor << 16 : 0;
}

/* The head interpreter's first thread must point back at it. */
enum runtime_state runtime_check(const struct runtime *runtime, struct mem *mem)
{
    const struct layout *l = &runtime->layout;
    for (int attempt = 0; attempt < 3; attempt++) {
        uint64_t interp, tstate, back;
        enum rd rd = mem_read_u64(mem, runtime->address + l->runtime_interpreters, &interp);
        if (rd == RD_OK && !interp)
            return RUNTIME_EARLY;
        if (rd == RD_OK)
            rd = mem_read_u64(mem, interp + l->interp_threads, &tstate);
        if (rd == RD_OK && !tstate)
            return RUNTIME_EARLY;
        if (rd == RD_OK)
            rd = mem_read_u64(mem, tstate + l->tstate_interp, &back);
        if (rd == RD_OK && back == interp)
            return RUNTIME_READY;
        if (rd == RD_GONE)
            return RUNTIME_GONE;
        if (rd == RD_DENIED)
            return RUNTIME_DENIED;
    }
    return RUNTIME_UNSUPPORTED;
}

bool runtime_is_initialized(const struct runtime *runtime, struct mem *mem)
{
    uint32_t initialized = 0;
    uint64_t at = runtime->address + runtime->layout.runtime_initialized;
    return mem_read(mem, at, &initialized, sizeof(initialized)) == RD_OK && initialized == 1;
}

static enum runtime_state try_address(struct mem *mem, struct runtime *candidate, uint32_t version)
{
    uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
    enum rd rd = mem_read(mem, candidate->address, offsets, sizeof(offsets));
    if (rd == RD_GONE)
        return RUNTIME_GONE;
    if (rd == RD_DENIED)
        return RUNTIME_DENIED;
    if (rd != RD_OK || layout_published(&candidate->layout, offsets, sizeof(offsets)))
        if (layout_known(&candidate->layout, version))
            return RUNTIME_UNSUPPORTED;
    return runtime_check(candidate, mem);
}

/* A stripped static Python of 3.13+: the cookie of its published offsets is in some writable mapping. */
static enum runtime_state scan(struct runtime_finder *f, struct mem *mem,
                               struct runtime *ret_runtime)
{
    enum { BLOCK = 1 << 16 };
    uint8_t *block = alloc_zeroed(1, BLOCK);
    enum runtime_state state = RUNTIME_NONE;
    uint64_t budget = RUNTIME_SCAN_BYTES_MAX;
    for (size_t i = 0; i < f->maps.mappings.len && state == RUNTIME_NONE; i++) {
        const struct mapping *m = vec_at(&f->maps.mappings, i);
        if (!m->writable || !m->readable || !m->inode)
            continue;
        for (uint64_t at = m->start; at < m->end && budget >= BLOCK && state == RUNTIME_NONE;
             at += BLOCK, budget -= BLOCK) {
            size_t len = m->end - at < BLOCK ? m->end - at : BLOCK;
            if (mem_read(mem, at, block, len) != RD_OK)
                break;
            for (size_t word = 0; word + 8 <= len && state == RUNTIME_NONE; word += 8) {
                struct runtime candidate = {.address = at + word};
                if (memcmp(block + word, "xdebugpy", 8) == 0 &&
                    try_address(mem, &candidate, 0) == RUNTIME_READY) {
                    *ret_runtime = candidate;
                    state = RUNTIME_READY;
                }
            }
        }
    }
    free(block);
    return state;
}

/* Likely files first: 0 the executable, 1 "python" in the name, 2 anything else. */
static int rank_of(const struct mapping *m, const struct mapping *executable)
{
    if (executable && m->inode == executable->inode)
        return 0;
    return strstr(m->path, "python") ? 1 : 2;
}

static const struct mapping *executable_of(const struct maps *maps, pid_t pid)
{
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    static const char deleted[] = " (deleted)";
    size_t suffix = sizeof(deleted) - 1;
    if ((size_t)len > suffix && strcmp(path + len - suffix, deleted) == 0)
        path[len - suffix] = '\0';
    for (size_t i = 0; i < maps->mappings.len; i++) {
        const struct mapping *m = vec_at(&maps->mappings, i);
        if (strcmp(m->path, path) == 0)
            return m;
    }
    return NULL;
}

static bool worse(enum runtime_state a, enum runtime_state b)
{
    static const int order[] = {
        [RUNTIME_READY] = 0, [RUNTIME_EARLY] = 1,  [RUNTIME_UNSUPPORTED] = 2,
        [RUNTIME_NONE] = 3,  [RUNTIME_DENIED] = 4, [RUNTIME_GONE] = 5};
    return order[a] > order[b];
}

enum runtime_state runtime_find(struct runtime_finder *f, pid_t pid, struct mem *mem,
                                struct runtime *ret_runtime)
{
    enum rd rd = maps_read(&f->maps, pid);
    if (rd != RD_OK)
        return rd == RD_DENIED ? RUNTIME_DENIED : RUNTIME_GONE;
    const struct mapping *executable = executable_of(&f->maps, pid);
    enum runtime_state best = RUNTIME_NONE;
    for (int rank = 0; rank <= 2 && best != RUNTIME_READY; rank++) {
        uint64_t last_inode = 0;
        for (size_t i = 0; i < f->maps.mappings.len && best != RUNTIME_READY; i++) {
            const struct mapping *m = vec_at(&f->maps.mappings, i);
            if (!m->executable || !m->inode || m->inode == last_inode ||
                rank_of(m, executable) != rank)
                continue;
            last_inode = m->inode;
            struct file_facts facts = facts_of(f, pid, m);
            if (!facts.runtime)
                continue;
            uint64_t slide = maps_first(&f->maps, m)->start - facts.base;
            struct runtime candidate = {
                .address = slide + facts.runtime,
                .code_type = facts.code_type ? slide + facts.code_type : 0,
            };
            uint32_t version = version_of(&facts, slide, mem, m->path);
            enum runtime_state state = try_address(mem, &candidate, version);
            if (!worse(state, best)) {
                best = state;
                *ret_runtime = candidate;
            }
        }
    }
    if (best == RUNTIME_NONE)
        best = scan(f, mem, ret_runtime);
    if (best != RUNTIME_NONE)
        ret_runtime->musl = maps_musl(&f->maps);
    return best;
}

uint64_t runtime_section(pid_t pid, const char *file, const char *name)
{
    struct maps maps;
    uint64_t address = 0, size;
    maps_init(&maps);
    if (maps_read(&maps, pid) == RD_OK)
        for (size_t i = 0; i < maps.mappings.len && !address; i++) {
            const struct mapping *m = vec_at(&maps.mappings, i);
            if (!m->inode || !strstr(m->path, file))
                continue;
            int fd = maps_open_file(pid, m);
            struct elf *elf = fd < 0 ? NULL : elf_open_fd(fd);
            if (elf && elf_section(elf, name, &address, &size) == 0)
                address += maps_first(&maps, m)->start - elf_base(elf);
            elf_free(elf);
            if (fd >= 0)
                close(fd);
        }
    maps_release(&maps);
    return address;
}
