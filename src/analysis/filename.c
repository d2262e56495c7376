/* Knows how Python lays out packages on disk, and asks the disk about each folder once. Knows
 * nothing of frames. */
#include "analysis/filename.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

void filename_init(struct filename *f)
{
    *f = (struct filename){.folders = intern_new()};
    vec_init(&f->packages, sizeof(char));
}

void filename_release(struct filename *f)
{
    intern_free(f->folders);
    vec_release(&f->packages);
    str_release(&f->path);
}

static bool is_there(struct filename *f, const char *path, size_t len_bytes, const char *name)
{
    str_clear(&f->path);
    str_add_bytes(&f->path, path, len_bytes);
    str_add(&f->path, name);
    return access(f->path.data, F_OK) == 0;
}

/* `len_bytes` of `path` are a folder with its last slash. */
static bool is_package(struct filename *f, const char *path, size_t len_bytes)
{
    if (intern_count(f->folders) >= FILENAME_LOOKS_MAX) {
        return false;
    }
    bool is_new;
    uint32_t id = intern_id(f->folders, path, len_bytes, &is_new);
    if (is_new) {
        *(char *)vec_push(&f->packages) = is_there(f, path, len_bytes, "__init__.py");
    }
    return *(char *)vec_at(&f->packages, id);
}

/* Length of the folder, last slash included, that holds what the first `len_bytes` name; 0 = none. */
static size_t folder_len(const char *path, size_t len_bytes)
{
    while (len_bytes > 0 && path[len_bytes - 1] != '/') {
        len_bytes--;
    }
    return len_bytes;
}

static const char *after_packages(struct filename *f, const char *path)
{
    size_t cut = folder_len(path, strlen(path));
    while (cut > 1 && is_package(f, path, cut)) {
        cut = folder_len(path, cut - 1);
    }
    return path + cut;
}

/* What follows the last "/lib/pythonX.Y/" or its site-packages; NULL if neither is there. */
static const char *after_library(const char *path)
{
    static const char *const folders[] = {"/site-packages/", "/dist-packages/"};
    const char *rest = NULL;
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        for (const char *at = path; (at = strstr(at, folders[i])); rest = at) {
            at += strlen(folders[i]);
        }
    }
    if (rest) {
        return rest;
    }
    for (const char *at = path; (at = strstr(at, "/lib/python")); at++) {
        const char *end = at + strlen("/lib/python");
        while (isdigit((unsigned char)*end) || *end == '.') {
            end++;
        }
        bool version = isdigit((unsigned char)end[-1]);
        end += *end == 't'; /* free-threaded */
        if (version && *end == '/') {
            rest = end + 1;
        }
    }
    return rest;
}

const char *filename_short(struct filename *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || path[0] == '<' || !slash[1]) {
        return path;
    }
    size_t len = (size_t)(slash - path) + 1;
    bool asked = intern_count(f->folders) < FILENAME_LOOKS_MAX;
    if (asked && is_there(f, path, strlen(path), "")) {
        return after_packages(f, path);
    }
    const char *rest = after_library(path);
    return rest ? rest : path + len;
}
