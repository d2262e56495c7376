/* A fresh folder for one test, removed with all that is in it. */
#ifndef HEATLINE_TESTS_UNIT_FOLDER_H
#define HEATLINE_TESTS_UNIT_FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "check.h"

struct folder {
    char path[64];
    char file[PATH_MAX]; /* the last one that folder_file named */
};

static inline int folder_setup(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    strcpy(f->path, "/tmp/heatline-test-XXXXXX");
    *state = f;
    return mkdtemp(f->path) ? 0 : -1;
}

static inline const char *folder_file(struct folder *f, const char *name)
{
    snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
    return f->file;
}

/* How many names there are: nothing temporary may be left behind. */
static inline int folder_count(const struct folder *f)
{
    int count = 0;
    DIR *dir = opendir(f->path);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(dir);
    return count;
}

static inline int folder_teardown(void **state)
{
    struct folder *f = *state;
    DIR *dir = opendir(f->path);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlink(folder_file(f, entry->d_name));
    }
    closedir(dir);
    int result = rmdir(f->path);
    free(f);
    return result;
}

#endif
