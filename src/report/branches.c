/* A lone callee stands right below its caller without indentation, so that deep stacks stay readable. */
#include "report/branches.h"

#include "report/display.h"

enum { BAR_COLUMNS = 10, PREFIX_COLUMNS_MAX = 40 };

void branches_follow(struct branches *b, uint32_t depth, bool lone, bool last)
{
    while (b->count > 0 && b->list[b->count - 1].depth >= depth)
        b->count--;
    if (!lone && b->count < BRANCHES_PART) {
        b->list[b->count].depth = depth;
        b->list[b->count++].last = last;
    }
}

void branches_add_prefix(struct str *s, const struct branches *b, uint32_t depth)
{
    struct str whole = STR_EMPTY;

    for (size_t i = 0; i < b->count; i++) {
        if (b->list[i].depth == depth)
            str_add(&whole, b->list[i].last ? "└─ " : "├─ ");
        else
            str_add(&whole, b->list[i].last ? "   " : "│  ");
    }
    if (whole.len > 0)
        display_add(s, whole.data, PREFIX_COLUMNS_MAX, DISPLAY_CUT_START);
    str_release(&whole);
}

void branches_add_bar(struct str *s, uint64_t part, uint64_t whole)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned filled = 0;

    if (whole > 0)
        filled = (unsigned)((double)part / (double)whole * BAR_COLUMNS * 8 + 0.5);
    for (unsigned i = 0; i < filled / 8; i++)
        str_add(s, "█");
    str_add(s, eighths[filled % 8]);
}
