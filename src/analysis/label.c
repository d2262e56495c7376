/* Knows what labels look like and which bytes are harmless. Knows nothing of profiles. */
#include "analysis/label.h"

#include <string.h>

#include "base/utf8.h"

static bool is_control(const char *at, size_t len_bytes)
{
    unsigned char first = (unsigned char)at[0];
    if (len_bytes == 1) {
        return first < 0x20 || first == 0x7f;
    }
    return len_bytes == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0; /* U+0080 … U+009F */
}

void label_clean(struct str *out, const char *text)
{
    const char *end = text + strlen(text), *kept = text;
    while (text < end) {
        bool valid;
        size_t len = utf8_step(text, (size_t)(end - text), &valid);
        if (!valid || is_control(text, len)) {
            str_add_bytes(out, kept, (size_t)(text - kept));
            str_add(out, valid ? " " : UTF8_REPLACEMENT);
            kept = text + len;
        }
        text += len;
    }
    str_add_bytes(out, kept, (size_t)(end - kept));
}

void label_frame(struct str *out, const char *name, const char *file, uint32_t line)
{
    str_add(out, name);
    if (file[0] && line) {
        str_printf(out, " (%s:%u)", file, line);
    } else if (file[0]) {
        str_printf(out, " (%s)", file);
    }
}

void label_thread(struct str *out, uint32_t tid, const char *name)
{
    str_printf(out, name[0] ? "thread (%u): " : "thread (%u)", tid);
    str_add(out, name);
}

void label_process(struct str *out, uint32_t pid, const char *command)
{
    str_printf(out, "process %u:\"", pid);
    str_add(out, command);
    str_add(out, "\"");
}
