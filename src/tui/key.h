/* What was typed: a character's bytes one by one, or one of these. */
#ifndef HEATLINE_TUI_KEY_H
#define HEATLINE_TUI_KEY_H

enum top_key {
    TOP_KEY_UP = 0x200000,
    TOP_KEY_DOWN,
    TOP_KEY_LEFT,
    TOP_KEY_RIGHT,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
    TOP_KEY_BACKSPACE,
    TOP_KEY_REPAINT, /* the window has changed, or its content was spoilt */
};

#endif
