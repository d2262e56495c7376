/* Stands in front of the C library's ways to run a program with an environment that the caller made: what the agent
 * needs in it is added, so that a child is recorded however it is started. Everything else is passed through. They may
 * be called between vfork and exec: no lock, no malloc. */
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/environment.h"

/* `env`, completed in the caller's frame. */
#define COMPLETED(env)                                                                             \
    size_t entries = environment_entries(env);                                                     \
    if (entries) {                                                                                 \
        char **completed = alloca(entries * sizeof(char *));                                       \
        environment_complete(env, completed, alloca(environment_text_bytes(env)));                 \
        env = completed;                                                                           \
    }

/* The C library's own; looked up when the agent is loaded, since a vforked child must not. */
static int (*real_execve)(const char *, char *const *, char *const *);
static int (*real_execvpe)(const char *, char *const *, char *const *);
static int (*real_fexecve)(int, char *const *, char *const *);
typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const *, char *const *);
static spawn_function *real_posix_spawn, *real_posix_spawnp;

__attribute__((constructor)) static void find(void)
{
    *(void **)&real_execve = dlsym(RTLD_NEXT, "execve");
    *(void **)&real_execvpe = dlsym(RTLD_NEXT, "execvpe");
    *(void **)&real_fexecve = dlsym(RTLD_NEXT, "fexecve");
    *(void **)&real_posix_spawn = dlsym(RTLD_NEXT, "posix_spawn");
    *(void **)&real_posix_spawnp = dlsym(RTLD_NEXT, "posix_spawnp");
}

extern char **environ;

static int missing(void)
{
    errno = ENOSYS;
    return -1;
}

AGENT_EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
    COMPLETED(env)
    return real_execve ? real_execve(path, argv, env) : missing();
}

AGENT_EXPORT int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

AGENT_EXPORT int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

AGENT_EXPORT int execvpe(const char *file, char *const argv[], char *const env[])
{
    COMPLETED(env)
    return real_execvpe ? real_execvpe(file, argv, env) : missing();
}

AGENT_EXPORT int fexecve(int fd, char *const argv[], char *const env[])
{
    COMPLETED(env)
    return real_fexecve ? real_fexecve(fd, argv, env) : missing();
}

AGENT_EXPORT int posix_spawn(pid_t *ret_pid, const char *path,
                             const posix_spawn_file_actions_t *actions,
                             const posix_spawnattr_t *attributes, char *const argv[],
                             char *const env[])
{
    COMPLETED(env)
    return real_posix_spawn ? real_posix_spawn(ret_pid, path, actions, attributes, argv, env)
                            : ENOSYS;
}

AGENT_EXPORT int posix_spawnp(pid_t *ret_pid, const char *file,
                              const posix_spawn_file_actions_t *actions,
                              const posix_spawnattr_t *attributes, char *const argv[],
                              char *const env[])
{
    COMPLETED(env)
    return real_posix_spawnp ? real_posix_spawnp(ret_pid, file, actions, attributes, argv, env)
                             : ENOSYS;
}
