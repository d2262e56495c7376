/* elf: symbols of the C library against the loader's answers, with and without section headers,
 * and files that are cut off or lie. */
#include "subject/elf.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static struct link_map *libc_map;
static uint8_t *libc_bytes;
static size_t libc_len;

static int libc_setup(void **state)
{
    (void)state;
    libc_map = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (!libc_map)
        return -1;
    struct stat st;
    int fd = open(libc_map->l_name, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    libc_len = (size_t)st.st_size;
    libc_bytes = malloc(libc_len);
    ssize_t got = read(fd, libc_bytes, libc_len);
    close(fd);
    return got == (ssize_t)libc_len ? 0 : -1;
}

static int libc_teardown(void **state)
{
    (void)state;
    free(libc_bytes);
    return dlclose(libc_map);
}

/* Loaded at l_addr, so that is what the file's own addresses are off by. */
static void agrees_with_the_loader(const struct elf *e)
{
    static const char *const NAMES[] = {"gnu_get_libc_version", "environ", "qsort", "getaddrinfo"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        uint64_t address = 0, size = 0;
        assert_int_equal(elf_symbol(e, NAMES[i], &address, &size), 0);
        assert_true(size > 0);
        Dl_info info;
        struct link_map *map;
        void *there = (void *)(uintptr_t)(libc_map->l_addr - elf_base(e) + address);
        assert_int_not_equal(dladdr1(there, &info, (void **)&map, RTLD_DL_LINKMAP), 0);
        assert_ptr_equal(map, libc_map);
        assert_ptr_equal(info.dli_saddr, there);
    }
}

static void test_symbols_are_where_the_loader_put_them(void **state)
{
    (void)state;
    int fd = open(libc_map->l_name, O_RDONLY);
    struct elf *e = elf_open_fd(fd);
    close(fd);
    assert_non_null(e);
    agrees_with_the_loader(e);
    uint64_t address = 17;
    assert_int_equal(elf_symbol(e, "no_such_symbol", &address, NULL), -1);
    assert_int_equal(elf_symbol(e, "", &address, NULL), -1);
    assert_int_equal(elf_symbol(e, "errno", &address, NULL), -1); /* thread-local */
    assert_int_equal(address, 17);
    elf_free(e);
}

static void test_no_section_headers_are_needed(void **state)
{
    (void)state;
    Elf64_Ehdr header;
    memcpy(&header, libc_bytes, sizeof(header));
    Elf64_Ehdr stripped = header;
    stripped.e_shoff = stripped.e_shnum = stripped.e_shstrndx = 0;
    memcpy(libc_bytes, &stripped, sizeof(stripped));
    struct elf *e = elf_open_bytes(libc_bytes, libc_len);
    assert_non_null(e);
    agrees_with_the_loader(e);
    uint64_t address;
    assert_int_equal(elf_section(e, ".text", &address, NULL), -1);
    elf_free(e);
    memcpy(libc_bytes, &header, sizeof(header));
}

static void test_sections_and_bytes(void **state)
{
    (void)state;
    struct elf *e = elf_open_bytes(libc_bytes, libc_len);
    uint64_t address, size, text, text_size;
    assert_int_equal(elf_section(e, ".rodata", &address, &size), 0);
    const void *bytes = elf_bytes(e, address, size);
    assert_non_null(bytes);
    assert_memory_equal(bytes, (void *)(uintptr_t)(libc_map->l_addr + address), 4096);
    assert_int_equal(elf_section(e, ".text", &text, &text_size), 0);
    assert_non_null(elf_bytes(e, text, text_size));
    assert_int_equal(elf_section(e, ".no_such", &address, NULL), -1);
    assert_int_equal(elf_section(e, ".bss", &address, &size), 0);
    assert_null(elf_bytes(e, address + size - 8, 8)); /* memory only */
    assert_null(elf_bytes(e, UINT64_MAX, 1));
    assert_null(elf_bytes(e, text, SIZE_MAX));
    elf_free(e);
}

static void ask_everything(const struct elf *e)
{
    uint64_t address, size;
    elf_symbol(e, "no_such_symbol", &address, &size);
    elf_section(e, ".no_such", &address, &size);
    elf_bytes(e, elf_base(e), 64);
    elf_bytes(e, 0, 1);
}

/* An exact allocation, so that a sanitizer sees one byte too many. */
static void test_a_cut_file_is_survived(void **state)
{
    (void)state;
    enum { CUTS = 64 };
    assert_null(elf_open_bytes("", 0));
    for (size_t i = 1; i < CUTS; i++) {
        size_t len = libc_len / CUTS * i;
        uint8_t *part = malloc(len);
        memcpy(part, libc_bytes, len);
        struct elf *e = elf_open_bytes(part, len);
        assert_non_null(e);
        ask_everything(e);
        elf_free(e);
        free(part);
    }
}

static void test_what_is_no_elf_is_refused(void **state)
{
    (void)state;
    Elf64_Ehdr header;
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 0},
                   {EI_CLASS, ELFCLASS32},
                   {EI_DATA, ELFDATA2MSB},
                   {offsetof(Elf64_Ehdr, e_type), ET_CORE},
                   {offsetof(Elf64_Ehdr, e_phentsize), 55}};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        memcpy(&header, libc_bytes, sizeof(header));
        ((uint8_t *)&header)[changes[i].at] = changes[i].value;
        assert_null(elf_open_bytes(&header, sizeof(header)));
    }
    assert_null(elf_open_bytes(libc_bytes, sizeof(header) - 1));
    int fd = open("/dev/null", O_RDONLY);
    assert_null(elf_open_fd(fd));
    close(fd);
    assert_null(elf_open_fd(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbols_are_where_the_loader_put_them),
        cmocka_unit_test(test_no_section_headers_are_needed),
        cmocka_unit_test(test_sections_and_bytes),
        cmocka_unit_test(test_a_cut_file_is_survived),
        cmocka_unit_test(test_what_is_no_elf_is_refused),
    };
    return cmocka_run_group_tests_name("elf", tests, libc_setup, libc_teardown);
}
