/* The only place that prints errors. Bytes that came from elsewhere (a file name, another
 * process's command line) lose their control characters, so that they cannot drive the terminal. */
#include "cli/message.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

enum { LINE_BYTES = 2048 };

/* A terminal gets rows of its width, anything else one line. */
static void print_rows(const char *line, size_t used)
{
    size_t columns = terminal_row_columns(STDERR_FILENO);
    size_t bytes = terminal_row(line, columns > used ? columns - used : 1);
    fprintf(stderr, "%.*s\n", (int)bytes, line);
    for (line += bytes; *line == ' '; line += bytes) {
        line++;
        bytes = terminal_row(line, columns - 2);
        fprintf(stderr, "  %.*s\n", (int)bytes, line);
    }
}

static void print_line(const char *color, const char *prefix, const char *text)
{
    char line[LINE_BYTES];
    bool colored = terminal_color(STDERR_FILENO);
    size_t len = 0;

    for (; *text != '\0' && len < sizeof line - 1; text++) {
        unsigned char c = (unsigned char)*text;
        line[len++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    line[len] = '\0';
    fprintf(stderr, "%s%s%s ", colored ? color : "", prefix, colored ? "\033[0m" : "");
    print_rows(line, strlen(prefix) + 1);
}

int message_error(const struct err *err)
{
    print_line("\033[1;31m", "heatline:", err->text);
    if (err->hint[0] != '\0')
        print_line("\033[1m", "hint:", err->hint);
    return (int)err->status;
}

void message_note(const char *format, ...)
{
    char text[LINE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_line("\033[1m", "heatline:", text);
}
