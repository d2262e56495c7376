/* Reads each source file once. A recording may come from another machine or from a stranger: only
 * regular files of bounded size are read, and what is not there is no error. */
#include "report/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

struct source_file {
    char *path, *text;       /* line ends have become NUL */
    struct vec line_offsets; /* of size_t */
};

void source_init(struct source *s)
{
    vec_init(&s->files, sizeof(struct source_file));
}

void source_release(struct source *s)
{
    for (size_t i = 0; i < s->files.len; i++) {
        struct source_file *file = vec_at(&s->files, i);
        free(file->path);
        free(file->text);
        vec_release(&file->line_offsets);
    }
    vec_release(&s->files);
}

/* The file's bytes, NUL-ended, or NULL. */
static char *read_whole(const char *path, size_t *ret_bytes)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    char *text = NULL;
    size_t bytes = 0;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SOURCE_BYTES_MAX) {
        text = alloc_zeroed((size_t)st.st_size + 1, 1);
        while (bytes < (size_t)st.st_size) {
            ssize_t got = read(fd, text + bytes, (size_t)st.st_size - bytes);
            if (got <= 0)
                break;
            bytes += (size_t)got;
        }
    }
    close(fd);
    *ret_bytes = bytes;
    return text;
}

static void split(struct source_file *file, size_t bytes)
{
    size_t at = 0;

    while (at < bytes) {
        char *end = memchr(file->text + at, '\n', bytes - at);
        *(size_t *)vec_push(&file->line_offsets) = at;
        if (end == NULL)
            break;
        *end = '\0';
        if (end > file->text && end[-1] == '\r')
            end[-1] = '\0';
        at = (size_t)(end - file->text) + 1;
    }
}

static struct source_file *open_file(struct source *s, const char *path)
{
    for (size_t i = 0; i < s->files.len; i++) {
        struct source_file *file = vec_at(&s->files, i);
        if (strcmp(file->path, path) == 0)
            return file;
    }
    if (s->files.len >= SOURCE_FILES_MAX)
        return NULL;
    struct source_file *file = vec_push(&s->files);
    size_t bytes = 0;
    file->path = alloc_copy(path, strlen(path));
    file->text = read_whole(path, &bytes);
    vec_init(&file->line_offsets, sizeof(size_t));
    if (file->text != NULL)
        split(file, bytes);
    return file;
}

const char *source_line(struct source *s, const char *path, uint32_t line)
{
    if (path[0] == '\0' || path[0] == '<' || line == 0)
        return NULL;
    const struct source_file *file = open_file(s, path);
    if (file == NULL || line > file->line_offsets.len)
        return NULL;
    const char *text = file->text + *(size_t *)vec_at(&file->line_offsets, line - 1);
    return text + strspn(text, " \t\f");
}
