#include "inject/image.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "inject/script.h"
#include "subject/elf.h"

enum { PAGE_BYTES = 4096, SLACK_BYTES_MAX = 1024, SLACK_ALIGN = 16 };

static const struct mapping *mapping_at(const struct maps *maps, size_t i)
{
    return vec_at(&maps->mappings, i);
}

static bool same_file(const struct mapping *a, const struct mapping *b)
{
    return a->inode == b->inode && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

static struct elf *open_elf(pid_t pid, const struct mapping *mapping)
{
    int fd = maps_open_file(pid, mapping);
    struct elf *elf = fd < 0 ? NULL : elf_open_fd(fd);
    if (fd >= 0)
        close(fd);
    return elf;
}

/* The first mapping of the file that the i-th belongs to. */
static const struct mapping *first_of(const struct maps *maps, size_t i)
{
    const struct mapping *first = mapping_at(maps, i);
    while (i-- > 0 && (same_file(mapping_at(maps, i), first) || !mapping_at(maps, i)->inode))
        if (same_file(mapping_at(maps, i), first))
            first = mapping_at(maps, i);
    return first;
}

uint64_t image_symbol(pid_t pid, const struct maps *maps, uint64_t address, const char *name)
{
    const struct mapping *first = NULL;
    for (size_t i = 0; i < maps->mappings.len && mapping_at(maps, i)->start <= address; i++)
        if (mapping_at(maps, i)->inode)
            first = first_of(maps, i);
    struct elf *elf = first ? open_elf(pid, first) : NULL;
    uint64_t value = 0;
    if (elf && elf_symbol(elf, name, &value, NULL) == 0)
        value += first->start - elf_base(elf);
    elf_free(elf);
    return value;
}

/* Zeros, or a line that was left there by somebody who was killed. */
static bool is_free(pid_t pid, struct mem *mem, uint64_t address, size_t len_bytes)
{
    char bytes[SLACK_BYTES_MAX], folder[FOLDER_PATH_BYTES];
    if (len_bytes > sizeof(bytes) || mem_read(mem, address, bytes, len_bytes))
        return false;
    size_t left = script_line_in(bytes, len_bytes, folder);
    if (left && !folder_is_left(pid, folder))
        return false;
    for (size_t i = left; i < len_bytes; i++)
        if (bytes[i])
            return false;
    return true;
}

/* May the rest of the page after `end` be used? An old kernel begins the heap right there. */
static bool is_nobodys(const struct maps *maps, uint64_t end)
{
    const struct mapping *mapping = maps_find(maps, end);
    if (!mapping || !mapping->writable)
        return false;
    const struct mapping *next = maps_find(maps, (end | (PAGE_BYTES - 1)) + 1);
    return !next || strcmp(next->path, "[heap]") != 0;
}

uint64_t image_slack(pid_t pid, const struct maps *maps, struct mem *mem, size_t len_bytes)
{
    uint64_t found = 0;
    for (size_t i = 0; i < maps->mappings.len && !found; i++) {
        const struct mapping *m = mapping_at(maps, i);
        if (!m->inode || first_of(maps, i) != m)
            continue;
        struct elf *elf = open_elf(pid, m);
        uint64_t end = elf ? elf_end(elf) + m->start - elf_base(elf) : 0;
        uint64_t at = (end + SLACK_ALIGN - 1) & ~(uint64_t)(SLACK_ALIGN - 1);
        elf_free(elf);
        /* Behind the first byte after the variables, so that the end of an array stays zero. */
        if (end % PAGE_BYTES && at / PAGE_BYTES == end / PAGE_BYTES &&
            PAGE_BYTES - at % PAGE_BYTES >= len_bytes && is_nobodys(maps, at) &&
            is_free(pid, mem, at, len_bytes))
            found = at;
    }
    return found;
}

const char *image_named(const struct maps *maps, const char *name)
{
    for (size_t i = 0; i < maps->mappings.len; i++) {
        const char *path = mapping_at(maps, i)->path, *slash = strrchr(path, '/');
        if (slash && strncmp(slash + 1, name, strlen(name)) == 0)
            return path;
    }
    return NULL;
}
