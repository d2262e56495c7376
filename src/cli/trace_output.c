#include "cli/trace_output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/trace_config.h"

/* "server_20260131_235959_4711.heat" */
static void add_unique_name(struct str *path, char *const *operands)
{
    const char *program =
        trace_config_script(operands) ? trace_config_script(operands) : operands[0];
    char when[32] = "";
    time_t now = time(NULL);
    struct tm tm;
    const char *slash = program ? strrchr(program, '/') : NULL;
    const char *base = slash ? slash + 1 : program ? program : "trace";
    if (localtime_r(&now, &tm))
        strftime(when, sizeof(when), "%Y%m%d_%H%M%S", &tm);
    str_add_bytes(path, base, strcspn(base, "."));
    str_printf(path, "_%s_%d.heat", when, (int)getpid());
}

/* Each folder of the path that is missing. */
static int make_folders(const char *path, struct err *err)
{
    struct str part = STR_EMPTY;
    int failed = 0;
    for (size_t i = 1; i <= strlen(path) && !failed; i++) {
        if (path[i] != '/' && path[i])
            continue;
        str_clear(&part);
        str_add_bytes(&part, path, i);
        failed = mkdir(part.data, 0777) && errno != EEXIST;
    }
    if (failed)
        err_system(err, errno, "cannot make the folder %s", part.data);
    str_release(&part);
    return failed ? -1 : 0;
}

int trace_output_path(const struct trace_options *options, char *const *operands,
                      struct str *ret_path, struct err *err)
{
    if (options->output_dir && make_folders(options->output_dir, err))
        return -1;
    if (options->output_dir)
        str_printf(ret_path, "%s/", options->output_dir);
    if (options->unique_output_file) {
        add_unique_name(ret_path, operands);
        return 0;
    }
    const char *name = options->output ? options->output : "trace.heat";
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    size_t stem = (size_t)(base - name) + strcspn(base, ".");
    str_add_bytes(ret_path, name, stem);
    if (options->pid_suffix)
        str_printf(ret_path, "_%d", (int)getpid());
    str_add(ret_path, name + stem);
    return 0;
}
