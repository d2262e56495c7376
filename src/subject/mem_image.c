/* Memory read from a stored image. Knows the file format and trusts none of it: a range that is
 * not wholly there makes the whole image unreadable, not a later read. */
#include "subject/mem_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/varint.h"
#include "base/vec.h"
#include "subject/mem.h"

struct image_range {
    uint64_t start, len_bytes;
    const uint8_t *bytes;
};

struct image {
    struct mem base;
    struct vec ranges; /* of struct image_range, by address */
    struct str file;   /* empty when the bytes are the caller's */
};

static const uint8_t *image_find(const struct image *image, uint64_t address, uint64_t len_bytes)
{
    const struct image_range *all = image->ranges.data;
    size_t low = 0, high = image->ranges.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    uint64_t skip = address - all[low - 1].start;
    if (skip >= all[low - 1].len_bytes || len_bytes > all[low - 1].len_bytes - skip)
        return NULL;
    return all[low - 1].bytes + skip;
}

static enum rd image_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!ranges[i].len_bytes)
            continue;
        const uint8_t *at = image_find((struct image *)m, ranges[i].address, ranges[i].len_bytes);
        if (!at)
            return RD_TORN;
        memcpy(ranges[i].buf, at, ranges[i].len_bytes);
    }
    return RD_OK;
}

static void image_free(struct mem *m)
{
    struct image *image = (struct image *)m;
    vec_release(&image->ranges);
    str_release(&image->file);
    free(image);
}

/* NULL, or what is wrong. */
static const char *image_parse(struct image *image, const uint8_t *at, const uint8_t *end)
{
    uint64_t count, gap, len_bytes, address = 0, total_bytes = 0;
    if (end - at < MEM_IMAGE_MAGIC_BYTES || memcmp(at, MEM_IMAGE_MAGIC, MEM_IMAGE_MAGIC_BYTES) != 0)
        return "it does not begin as one";
    at += MEM_IMAGE_MAGIC_BYTES;
    if (varint_get(&at, end, &count) < 0 || count > (uint64_t)(end - at) / 2)
        return "its table is cut off";
    for (uint64_t i = 0; i < count; i++) {
        if (varint_get(&at, end, &gap) < 0 || varint_get(&at, end, &len_bytes) < 0)
            return "its table is cut off";
        if (!len_bytes || len_bytes > MEM_IMAGE_FILE_BYTES_MAX || (i && !gap) ||
            gap > UINT64_MAX - address || len_bytes > UINT64_MAX - (address + gap))
            return "its table contradicts itself";
        *(struct image_range *)vec_push(&image->ranges) =
            (struct image_range){.start = address + gap, .len_bytes = len_bytes};
        address += gap + len_bytes;
        total_bytes += len_bytes;
    }
    if (total_bytes != (uint64_t)(end - at))
        return "it is cut off, or has more bytes than its table tells";
    for (size_t i = 0; i < count; i++) {
        struct image_range *range = vec_at(&image->ranges, i);
        range->bytes = at;
        at += range->len_bytes;
    }
    return NULL;
}

static struct image *image_new(void)
{
    struct image *image = alloc_zeroed(1, sizeof(*image));
    image->base.read = image_read;
    image->base.free = image_free;
    vec_init(&image->ranges, sizeof(struct image_range));
    return image;
}

struct mem *mem_image_open_bytes(const void *bytes, size_t len_bytes, struct err *err)
{
    struct image *image = image_new();
    const char *wrong = image_parse(image, bytes, (const uint8_t *)bytes + len_bytes);
    if (!wrong)
        return &image->base;
    err_set(err, STATUS_FAIL, "not a memory image: %s", wrong);
    image_free(&image->base);
    return NULL;
}

static int file_read(struct str *file, const char *path, struct err *err)
{
    char part[65536];
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && got > 0 && file->len <= MEM_IMAGE_FILE_BYTES_MAX) {
        got = read(fd, part, sizeof(part));
        if (got > 0)
            str_add_bytes(file, part, (size_t)got);
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (fd < 0 || got < 0)
        return err_set(err, STATUS_FAIL, "cannot read %s: %s", path, strerror(error));
    if (file->len > MEM_IMAGE_FILE_BYTES_MAX)
        return err_set(err, STATUS_FAIL, "%s is too large to be a memory image", path);
    return 0;
}

struct mem *mem_image_open(const char *path, struct err *err)
{
    struct image *image = image_new();
    const char *wrong = NULL;
    int failed = file_read(&image->file, path, err);
    if (!failed) {
        const uint8_t *bytes = (const uint8_t *)image->file.data;
        wrong = bytes ? image_parse(image, bytes, bytes + image->file.len) : "it is empty";
    }
    if (!failed && !wrong)
        return &image->base;
    if (wrong)
        err_set(err, STATUS_FAIL, "%s is not a memory image: %s", path, wrong);
    image_free(&image->base);
    return NULL;
}
