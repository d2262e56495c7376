/* Any bytes as an ELF file: every question is asked, and answers that point into the file are read. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "subject/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void must(int truth)
{
    if (!truth)
        abort();
}

static unsigned bytes_sum(const uint8_t *bytes, size_t len_bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; bytes && i < len_bytes; i++)
        sum += bytes[i];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    static const char *const NAMES[] = {"_PyRuntime", "answer", ".PyRuntime", ".text", ".bss", ""};
    static volatile unsigned sum;
    (void)sum;
    struct elf *e = elf_open_bytes(bytes, len_bytes);
    if (!e)
        return 0;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        uint64_t address = 0, size = 0;
        if (elf_symbol(e, NAMES[i], &address, &size) && elf_section(e, NAMES[i], &address, &size))
            continue;
        const uint8_t *at = elf_bytes(e, address, size);
        must(!at || (at >= bytes && size <= len_bytes && at - bytes + size <= len_bytes));
        sum += bytes_sum(at, size);
    }
    sum += bytes_sum(elf_bytes(e, elf_base(e), 64), 64);
    elf_free(e);
    return 0;
}
