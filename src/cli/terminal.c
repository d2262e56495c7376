/* Asks the environment and the kernel how wide a terminal is and whether colour is welcome there. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MIN = 40, COLUMNS_MAX = 500 };

bool terminal_color(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

static uint32_t bounded(uint32_t columns)
{
    if (columns < COLUMNS_MIN)
        return COLUMNS_MIN;
    return columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
}

uint32_t terminal_columns(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;

    if (columns != NULL && atoi(columns) > 0)
        return bounded((uint32_t)atoi(columns));
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return bounded(size.ws_col);
    return TERMINAL_COLUMNS_DEFAULT;
}

size_t terminal_row_columns(int fd)
{
    return isatty(fd) ? terminal_columns(fd) : SIZE_MAX;
}

size_t terminal_row(const char *text, size_t columns)
{
    size_t end = 0, used = 0;
    for (size_t i = 0;; i++) {
        if (text[i] == ' ' || text[i] == '\0') {
            if (used > columns && end > 0)
                return end;
            end = i;
            if (text[i] == '\0' || used > columns)
                return end;
        }
        used += ((unsigned char)text[i] & 0xc0) != 0x80; /* the first byte of a character */
    }
}
