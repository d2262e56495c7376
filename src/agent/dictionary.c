/* Knows what has been defined in this process so far. */
#include "agent/dictionary.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/pyapi.h"
#include "agent/stream.h"
#include "agent/table.h"
#include "base/clock.h"
#include "base/proc_stat.h"

enum { PROCESS_ID = 1, COMMAND_BYTES_MAX = 4096, ANCESTORS_MAX = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream stream;
static struct table strings, functions, tasks; /* hash of the content → id */
static uint32_t strings_len, functions_len, threads_len, tasks_len;
static bool begun;

/* FNV-1a, with a last mix: 64 bits, so that no two of a program's texts are taken for one. */
static uint64_t hash(uint64_t seed, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t h = seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ at[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    return h > TABLE_REMOVED ? h : 2;
}

static struct string_id string_of(struct text text)
{
    if (!text.len_bytes)
        return (struct string_id){0};
    uint64_t key = hash(0, text.data, text.len_bytes);
    uint32_t id = table_find(&strings, key);
    if (id)
        return (struct string_id){id};
    struct event event = {.kind = EVENT_STRING, .string = {{strings_len + 1}, text}};
    if (stream_put(&stream, &event) || table_put(&strings, key, strings_len + 1))
        return (struct string_id){0};
    return (struct string_id){++strings_len};
}

static struct function_id function_of(struct text name, struct text file, uint32_t first_line)
{
    uint64_t key = hash(first_line, name.data, name.len_bytes);
    key = hash(key, file.data, file.len_bytes);
    uint32_t id = table_find(&functions, key);
    if (id)
        return (struct function_id){id};
    struct event event = {
        .kind = EVENT_FUNCTION,
        .function = {{functions_len + 1}, string_of(name), string_of(file), first_line}};
    if (stream_put(&stream, &event) || table_put(&functions, key, functions_len + 1))
        return (struct function_id){0};
    return (struct function_id){++functions_len};
}

/* The arguments joined by blanks. */
static struct text command_of(char *buffer, size_t cap)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, buffer, cap);
    if (fd >= 0)
        close(fd);
    while (len > 0 && !buffer[len - 1])
        len--;
    for (ssize_t i = 0; i < len; i++)
        if (!buffer[i])
            buffer[i] = ' ';
    return (struct text){buffer, len > 0 ? (uint32_t)len : 0};
}

/* 0: it cannot be told. */
static pid_t parent_of(pid_t pid)
{
    char text[PROC_STAT_BYTES];
    const char *fields = proc_stat_read(pid, text);
    int parent;
    return fields && sscanf(fields, "%*c %d", &parent) == 1 ? parent : 0;
}

static void define_ancestors(void)
{
    pid_t pid = getppid();
    for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = parent_of(pid)) {
        struct event event = {.kind = EVENT_ANCESTOR, .ancestor = {{PROCESS_ID}, (uint32_t)pid}};
        stream_put(&stream, &event);
    }
}

static void define_process(void)
{
    char path[COMMAND_BYTES_MAX], command[COMMAND_BYTES_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
    struct text executable = {path, len > 0 ? (uint32_t)len : 0};
    struct event event = {.kind = EVENT_PROCESS,
                          .process = {.id = {PROCESS_ID},
                                      .t_ns = clock_ns(),
                                      .pid = (uint32_t)getpid(),
                                      .executable = string_of(executable),
                                      .command = string_of(command_of(command, sizeof(command))),
                                      .python = 3u << 24 | (uint32_t)py.minor << 16,
                                      .flags = py.free_threaded}};
    stream_put(&stream, &event);
    define_ancestors();
}

static void begin(void)
{
    begun = true;
    uint32_t id = segment_new_stream();
    stream_init(&stream, id, id, clock_ns());
    define_process();
}

static void enter(void)
{
    pthread_mutex_lock(&lock);
    if (!begun)
        begin();
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

void dictionary_forget(void)
{
    pthread_mutex_init(&lock, NULL); /* whoever held it when this process was forked is not here */
    segment_leave(stream.segment);
    stream = (struct stream){0};
    table_clear(&strings);
    table_clear(&functions);
    table_clear(&tasks);
    strings_len = functions_len = threads_len = tasks_len = 0;
    begun = false;
}

uint32_t dictionary_stream(void)
{
    enter();
    leave();
    return stream.id;
}

struct string_id dictionary_string(struct text text)
{
    enter();
    struct string_id id = string_of(text);
    leave();
    return id;
}

struct function_id dictionary_function(struct text name, struct text file, uint32_t first_line)
{
    enter();
    struct function_id id = function_of(name, file, first_line);
    leave();
    return id;
}

uint32_t dictionary_task(uint64_t address, struct text name)
{
    enter();
    uint64_t key = hash(address, name.data, name.len_bytes);
    uint32_t id = table_find(&tasks, key);
    if (!id && table_put(&tasks, key, tasks_len + 1) == 0)
        id = ++tasks_len;
    leave();
    return id;
}

struct thread_id dictionary_thread(struct thread_id id, pid_t tid, struct text name, uint64_t ident)
{
    enter();
    if (!id.i)
        id.i = ++threads_len;
    struct event event = {.kind = EVENT_THREAD,
                          .thread = {.id = id,
                                     .process = {PROCESS_ID},
                                     .t_ns = clock_ns(),
                                     .tid = (uint32_t)tid,
                                     .name = string_of(name),
                                     .ident = ident}};
    stream_put(&stream, &event);
    leave();
    return id;
}

void dictionary_thread_end(struct thread_id id)
{
    struct event event = {.kind = EVENT_THREAD_END, .thread_end = {id, clock_ns()}};
    enter();
    stream_put(&stream, &event);
    leave();
}

void dictionary_process_end(void)
{
    struct event event = {.kind = EVENT_PROCESS_END, .process_end = {{PROCESS_ID}, clock_ns(), -1}};
    enter();
    stream_put(&stream, &event);
    leave();
}
