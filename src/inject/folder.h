/* A private folder in the file system that another process sees, also in a container: what that process is to load lies
 * in it for the moment it takes, owned by its user and closed to all others. */
#ifndef HEATLINE_INJECT_FOLDER_H
#define HEATLINE_INJECT_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { FOLDER_PATH_BYTES = 96 };

struct folder {
    int parent_fd, fd; /* -1: there is none */
    char name[48];
    char path[FOLDER_PATH_BYTES]; /* as the process itself sees it; plain ASCII */
    uid_t uid;
    gid_t gid;
};

/* 0 or -1. */
int folder_make(struct folder *f, pid_t pid, struct err *err);
/* Puts a file into it. 0 or -1. */
int folder_put(struct folder *f, const char *name, const void *bytes, size_t len_bytes,
               struct err *err);
/* The same, from a file of ours. */
int folder_copy(struct folder *f, const char *name, const char *from, struct err *err);
/* The text of a file that the process has put there; its length, or -1 as long as there is none. */
ssize_t folder_read(const struct folder *f, const char *name, char *ret, size_t cap);
/* Removes the folder with all that is in it, and those that were left there by others that were killed. */
void folder_remove(struct folder *f);

/* Is nobody at work in a folder, by its path as the process sees it? */
bool folder_is_left(pid_t pid, const char *path);

#endif
