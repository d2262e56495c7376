/* Symbols, sections and bytes of a 64-bit little-endian ELF file, from its section headers or, when
 * those were stripped, from PT_DYNAMIC. Knows nothing of processes: addresses are the file's own.
 * The file may lie in every field, so nothing is used before it is checked against the length. */
#include "subject/elf.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

enum { DYNAMIC_MAX = 4096 };

struct symbols {
    const uint8_t *entries; /* may be unaligned: read by copy */
    size_t count;
    const char *strings;
    size_t strings_bytes;
};

struct elf {
    const uint8_t *bytes;
    size_t len_bytes;
    bool mapped;
    Elf64_Ehdr header;
    uint64_t base;
    struct symbols dynamic, full;
};

static const void *file_bytes(const struct elf *e, uint64_t offset, uint64_t len_bytes)
{
    if (offset > e->len_bytes || len_bytes > e->len_bytes - offset)
        return NULL;
    return e->bytes + offset;
}

static bool segment(const struct elf *e, size_t i, Elf64_Phdr *ret)
{
    if (i >= e->header.e_phnum || e->header.e_phoff > e->len_bytes)
        return false;
    const void *at = file_bytes(e, e->header.e_phoff + i * sizeof(*ret), sizeof(*ret));
    if (at)
        memcpy(ret, at, sizeof(*ret));
    return at;
}

static bool section(const struct elf *e, size_t i, Elf64_Shdr *ret)
{
    if (i >= e->header.e_shnum || e->header.e_shoff > e->len_bytes)
        return false;
    const void *at = file_bytes(e, e->header.e_shoff + i * sizeof(*ret), sizeof(*ret));
    if (at)
        memcpy(ret, at, sizeof(*ret));
    return at;
}

/* The file's bytes from `address` to the end of its segment's bytes. */
static const uint8_t *address_bytes(const struct elf *e, uint64_t address, size_t *ret_len_bytes)
{
    Elf64_Phdr load;
    for (size_t i = 0; segment(e, i, &load); i++) {
        if (load.p_type != PT_LOAD || address < load.p_vaddr ||
            address - load.p_vaddr >= load.p_filesz)
            continue;
        uint64_t skip = address - load.p_vaddr;
        const uint8_t *at = file_bytes(e, load.p_offset, load.p_filesz);
        if (!at)
            continue;
        *ret_len_bytes = load.p_filesz - skip;
        return at + skip;
    }
    return NULL;
}

const void *elf_bytes(const struct elf *e, uint64_t address, size_t len_bytes)
{
    size_t there_bytes;
    const uint8_t *at = address_bytes(e, address, &there_bytes);
    return at && len_bytes <= there_bytes ? at : NULL;
}

static void find_symbol_sections(struct elf *e)
{
    Elf64_Shdr table, strings;
    for (size_t i = 0; section(e, i, &table); i++) {
        if ((table.sh_type != SHT_DYNSYM && table.sh_type != SHT_SYMTAB) ||
            !section(e, table.sh_link, &strings) || strings.sh_type != SHT_STRTAB)
            continue;
        struct symbols found = {
            .entries = file_bytes(e, table.sh_offset, table.sh_size),
            .count = table.sh_size / sizeof(Elf64_Sym),
            .strings = file_bytes(e, strings.sh_offset, strings.sh_size),
            .strings_bytes = strings.sh_size,
        };
        if (found.entries && found.strings)
            *(table.sh_type == SHT_DYNSYM ? &e->dynamic : &e->full) = found;
    }
}

static uint32_t word(const uint8_t *words, size_t i)
{
    uint32_t value;
    memcpy(&value, words + i * sizeof(value), sizeof(value));
    return value;
}

/* DT_GNU_HASH has no count: it is one past the last link of the chain that starts last. */
static size_t gnu_hash_count(const uint8_t *words, size_t len_bytes)
{
    size_t len = len_bytes / sizeof(uint32_t), count = 0;
    if (len < 4)
        return 0;
    uint64_t buckets = word(words, 0), first = word(words, 1), bloom = word(words, 2);
    uint64_t bucket_at = 4 + bloom * 2, chain_at = bucket_at + buckets;
    if (bucket_at > len || buckets > len - bucket_at)
        return 0;
    for (uint64_t i = 0; i < buckets; i++)
        if (word(words, bucket_at + i) > count)
            count = word(words, bucket_at + i);
    if (count < first)
        return first;
    while (chain_at + (count - first) < len && !(word(words, chain_at + (count - first)) & 1))
        count++;
    return count + 1;
}

static size_t dynamic_count(const struct elf *e, uint64_t hash, uint64_t gnu_hash)
{
    size_t there_bytes;
    const uint8_t *words = hash ? address_bytes(e, hash, &there_bytes) : NULL;
    if (words && there_bytes >= 2 * sizeof(uint32_t))
        return word(words, 1);
    words = gnu_hash ? address_bytes(e, gnu_hash, &there_bytes) : NULL;
    return words ? gnu_hash_count(words, there_bytes) : 0;
}

