#include "inject/image.h"

#include <unistd.h>

#include "subject/elf.h"

static struct elf *open_elf(pid_t pid, const struct mapping *mapping)
{
    int fd = maps_open_file(pid, mapping);
    struct elf *elf = fd < 0 ? NULL : elf_open_fd(fd);
    if (fd >= 0)
        close(fd);
    return elf;
}

uint64_t image_symbol(pid_t pid, const struct maps *maps, uint64_t address, const char *name)
{
    const struct mapping *first = NULL;
    for (size_t i = 0; i < maps->mappings.len; i++) {
        const struct mapping *m = vec_at(&maps->mappings, i);
        if (m->inode && m->start <= address)
            first = m;
    }
    first = first ? maps_first(maps, first) : NULL;
    struct elf *elf = first ? open_elf(pid, first) : NULL;
    uint64_t value = 0;
    if (elf && elf_symbol(elf, name, &value, NULL) == 0)
        value += first->start - elf_base(elf);
    elf_free(elf);
    return value;
}
