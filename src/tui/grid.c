/* Knows columns and styles. Knows neither what is shown nor on what. */
#include "tui/grid.h"

#include <stdarg.h>

void grid_init(struct grid *g)
{
    *g = (struct grid){0};
    vec_init(&g->spans, sizeof(struct grid_span));
}

void grid_release(struct grid *g)
{
    vec_release(&g->spans);
    str_release(&g->texts);
}

void grid_begin(struct grid *g, uint32_t rows, uint32_t columns)
{
    g->rows = rows;
    g->columns = columns;
    vec_clear(&g->spans);
    str_clear(&g->texts);
}

uint32_t grid_text(struct grid *g, uint32_t row, uint32_t column, uint32_t room, enum style style,
                   enum display_cut cut, const char *text)
{
    if (row >= g->rows || column >= g->columns)
        return column;
    if (room > g->columns - column)
        room = g->columns - column;
    size_t start = g->texts.len;
    uint32_t used = (uint32_t)display_add(&g->texts, text, room, cut);
    if (g->texts.len == start)
        return column;
    str_add_bytes(&g->texts, "", 1);
    *(struct grid_span *)vec_push(&g->spans) =
        (struct grid_span){.row = row, .column = column, .style = style, .text = start};
    return column + used;
}

uint32_t grid_printf(struct grid *g, uint32_t row, uint32_t column, enum style style,
                     const char *format, ...)
{
    struct str text = STR_EMPTY;
    va_list args;
    va_start(args, format);
    str_vprintf(&text, format, args);
    va_end(args);
    column = grid_text(g, row, column, g->columns, style, DISPLAY_CUT_END, text.data);
    str_release(&text);
    return column;
}

void grid_fill(struct grid *g, uint32_t row, uint32_t column, enum style style)
{
    if (column < g->columns)
        grid_printf(g, row, column, style, "%*s", (int)(g->columns - column), "");
}

const char *grid_span_text(const struct grid *g, const struct grid_span *span)
{
    return g->texts.data + span->text;
}

void grid_line(const struct grid *g, uint32_t row, struct str *ret_line)
{
    uint32_t column = 0;
    for (size_t i = 0; i < g->spans.len; i++) {
        const struct grid_span *span = vec_at(&g->spans, i);
        if (span->row != row)
            continue;
        if (span->column > column)
            str_printf(ret_line, "%*s", (int)(span->column - column), "");
        const char *text = grid_span_text(g, span);
        str_add(ret_line, text);
        column = span->column + (uint32_t)display_columns(text);
    }
    while (ret_line->len && ret_line->data[ret_line->len - 1] == ' ')
        ret_line->data[--ret_line->len] = '\0';
}
