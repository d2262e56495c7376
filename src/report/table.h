/* Rows of typed cells, written as aligned text, JSON objects or CSV. */
#ifndef HEATLINE_REPORT_TABLE_H
#define HEATLINE_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/out.h"
#include "base/vec.h"
#include "report/display.h"

enum column_kind {
    COLUMN_TEXT,
    COLUMN_COUNT,
    COLUMN_SHARE,
    COLUMN_TIME,     /* as text seconds with two decimals */
    COLUMN_DURATION, /* as text in the unit that fits: 12.3us */
    COLUMN_CHANGE,   /* percent more or less; infinite: there was nothing, NaN: there is nothing */
    COLUMN_PROBABILITY, /* NaN: not known */
};
enum column_use {
    COLUMN_BOTH,
    COLUMN_SHOWN /* as text only */,
    COLUMN_DATA /* JSON and CSV only */
};

struct column {
    const char *key;   /* in JSON and CSV: its unit is the suffix (_s, _percent) */
    const char *title; /* as text; also of a column that is not shown, for who reads the source */
    enum column_kind kind;
    enum column_use use;
    enum display_cut cut; /* of texts */
    bool dim;             /* beside what matters */
    bool minor;           /* not shown where there is little room, the last one first */
};

struct table {
    const struct column *columns; /* ended by a NULL key */
    size_t column_count;
    struct vec cells; /* private: struct cell, row by row */
    struct vec texts; /* private: char *, what table_printf made */
};

void table_init(struct table *t, const struct column *columns);
void table_release(struct table *t);

/* One cell after the other, in the order of the columns. */
void table_text(struct table *t, const char *text); /* must outlive the table */
void table_printf(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_count(struct table *t, uint64_t count);
void table_time(struct table *t, uint64_t ns);
void table_share(struct table *t, uint64_t part, uint64_t whole);
void table_number(struct table *t, double number); /* a change or a probability */

void table_write_text(const struct table *t, size_t width, bool color, struct out *o);
void table_write_json(const struct table *t, struct json *j); /* an array of objects */
void table_write_csv(const struct table *t, struct out *o);

/* For tables too long to be kept: rows are written and forgotten. */
void table_csv_head(const struct table *t, struct out *o);
void table_csv_rows(const struct table *t, struct out *o);
void table_json_rows(const struct table *t, struct json *j); /* objects of an open array */
void table_clear(struct table *t);

/* "1.23s", "45.6ms", "789us", "12ns": three digits and their unit. */
void table_duration_text(uint64_t ns, char *text, size_t text_bytes);

/* For the writers. */
struct cell {
    const char *text;
    uint64_t number; /* count or ns */
    double percent;  /* or a probability */
};
const struct cell *table_cell(const struct table *t, size_t row, size_t column);
size_t table_rows(const struct table *t);

#endif
