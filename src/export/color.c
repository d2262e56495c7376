/* Knows where installed code lives and which colours tell it apart. Shades are chosen in OKLCH, where
 * equal steps look equal, so that no file stands out by chance (Ottosson, bottosson.github.io). */
#include "export/color.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct palette {
    const char *name;
    double light, chroma;   /* of the middle shade */
    double hue, hue_spread; /* degrees */
};

static const struct palette palettes[COLOR_KINDS] = {
    [COLOR_OWN] = {"your code", 0.80, 0.125, 58, 17},
    [COLOR_PACKAGE] = {"packages", 0.79, 0.085, 262, 32},
    [COLOR_LIBRARY] = {"standard library", 0.84, 0.065, 172, 22},
    [COLOR_NEUTRAL] = {"no Python frame", 0.885, 0.012, 80, 0},
    [COLOR_MARK] = {"garbage collection", 0.75, 0.13, 350, 0},
};

static bool has(const char *path, const char *part)
{
    return strstr(path, part) != NULL;
}

enum color_kind color_kind(const struct view_frame *frame)
{
    if (frame->kind == VIEW_PROCESS || frame->kind == VIEW_THREAD) {
        return COLOR_NEUTRAL;
    }
    if (frame->kind == VIEW_SYNTHETIC) {
        return COLOR_MARK;
    }
    if (has(frame->path, "/site-packages/") || has(frame->path, "/dist-packages/")) {
        return COLOR_PACKAGE;
    }
    if (has(frame->path, "/lib/python") || strncmp(frame->path, "<frozen ", 8) == 0) {
        return COLOR_LIBRARY;
    }
    return COLOR_OWN;
}

/* FNV-1a, as a number in [-1, 1]. */
static double shade(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    }
    hash ^= hash >> 15;
    hash *= 0x2c1b3c6du;
    hash ^= hash >> 13;
    return (hash % 2001) / 1000.0 - 1;
}

static uint32_t channel(double linear)
{
    double clipped = linear < 0 ? 0 : linear > 1 ? 1 : linear;
    double gamma = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * pow(clipped, 1 / 2.4) - 0.055;
    return (uint32_t)lround(gamma * 255);
}

static uint32_t oklch(double light, double chroma, double hue)
{
    double radians = hue * 3.14159265358979323846 / 180;
    double a = chroma * cos(radians), b = chroma * sin(radians);
    double l = pow(light + 0.3963377774 * a + 0.2158037573 * b, 3);
    double m = pow(light - 0.1055613458 * a - 0.0638541728 * b, 3);
    double s = pow(light - 0.0894841775 * a - 1.2914855480 * b, 3);
    return channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) << 16 |
           channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8 |
           channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
}

uint32_t color_rgb(const struct view_frame *frame)
{
    const struct palette *p = &palettes[color_kind(frame)];
    if (p->hue_spread == 0) {
        return oklch(p->light, p->chroma, p->hue);
    }
    double file = shade(frame->path), function = shade(frame->name);
    return oklch(p->light + 0.018 * file + 0.022 * function, p->chroma,
                 p->hue + p->hue_spread * file);
}

uint32_t color_kind_rgb(enum color_kind kind)
{
    return oklch(palettes[kind].light, palettes[kind].chroma, palettes[kind].hue);
}

const char *color_kind_name(enum color_kind kind)
{
    return palettes[kind].name;
}
