/* The four lines above the table: who is looked at, how well, and how busy it is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/draw.h"

enum { METER_COLUMNS = 12, TREND_COLUMNS_MAX = 60 };

/* Right-aligned; the column where it begins. */
static uint32_t draw_right(struct grid *g, uint32_t row, enum style style, const char *text)
{
    uint32_t columns = (uint32_t)display_columns(text);
    uint32_t column = columns < g->columns ? g->columns - columns : 0;
    grid_text(g, row, column, columns, style, DISPLAY_CUT_END, text);
    return column;
}

static void draw_title(struct grid *g, const struct facts *f)
{
    char right[128], clock[24], python[48] = "", pid[32] = "";
    uint64_t s = f->elapsed_ns / NS_PER_S;
    snprintf(clock, sizeof(clock), "%" PRIu64 ":%02u:%02u", s / 3600, (unsigned)(s / 60 % 60),
             (unsigned)(s % 60));
    if (f->python[0])
        snprintf(python, sizeof(python), "Python %s%s  ", f->python, f->free_threaded ? "t" : "");
    if (f->pid)
        snprintf(pid, sizeof(pid), "pid %u  ", f->pid);
    snprintf(right, sizeof(right), "%s%s%s", python, pid, clock);
    uint32_t room =
        (uint32_t)strlen(right) + 2 < g->columns ? g->columns - (uint32_t)strlen(right) - 2 : 0;
    grid_text(g, 0, 0, room, STYLE_BOLD, DISPLAY_CUT_END, f->command);
    draw_right(g, 0, STYLE_PLAIN, right);
}

static void draw_sampling(struct grid *g, const struct facts *f)
{
    bool slow = f->achieved_hz < 0.9 * f->asked_hz && f->elapsed_ns > 2 * (uint64_t)NS_PER_S;
    uint32_t column = grid_printf(g, 1, 0, slow ? STYLE_WARM : STYLE_PLAIN, "Rate %.1f of %.0f Hz",
                                  f->achieved_hz, f->asked_hz);
    column = grid_printf(g, 1, column, STYLE_PLAIN, "  Samples %" PRIu64, f->samples);
    column = grid_printf(g, 1, column, f->rejected ? STYLE_WARM : STYLE_PLAIN,
                         "  Rejected %" PRIu64, f->rejected);
    grid_printf(g, 1, column, f->truncated ? STYLE_WARM : STYLE_PLAIN, "  Truncated %" PRIu64,
                f->truncated);
}

/* The last values, the newest at the right, as bars of eight heights. */
static void trend_text(struct str *text, const float *values, size_t len, size_t columns)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = 100;
    size_t shown = len < columns ? len : columns;
    for (size_t i = len - shown; i < len; i++)
        most = (double)values[i] > most ? (double)values[i] : most;
    for (size_t i = len - shown; i < len; i++) {
        int height = (int)lround((double)values[i] / most * 7);
        str_add(text, bars[height < 0 ? 0 : height > 7 ? 7 : height]);
    }
}

static void draw_meter(struct grid *g, uint32_t column, uint32_t columns, const char *title,
                       double percent, const float *trend, size_t trend_len)
{
    struct str text = STR_EMPTY;
    uint32_t at = grid_printf(g, 2, column, STYLE_BOLD, "%s", title);
    at = grid_printf(g, 2, at, STYLE_PLAIN, " %5.1f%% ", percent);
    uint32_t used = at - column, room = columns > used ? columns - used : 0;
    trend_text(&text, trend, trend_len, room < TREND_COLUMNS_MAX ? room : TREND_COLUMNS_MAX);
    if (text.len)
        grid_text(g, 2, at, room, STYLE_DIM, DISPLAY_CUT_END, text.data);
    str_release(&text);
}

static void format_bytes(char *text, size_t text_bytes, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;
    for (; value >= 1000 && unit < 3; unit++)
        value /= 1024;
    snprintf(text, text_bytes, value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* At the right: what the figures are of. */
static void draw_choice(struct grid *g, const struct top *t, const struct facts *f)
{
    static const char *const classes[] = {
        [LIVE_WALL] = "wall time", [LIVE_CPU] = "time on CPU", [LIVE_GIL] = "time with the GIL"};
    char text[64], window[24];
    snprintf(window, sizeof(window), "last %.1f s", (double)f->window_ns / NS_PER_S);
    snprintf(text, sizeof(text), "%s%s, %s", t->paused ? "PAUSED  " : "", classes[t->class],
             t->span == LIVE_NOW ? window : "since start");
    draw_right(g, 3, t->paused ? STYLE_WARM : STYLE_BOLD, text);
}

static void draw_counts(struct grid *g, const struct top *t, const struct live *l,
                        const struct facts *f)
{
    char resident[24];
    format_bytes(resident, sizeof(resident), f->resident_bytes);
    uint32_t column = grid_printf(g, 3, 0, STYLE_PLAIN, "Threads %u (%u active)", f->threads,
                                  live_active(l, t->span, t->class));
    grid_printf(g, 3, column, STYLE_PLAIN, "  Processes %u  RSS %s", f->processes, resident);
    draw_choice(g, t, f);
}

void draw_head(struct grid *g, const struct top *t, const struct live *l, const struct facts *f)
{
    uint32_t half = (g->columns - 2) / 2;
    draw_title(g, f);
    draw_sampling(g, f);
    draw_meter(g, 0, half, "CPU", f->cpu_percent, f->cpu_trend, f->trend_len);
    draw_meter(g, half + 2, half, f->free_threaded ? "Attached" : "GIL", f->gil_percent,
               f->gil_trend, f->trend_len);
    draw_counts(g, t, l, f);
}
