/* What we need of an ELF file: symbols by name, sections, load address. 64-bit little-endian only.
 * Every byte is hostile. Works without section headers (PT_DYNAMIC) and on stripped files. */
#ifndef HEATLINE_SUBJECT_ELF_H
#define HEATLINE_SUBJECT_ELF_H

#include <stddef.h>
#include <stdint.h>

struct elf;

struct elf *elf_open_fd(int fd); /* maps it; fd stays the caller's; NULL: no ELF we can read */
struct elf *elf_open_bytes(const void *bytes, size_t len_bytes); /* they must outlive it */
void elf_free(struct elf *e);

/* Run-time address = start of the first mapping of the file − elf_base(e) + address in the file. */
uint64_t elf_base(const struct elf *e);
/* .dynsym, then .symtab; defined symbols only. 0 or -1. ret_size may be NULL. */
int elf_symbol(const struct elf *e, const char *name, uint64_t *ret_address, uint64_t *ret_size);
int elf_section(const struct elf *e, const char *name, uint64_t *ret_address, uint64_t *ret_size);
/* Bytes of the file behind an address range of its image; NULL if not (wholly) in the file. */
const void *elf_bytes(const struct elf *e, uint64_t address, size_t len_bytes);

#endif
