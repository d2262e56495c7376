/* The figures behind `heatline info`, from a profile and the reader's summary. */
#include "cli/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / NS_PER_S : 0;
}

static double achieved_hz(const struct input *in)
{
    const struct profile *p = in->profile;
    double watched_s = 0;

    for (size_t i = 1; i < p->processes.len; i++) {
        const struct profile_process *process = vec_at(&p->processes, i);
        watched_s += seconds(process->start_ns, process->end_ns != 0 ? process->end_ns : p->end_ns);
    }
    return watched_s > 0 ? (double)p->looks / watched_s : 0;
}

static void format_started(uint64_t wall_ns, char *text, size_t text_bytes)
{
    time_t wall_s = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;

    text[0] = '\0';
    if (gmtime_r(&wall_s, &tm) != NULL)
        strftime(text, text_bytes, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void info_init(struct info *info, const char *path, const struct input *input)
{
    const struct profile *p = input->profile;
    const char *rate = profile_note_value(p, "rate_hz");

    *info = (struct info){
        .path = path,
        .input = input,
        .duration_s = seconds(p->start_ns, p->end_ns),
        .rate_hz = rate != NULL ? strtod(rate, NULL) : 0,
        .achieved_hz = achieved_hz(input),
        .thread_samples = alloc_zeroed(p->threads.len + 1, sizeof(uint64_t)),
    };
    format_started(input->summary.wall_ns, info->started, sizeof info->started);
    for (size_t i = 0; i < p->samples.len; i++)
        info->thread_samples[((const struct profile_sample *)vec_at(&p->samples, i))->thread.i]++;
}

void info_release(struct info *info)
{
    free(info->thread_samples);
    info->thread_samples = NULL;
}

void info_python(uint32_t version_hex, char *text, size_t text_bytes)
{
    static const char *const levels[16] = {[0xa] = "a", [0xb] = "b", [0xc] = "rc"};
    const char *level = levels[version_hex >> 4 & 0xf];
    char serial[16] = "";

    if (level != NULL)
        snprintf(serial, sizeof serial, "%s%u", level, version_hex & 0xf);
    text[0] = '\0';
    if (version_hex != 0 && (version_hex & 0xffff) == 0) /* no release has this level */
        snprintf(text, text_bytes, "%u.%u", version_hex >> 24, version_hex >> 16 & 0xff);
    else if (version_hex != 0)
        snprintf(text, text_bytes, "%u.%u.%u%s", version_hex >> 24, version_hex >> 16 & 0xff,
                 version_hex >> 8 & 0xff, serial);
}

double info_since_start(const struct info *info, uint64_t t_ns)
{
    return seconds(info->input->profile->start_ns, t_ns);
}
