/* The options that choose how a report is written: the same for report and diff. */
#ifndef HEATLINE_CLI_SHEET_OPTIONS_H
#define HEATLINE_CLI_SHEET_OPTIONS_H

#include "cli/option.h"
#include "report/report.h"

#define SHEET_OPTIONS_LIMIT_UNSET UINT64_MAX

struct sheet_options {
    int format;     /* enum report_format */
    uint64_t limit; /* its default is SHEET_OPTIONS_LIMIT_UNSET */
};

extern const struct option sheet_option_rows[];

/* `rows`: how many to show as text unless told; 0 = all. */
struct report_options sheet_options_report(const struct sheet_options *options, uint32_t rows);

#endif