static void find_dynamic_symbols(struct elf *e)
{
    Elf64_Phdr dynamic;
    size_t i = 0;
    do {
        if (!segment(e, i++, &dynamic))
            return;
    } while (dynamic.p_type != PT_DYNAMIC);

    const uint8_t *at = file_bytes(e, dynamic.p_offset, dynamic.p_filesz);
    size_t count = at ? dynamic.p_filesz / sizeof(Elf64_Dyn) : 0;
    uint64_t symbols = 0, strings = 0, strings_bytes = 0, hash = 0, gnu_hash = 0;
    for (i = 0; i < count && i < DYNAMIC_MAX; i++) {
        Elf64_Dyn entry;
        memcpy(&entry, at + i * sizeof(entry), sizeof(entry));
        if (entry.d_tag == DT_NULL)
            break;
        uint64_t *value = entry.d_tag == DT_SYMTAB     ? &symbols
                          : entry.d_tag == DT_STRTAB   ? &strings
                          : entry.d_tag == DT_STRSZ    ? &strings_bytes
                          : entry.d_tag == DT_HASH     ? &hash
                          : entry.d_tag == DT_GNU_HASH ? &gnu_hash
                                                       : NULL;
        if (value)
            *value = entry.d_un.d_val;
    }
    size_t there_bytes;
    struct symbols found = {.strings = elf_bytes(e, strings, strings_bytes),
                            .strings_bytes = strings_bytes};
    found.entries = address_bytes(e, symbols, &there_bytes);
    if (!found.entries || !found.strings)
        return;
    found.count = dynamic_count(e, hash, gnu_hash);
    if (found.count > there_bytes / sizeof(Elf64_Sym))
        found.count = there_bytes / sizeof(Elf64_Sym);
    e->dynamic = found;
}

static void find_base(struct elf *e)
{
    Elf64_Phdr load;
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; segment(e, i, &load); i++)
        if (load.p_type == PT_LOAD && load.p_vaddr < lowest)
            lowest = load.p_vaddr;
    if (lowest != UINT64_MAX)
        e->base = lowest & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1);
}

struct elf *elf_open_bytes(const void *bytes, size_t len_bytes)
{
    Elf64_Ehdr header;
    if (len_bytes < sizeof(header))
        return NULL;
    memcpy(&header, bytes, sizeof(header));
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
        header.e_phentsize != sizeof(Elf64_Phdr))
        return NULL;
    if (header.e_shentsize != sizeof(Elf64_Shdr))
        header.e_shnum = 0;

    struct elf *e = alloc_zeroed(1, sizeof(*e));
    *e = (struct elf){.bytes = bytes, .len_bytes = len_bytes, .header = header};
    find_base(e);
    find_symbol_sections(e);
    if (!e->dynamic.count)
        find_dynamic_symbols(e);
    return e;
}

struct elf *elf_open_fd(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return NULL;
    size_t len_bytes = (size_t)st.st_size;
    void *bytes = mmap(NULL, len_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return NULL;
    struct elf *e = elf_open_bytes(bytes, len_bytes);
    if (e)
        e->mapped = true;
    else
        munmap(bytes, len_bytes);
    return e;
}

void elf_free(struct elf *e)
{
    if (e && e->mapped)
        munmap((void *)(uintptr_t)e->bytes, e->len_bytes);
    free(e);
}

uint64_t elf_base(const struct elf *e)
{
    return e->base;
}

/* Is `name` (len with its NUL) what stands at `offset`? */
static bool string_is(const char *strings, size_t strings_bytes, uint64_t offset, const char *name,
                      size_t len_bytes)
{
    return offset < strings_bytes && len_bytes <= strings_bytes - offset &&
           memcmp(strings + offset, name, len_bytes) == 0;
}

/* A thread-local symbol's value is no address, so it counts as not found. */
static bool symbol_find(const struct symbols *all, const char *name, Elf64_Sym *ret)
{
    size_t len_bytes = strlen(name) + 1;
    for (size_t i = 0; i < all->count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, all->entries + i * sizeof(symbol), sizeof(symbol));
        if (symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) != STT_TLS &&
            string_is(all->strings, all->strings_bytes, symbol.st_name, name, len_bytes)) {
            *ret = symbol;
            return true;
        }
    }
    return false;
}

int elf_symbol(const struct elf *e, const char *name, uint64_t *ret_address, uint64_t *ret_size)
{
    Elf64_Sym symbol;
    if (!symbol_find(&e->dynamic, name, &symbol) && !symbol_find(&e->full, name, &symbol))
        return -1;
    *ret_address = symbol.st_value;
    if (ret_size)
        *ret_size = symbol.st_size;
    return 0;
}

int elf_section(const struct elf *e, const char *name, uint64_t *ret_address, uint64_t *ret_size)
{
    Elf64_Shdr names, found;
    if (!section(e, e->header.e_shstrndx, &names))
        return -1;
    const char *strings = file_bytes(e, names.sh_offset, names.sh_size);
    size_t len_bytes = strlen(name) + 1;
    for (size_t i = 0; strings && section(e, i, &found); i++) {
        if (!string_is(strings, names.sh_size, found.sh_name, name, len_bytes))
            continue;
        *ret_address = found.sh_addr;
        if (ret_size)
            *ret_size = found.sh_size;
        return 0;
    }
    return -1;
}
