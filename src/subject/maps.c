/* Reads and parses /proc/PID/maps and finds the files behind it again. Knows the kernel's text
 * format and its /proc paths; nothing of ELF or Python. */
#include "subject/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char DELETED[] = " (deleted)";

void maps_init(struct maps *maps)
{
    vec_init(&maps->mappings, sizeof(struct mapping));
    maps->text = STR_EMPTY;
}

void maps_release(struct maps *maps)
{
    vec_release(&maps->mappings);
    str_release(&maps->text);
}

/* Digits of `base` up to the byte `end`, which is eaten. False when there are none or too many. */
static bool number(char **at, int base, char end, uint64_t *ret_value)
{
    uint64_t value = 0;
    char *p = *at;
    for (;; p++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : 99;
        if (digit >= base)
            break;
        if (value > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (p == *at || *p != end)
        return false;
    *ret_value = value;
    *at = p + 1;
    return true;
}

/* 55d0c0a3f000-55d0c0a41000 r-xp 00002000 fe:01 1234       /usr/bin/cat (deleted) */
static bool line_parse(char *line, struct mapping *ret)
{
    uint64_t major, minor;
    if (!number(&line, 16, '-', &ret->start) || !number(&line, 16, ' ', &ret->end))
        return false;
    if (ret->end <= ret->start || strlen(line) < 5 || line[4] != ' ')
        return false;
    ret->readable = line[0] == 'r';
    ret->writable = line[1] == 'w';
    ret->executable = line[2] == 'x';
    line += 5;
    if (!number(&line, 16, ' ', &ret->offset) || !number(&line, 16, ':', &major) ||
        !number(&line, 16, ' ', &minor))
        return false;
    ret->dev_major = (uint32_t)major;
    ret->dev_minor = (uint32_t)minor;
    /* A mapping without a path ends after the inode, with or without a space. */
    size_t digits = strspn(line, "0123456789");
    char *path = line + digits + strspn(line + digits, " ");
    if ((line[digits] != ' ' && line[digits] != '\0') ||
        !number(&line, 10, line[digits], &ret->inode))
        return false;
    size_t len = strlen(path), deleted_len = sizeof(DELETED) - 1;
    if (len > deleted_len && memcmp(path + len - deleted_len, DELETED, deleted_len) == 0) {
        ret->deleted = true;
        path[len - deleted_len] = '\0';
    }
    ret->path = path;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct mapping *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Cuts maps->text into lines and mappings. `root` is a directory that the kernel puts in front of
 * the paths of a process that called chroot, or "". */
static void text_parse(struct maps *maps, const char *root)
{
    bool sorted = true;
    uint64_t last_start = 0;
    size_t root_len = strlen(root);
    vec_clear(&maps->mappings);
    if (!maps->text.len)
        return;
    char *end = maps->text.data + maps->text.len, *next;
    for (char *line = maps->text.data; line < end; line = next) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        next = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0';
        struct mapping mapping = {0};
        if (!line_parse(line, &mapping))
            continue;
        if (root_len && strncmp(mapping.path, root, root_len) == 0 && mapping.path[root_len] == '/')
            mapping.path += root_len;
        sorted = sorted && mapping.start >= last_start;
        last_start = mapping.start;
        *(struct mapping *)vec_push(&maps->mappings) = mapping;
    }
    if (!sorted)
        qsort(maps->mappings.data, maps->mappings.len, sizeof(struct mapping), by_address);
}

void maps_parse(struct maps *maps, const char *text, size_t len_bytes)
{
    str_clear(&maps->text);
    str_add_bytes(&maps->text, text, len_bytes < MAPS_BYTES_MAX ? len_bytes : MAPS_BYTES_MAX);
    text_parse(maps, "");
}

static enum rd file_read(struct str *text, int fd)
{
    char part[16384];
    while (text->len < MAPS_BYTES_MAX) {
        ssize_t got = read(fd, part, sizeof(part));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EACCES || errno == EPERM ? RD_DENIED : RD_GONE;
        if (got == 0)
            break;
        str_add_bytes(text, part, (size_t)got);
    }
    return text->len ? RD_OK : RD_GONE;
}

enum rd maps_read(struct maps *maps, pid_t pid)
{
    char path[64], root[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES || errno == EPERM ? RD_DENIED : RD_GONE;
    vec_clear(&maps->mappings);
    str_clear(&maps->text);
    enum rd rd = file_read(&maps->text, fd);
    close(fd);
    if (rd != RD_OK)
        return rd;

    snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
    ssize_t root_len = readlink(path, root, sizeof(root) - 1);
    root[root_len > 1 ? root_len : 0] = '\0';
    text_parse(maps, root);
    return RD_OK;
}

const struct mapping *maps_find(const struct maps *maps, uint64_t address)
{
    const struct mapping *all = maps->mappings.data;
    size_t low = 0, high = maps->mappings.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address < all[low - 1].end ? &all[low - 1] : NULL;
}

/* Devices may do something when they are opened, so only regular files are. With `inode` not 0 it
 * must be that file. */
static int regular_open(const char *path, uint64_t inode)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || (inode && st.st_ino != inode))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool maps_same_file(const struct mapping *a, const struct mapping *b)
{
    return a && b && a->inode == b->inode && a->dev_major == b->dev_major &&
           a->dev_minor == b->dev_minor;
}

const struct mapping *maps_first(const struct maps *maps, const struct mapping *m)
{
    const struct mapping *lowest = maps->mappings.data, *first = m;
    while (m > lowest && (maps_same_file(m - 1, first) || !m[-1].inode))
        if ((--m)->inode)
            first = m;
    return first;
}

const char *maps_named(const struct maps *maps, const char *pattern)
{
    for (size_t i = 0; i < maps->mappings.len; i++) {
        const struct mapping *m = vec_at(&maps->mappings, i);
        const char *slash = strrchr(m->path, '/');
        if (slash && fnmatch(pattern, slash + 1, 0) == 0)
            return m->path;
    }
    return NULL;
}

/* Debian's loader is a link to libc.so, which glibc has no file of. */
bool maps_musl(const struct maps *maps)
{
    return maps_named(maps, "ld-musl-*") || maps_named(maps, "libc.so");
}

int maps_open_file(pid_t pid, const struct mapping *mapping)
{
    char path[PATH_MAX + 64];
    if (mapping->path[0] != '/' || !mapping->inode || strlen(mapping->path) >= PATH_MAX)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
             (unsigned long long)mapping->start, (unsigned long long)mapping->end);
    int fd = regular_open(path, 0); /* root only */
    if (fd < 0) {
        /* A file that was deleted may have a successor of the same name: not the one we want. */
        snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, mapping->path);
        fd = regular_open(path, mapping->deleted ? mapping->inode : 0);
    }
    if (fd < 0) {
        snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
        fd = regular_open(path, mapping->inode);
    }
    return fd;
}
