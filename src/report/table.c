/* Keeps the cells of a table, and writes them as data; table_text.c lays them out for people. */
#include "report/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

void table_init(struct table *t, const struct column *columns)
{
    *t = (struct table){.columns = columns};
    while (columns[t->column_count].key != NULL)
        t->column_count++;
    vec_init(&t->cells, sizeof(struct cell));
    vec_init(&t->texts, sizeof(char *));
}

void table_clear(struct table *t)
{
    for (size_t i = 0; i < t->texts.len; i++)
        free(*(char **)vec_at(&t->texts, i));
    vec_clear(&t->texts);
    vec_clear(&t->cells);
}

void table_release(struct table *t)
{
    table_clear(t);
    vec_release(&t->texts);
    vec_release(&t->cells);
}

static struct cell *push(struct table *t)
{
    return vec_push(&t->cells);
}

void table_text(struct table *t, const char *text)
{
    push(t)->text = text;
}

void table_printf(struct table *t, const char *format, ...)
{
    struct str s = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vprintf(&s, format, args);
    va_end(args);
    char *text = alloc_copy(s.data != NULL ? s.data : "", s.len);
    str_release(&s);
    *(char **)vec_push(&t->texts) = text;
    table_text(t, text);
}

void table_count(struct table *t, uint64_t count)
{
    push(t)->number = count;
}

void table_time(struct table *t, uint64_t ns)
{
    push(t)->number = ns;
}

void table_share(struct table *t, uint64_t part, uint64_t whole)
{
    push(t)->percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

void table_number(struct table *t, double number)
{
    push(t)->percent = number;
}

const struct cell *table_cell(const struct table *t, size_t row, size_t column)
{
    return vec_at(&t->cells, row * t->column_count + column);
}

size_t table_rows(const struct table *t)
{
    return t->cells.len / t->column_count;
}

static bool is_fraction(const struct column *column)
{
    return column->kind == COLUMN_SHARE || column->kind == COLUMN_CHANGE ||
           column->kind == COLUMN_PROBABILITY;
}

static int decimals_of(const struct column *column)
{
    switch (column->kind) {
    case COLUMN_SHARE:
    case COLUMN_CHANGE:
        return 3;
    case COLUMN_DURATION:
        return 9;
    default:
        return 6;
    }
}

void table_json_rows(const struct table *t, struct json *j)
{
    for (size_t row = 0; row < table_rows(t); row++) {
        json_object(j);
        for (size_t i = 0; i < t->column_count; i++) {
            const struct cell *cell = table_cell(t, row, i);
            if (t->columns[i].use == COLUMN_SHOWN)
                continue;
            json_key(j, t->columns[i].key);
            if (t->columns[i].kind == COLUMN_TEXT)
                json_text(j, cell->text);
            else if (t->columns[i].kind == COLUMN_COUNT)
                json_uint(j, cell->number);
            else if (is_fraction(&t->columns[i]))
                json_double(j, cell->percent, decimals_of(&t->columns[i]));
            else
                json_double(j, (double)cell->number / NS_PER_S, decimals_of(&t->columns[i]));
        }
        json_object_end(j);
    }
}

void table_write_json(const struct table *t, struct json *j)
{
    json_array(j);
    table_json_rows(t, j);
    json_array_end(j);
}

/* RFC 4180: quotes around what holds a comma, a quote or a line end; quotes are doubled. */
static void write_quoted(struct out *o, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        out_text(o, text);
        return;
    }
    out_text(o, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"')
            out_text(o, "\"");
        out_bytes(o, text, 1);
    }
    out_text(o, "\"");
}

static void write_datum(struct out *o, const struct column *column, const struct cell *cell)
{
    char number[64];

    if (column->kind == COLUMN_TEXT) {
        write_quoted(o, cell->text);
        return;
    }
    if (column->kind == COLUMN_COUNT)
        snprintf(number, sizeof number, "%llu", (unsigned long long)cell->number);
    else if (is_fraction(column) && !isfinite(cell->percent))
        number[0] = '\0';
    else if (is_fraction(column))
        snprintf(number, sizeof number, "%.*f", decimals_of(column), cell->percent);
    else
        snprintf(number, sizeof number, "%.*f", decimals_of(column),
                 (double)cell->number / NS_PER_S);
    out_text(o, number);
}

void table_csv_head(const struct table *t, struct out *o)
{
    bool first = true;

    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].use == COLUMN_SHOWN)
            continue;
        out_printf(o, "%s%s", first ? "" : ",", t->columns[i].key);
        first = false;
    }
    out_text(o, "\n");
}

void table_csv_rows(const struct table *t, struct out *o)
{
    bool first;

    for (size_t row = 0; row < table_rows(t); row++) {
        first = true;
        for (size_t i = 0; i < t->column_count; i++) {
            if (t->columns[i].use == COLUMN_SHOWN)
                continue;
            out_text(o, first ? "" : ",");
            write_datum(o, &t->columns[i], table_cell(t, row, i));
            first = false;
        }
        out_text(o, "\n");
    }
}

void table_write_csv(const struct table *t, struct out *o)
{
    table_csv_head(t, o);
    table_csv_rows(t, o);
}
