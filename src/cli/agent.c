#include "cli/agent.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const places[] = {"/heatline-agent.so", "/../lib/heatline/heatline-agent.so"};

int agent_find(struct str *ret_path, struct err *err)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return err_system(err, errno, "cannot tell where heatline itself is");
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char real[PATH_MAX];
        str_clear(ret_path);
        str_add(ret_path, program);
        str_add(ret_path, places[i]);
        if (!realpath(ret_path->data, real))
            continue;
        str_clear(ret_path);
        str_add(ret_path, real);
        return 0;
    }
    err_set(err, STATUS_FAIL, "heatline-agent.so, which tracing needs, is not installed");
    return err_hint(err, "it belongs beside heatline, in %s; install Heatline again",
                    *program ? program : "/");
}

int agent_set_environment(const char *path, const char *config, struct err *err)
{
    /* The loader takes blanks and colons for the end of a name. */
    if (strpbrk(path, " :")) {
        err_set(err, STATUS_FAIL, "tracing cannot load %s: there is a blank or colon in it", path);
        return err_hint(err, "install Heatline in another folder");
    }
    const char *before = getenv("LD_PRELOAD");
    struct str preload = STR_EMPTY;
    str_printf(&preload, "%s%s%s", path, before && *before ? ":" : "", before ? before : "");
    int failed = setenv("LD_PRELOAD", preload.data, 1) || setenv("HEATLINE_AGENT", config, 1);
    str_release(&preload);
    return failed ? err_system(err, errno, "cannot set the program's environment") : 0;
}
