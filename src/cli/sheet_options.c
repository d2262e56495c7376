/* Rows for struct sheet_options, and what standard output is fit for. */
#include "cli/sheet_options.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/terminal.h"

enum { COLUMNS_PIPED = 500 };

#define AT(field) offsetof(struct sheet_options, field)

const struct option sheet_option_rows[] = {
    {.name = "limit",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(limit),
     .max = UINT32_MAX,
     .doc = "At most N rows, 0 for all; else 20 functions or lines as text, and all as data"},
    {.name = "json",
     .kind = OPTION_SET,
     .offset = AT(format),
     .min = REPORT_JSON,
     .doc = "Write JSON; heatline(1) tells its keys"},
    {.name = "csv",
     .kind = OPTION_SET,
     .offset = AT(format),
     .min = REPORT_CSV,
     .doc = "Write comma-separated values"},
    {0},
};

struct report_options sheet_options_report(const struct sheet_options *options, uint32_t rows)
{
    bool fits = isatty(STDOUT_FILENO) || getenv("COLUMNS") != NULL;
    uint64_t limit = options->limit;

    if (limit == SHEET_OPTIONS_LIMIT_UNSET)
        limit = options->format == REPORT_TEXT ? rows : 0;
    return (struct report_options){
        .format = (enum report_format)options->format,
        .limit = (uint32_t)limit,
        .columns = fits ? terminal_columns(STDOUT_FILENO) : COLUMNS_PIPED,
        .color = terminal_color(STDOUT_FILENO),
    };
}
