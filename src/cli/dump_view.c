/* Knows what is said of a frame and of a thread, whatever the form. */
#include <stdio.h>

#include "cli/dump.h"
#include "subject/syscalls.h"

enum { PATH_BYTES_MAX = 8192 };

uint32_t dump_view_line(const struct dump_view *v, const struct dump_frame *frame)
{
    return v->options->functions ? dump_frame_first_line(v->dump, frame)
                                 : dump_frame_line(v->dump, frame);
}

const char *dump_view_file(const struct dump_view *v, const struct dump_frame *frame)
{
    const char *file = dump_frame_file(v->dump, frame);
    return v->options->full_filenames ? file : filename_short(v->filename, file);
}

const char *dump_view_source(const struct dump_view *v, const struct dump_frame *frame)
{
    const char *file = dump_frame_file(v->dump, frame);
    uint32_t line = dump_view_line(v, frame);
    char path[PATH_BYTES_MAX];
    if (file[0] == '<' || file[0] == '\0' || !line)
        return NULL;
    snprintf(path, sizeof(path), "/proc/%d/%s%s", v->dump->pid, file[0] == '/' ? "root" : "cwd/",
             file);
    const char *text = source_line(v->source, path, line);
    if (!text && file[0] == '/')
        text = source_line(v->source, file, line);
    return text && text[0] ? text : NULL;
}

void dump_view_state(const struct dump_view *v, const struct dump_thread *t, struct str *ret_text)
{
    const char *syscall = syscall_name(t->syscall);
    if (!t->known)
        str_add(ret_text, "state not known");
    else if (t->suspended)
        str_add(ret_text, "stopped");
    else if (t->on_cpu)
        str_add(ret_text, "on CPU");
    else if (syscall)
        str_printf(ret_text, "idle in %s", syscall);
    else
        str_printf(ret_text, "idle in system call %lld", (long long)t->syscall);
    if (t->gil == DUMP_GIL_HELD)
        str_add(ret_text, v->dump->runtime.layout.free_threaded ? ", attached" : ", holds the GIL");
    else if (t->gil == DUMP_GIL_WAITED_FOR)
        str_add(ret_text, ", waiting for the GIL");
    if (t->collecting)
        str_add(ret_text, ", collecting garbage");
}
