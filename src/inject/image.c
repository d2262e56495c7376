#include "inject/image.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "subject/elf.h"

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
