/* Lays a table out for a terminal: numbers right, texts left, the widest texts cut until a row
 * fits, shares coloured by how hot they are. */
#include "report/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { GAP = 2, TEXT_COLUMNS_MIN = 6, TEXT_COLUMNS_WANTED = 18 };

static const double hot_percent = 20, warm_percent = 5;

void table_duration_text(uint64_t ns, char *text, size_t text_bytes)
{
    static const char *const units[] = {"us", "ms", "s"};
    double value = (double)ns / 1000;
    size_t unit = 0;
    if (ns < 1000) {
        snprintf(text, text_bytes, "%uns", (unsigned)ns);
        return;
    }
    for (; value >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(text, text_bytes, "%.*f%s", decimals, value, units[unit]);
}

static const char *number_text(const struct column *column, double value, char *number,
                               size_t number_bytes)
{
    if (isnan(value))
        return "";
    if (column->kind == COLUMN_PROBABILITY && value < 0.001)
        return "<0.001";
    if (column->kind == COLUMN_CHANGE && (isinf(value) || value == -100))
        return value < 0 ? "gone" : "new";
    snprintf(number, number_bytes, column->kind == COLUMN_CHANGE ? "%+.1f%%" : "%.3f", value);
    return number;
}

/* The text of a cell; numbers are written into `number`. */
static const char *cell_text(const struct column *column, const struct cell *cell, char *number,
                             size_t number_bytes)
{
    switch (column->kind) {
    case COLUMN_TEXT:
        return cell->text;
    case COLUMN_COUNT:
        snprintf(number, number_bytes, "%llu", (unsigned long long)cell->number);
        break;
    case COLUMN_SHARE:
        snprintf(number, number_bytes, "%.1f%%", cell->percent);
        break;
    case COLUMN_TIME:
        snprintf(number, number_bytes, "%.2fs", (double)cell->number / NS_PER_S);
        break;
    case COLUMN_CHANGE:
    case COLUMN_PROBABILITY:
        return number_text(column, cell->percent, number, number_bytes);
    case COLUMN_DURATION:
        table_duration_text(cell->number, number, number_bytes);
        break;
    }
    return number;
}

static size_t natural_width(const struct table *t, size_t i)
{
    size_t width = display_columns(t->columns[i].title);
    char number[32];

    for (size_t row = 0; row < table_rows(t); row++) {
        const struct cell *cell = table_cell(t, row, i);
        size_t columns = display_columns(cell_text(&t->columns[i], cell, number, sizeof number));
        width = columns > width ? columns : width;
    }
    return width;
}

/* Of a row in which no text is wider than `text_max`. Columns without width are not shown. */
static size_t row_width(const struct table *t, const size_t *widths, size_t text_max)
{
    size_t sum = 0;

    for (size_t i = 0; i < t->column_count; i++) {
        bool cut = t->columns[i].kind == COLUMN_TEXT && widths[i] > text_max;
        sum += widths[i] == 0 ? 0 : GAP + (cut ? text_max : widths[i]);
    }
    return sum > 0 ? sum - GAP : 0;
}

/* Leaves out minor columns until the texts have room enough to say something. */
static void leave_out(const struct table *t, size_t *widths, size_t width)
{
    for (size_t i = t->column_count; i-- > 0;) {
        if (t->columns[i].minor && row_width(t, widths, TEXT_COLUMNS_WANTED) > width)
            widths[i] = 0;
    }
}

/* Takes a column from the widest text until the row fits or no text can give more. */
static void shrink(const struct table *t, size_t *widths, size_t width)
{
    for (size_t excess = row_width(t, widths, SIZE_MAX); excess > width; excess--) {
        size_t widest = t->column_count;
        for (size_t i = 0; i < t->column_count; i++) {
            if (t->columns[i].kind == COLUMN_TEXT && widths[i] > TEXT_COLUMNS_MIN &&
                (widest == t->column_count || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == t->column_count)
            return;
        widths[widest]--;
    }
}

static const char *cell_color(const struct column *column, const struct cell *cell)
{
    if (column->kind == COLUMN_SHARE && cell->percent >= hot_percent)
        return "\033[1;31m";
    if (column->kind == COLUMN_SHARE && cell->percent >= warm_percent)
        return "\033[33m";
    return column->dim ? "\033[2m" : "";
}

static void add_cell(struct str *line, const struct column *column, const char *text, size_t width,
                     const char *color)
{
    struct str shown = STR_EMPTY;
    size_t used = display_add(&shown, text, width, column->cut);
    const char *end = color[0] != '\0' ? "\033[0m" : "";

    if (column->kind != COLUMN_TEXT)
        str_printf(line, "%*s", (int)(width - used), "");
    str_printf(line, "%s%s%s", color, shown.data != NULL ? shown.data : "", end);
    if (column->kind == COLUMN_TEXT)
        str_printf(line, "%*s", (int)(width - used), "");
    str_release(&shown);
}

static void write_line(struct str *line, struct out *o)
{
    while (line->len > 0 && line->data[line->len - 1] == ' ')
        line->len--;
    out_bytes(o, line->data, line->len);
    out_text(o, "\n");
    str_clear(line);
}

void table_write_text(const struct table *t, size_t width, bool color, struct out *o)
{
    size_t *widths = alloc_zeroed(t->column_count, sizeof *widths);
    struct str line = STR_EMPTY;
    char number[32];

    for (size_t i = 0; i < t->column_count; i++)
        widths[i] = t->columns[i].use == COLUMN_DATA ? 0 : natural_width(t, i);
    leave_out(t, widths, width);
    shrink(t, widths, width);
    for (size_t row = 0; row < table_rows(t) + 1; row++) {
        for (size_t i = 0; i < t->column_count; i++) {
            const struct column *column = &t->columns[i];
            if (widths[i] == 0)
                continue;
            if (line.len > 0)
                str_printf(&line, "%*s", GAP, "");
            if (row == 0) {
                add_cell(&line, column, column->title, widths[i], color ? "\033[1m" : "");
                continue;
            }
            const struct cell *cell = table_cell(t, row - 1, i);
            add_cell(&line, column, cell_text(column, cell, number, sizeof number), widths[i],
                     color ? cell_color(column, cell) : "");
        }
        write_line(&line, o);
    }
    str_release(&line);
    free(widths);
}
