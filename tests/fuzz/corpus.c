/* Runs a fuzz target over stored inputs: every file named, and every file of the folders named. A
 * failure is a crash, so it says which input comes next. */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static int passed, failed;

static bool run_file(const char *path, size_t len_bytes)
{
    /* Exactly its bytes on the heap: a sanitizer sees any step beyond. */
    uint8_t *bytes = malloc(len_bytes ? len_bytes : 1);
    FILE *file = fopen(path, "rb");
    bool whole = file && bytes && fread(bytes, 1, len_bytes, file) == len_bytes;
    if (file)
        fclose(file);
    if (whole) {
        printf("%s\n", path);
        fflush(stdout);
        LLVMFuzzerTestOneInput(bytes, len_bytes);
    }
    free(bytes);
    return whole;
}

static void run(const char *path);

static void run_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[PATH_MAX];
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            run(inner);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void run(const char *path)
{
    struct stat st;
    if (stat(path, &st) || (!S_ISDIR(st.st_mode) && !run_file(path, (size_t)st.st_size))) {
        perror(path);
        failed++;
    } else if (S_ISDIR(st.st_mode)) {
        run_folder(path);
    } else {
        passed++;
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run(argv[i]);
    if (!passed)
        fprintf(stderr, "the corpus is empty\n");
    printf("%d passed, %d failed\n", passed, failed);
    return passed && !failed ? 0 : 1;
}
