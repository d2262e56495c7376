/* Decodes UTF-8 and counts columns by wcwidth. Knows nothing of tables. */
#include "report/display.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

enum { REPLACEMENT = 0xfffd };

struct glyph {
    uint32_t point;
    size_t bytes, columns;
};

static uint32_t point_at(const char *text, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)text;
    uint32_t point = bytes == 1 ? *at : *at & (0x7fu >> bytes);

    for (size_t i = 1; i < bytes; i++)
        point = point << 6 | (at[i] & 0x3f);
    return point;
}

/* Control characters, and those that turn the direction of what follows. */
static bool drives_terminal(uint32_t point)
{
    return point < ' ' || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* In a locale that knows ASCII only, wcwidth calls everything else unprintable. */
static struct glyph glyph_at(const char *text)
{
    bool valid;
    struct glyph g = {.bytes = utf8_step(text, strnlen(text, 4), &valid)};

    g.point = valid ? point_at(text, g.bytes) : REPLACEMENT;
    if (drives_terminal(g.point))
        g.point = REPLACEMENT;
    int columns = wcwidth((wchar_t)g.point);
    g.columns = columns < 0 ? 1 : (size_t)columns;
    return g;
}

static void add_glyph(struct str *s, const char *text, const struct glyph *g)
{
    if (g->point == REPLACEMENT)
        str_add(s, UTF8_REPLACEMENT);
    else
        str_add_bytes(s, text, g->bytes);
}

size_t display_columns(const char *text)
{
    size_t columns = 0;

    while (*text != '\0') {
        struct glyph g = glyph_at(text);
        columns += g.columns;
        text += g.bytes;
    }
    return columns;
}

static const char *skip_columns(const char *text, size_t columns)
{
    size_t skipped = 0;

    while (*text != '\0') {
        struct glyph g = glyph_at(text);
        if (skipped >= columns && g.columns > 0)
            break;
        skipped += g.columns;
        text += g.bytes;
    }
    return text;
}

size_t display_add(struct str *s, const char *text, size_t columns, enum display_cut cut)
{
    size_t all = display_columns(text), used = 0;
    size_t room = all <= columns ? columns : columns - 1;

    if (columns == 0)
        return 0;
    if (all > columns && cut == DISPLAY_CUT_START) {
        text = skip_columns(text, all - room);
        str_add(s, "…");
        used = 1;
        room = columns;
    }
    while (*text != '\0') {
        struct glyph g = glyph_at(text);
        if (used + g.columns > room)
            break;
        add_glyph(s, text, &g);
        used += g.columns;
        text += g.bytes;
    }
    if (all > columns && cut == DISPLAY_CUT_END) {
        str_add(s, "…");
        used++;
    }
    return used;
}
