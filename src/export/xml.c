/* Knows which characters XML gives a meaning and which it forbids. */
#include "export/xml.h"

#include <string.h>

/* What stands for the character at `s`, of `*ret_len` bytes; NULL: itself. */
static const char *escape(const char *s, size_t *ret_len)
{
    *ret_len = 1;
    switch (*s) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    }
    if (strncmp(s, "\xef\xbf", 2) == 0 && ((s[2] & 0xff) == 0xbe || (s[2] & 0xff) == 0xbf)) {
        *ret_len = 3;
        return "\xef\xbf\xbd"; /* U+FFFE and U+FFFF are no characters in XML 1.0 */
    }
    return NULL;
}

void xml_text(struct out *o, const char *text)
{
    const char *plain = text;
    while (*text) {
        size_t len;
        /* Only these begin an escape; the rest is most of every name. */
        size_t run = strcspn(text, "&<>\"'\xef");
        text += run;
        const char *instead = *text ? escape(text, &len) : NULL;
        if (instead) {
            out_bytes(o, plain, (size_t)(text - plain));
            out_text(o, instead);
            text += len;
            plain = text;
        } else if (*text) {
            text++;
        }
    }
    out_bytes(o, plain, (size_t)(text - plain));
}
