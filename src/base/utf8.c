/* Well-formed UTF-8 as in table 3-7 of the Unicode standard; what is not is cut into the same pieces as
 * browsers cut it (maximal subparts), but for surrogates, which are one piece. */
#include "base/utf8.h"

static size_t sequence_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The second byte's range is narrower after some leads: no overlong forms, nothing above U+10FFFF. */
static bool second_fits(unsigned char lead, unsigned char byte)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xf4 ? 0x8f : 0xbf;
    return byte >= low && byte <= high;
}

size_t utf8_step(const char *at, size_t len_bytes, bool *ret_valid)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t want = sequence_len(byte[0]), have = 1;
    *ret_valid = want == 1;
    if (want <= 1)
        return 1;
    if (len_bytes > 1 && second_fits(byte[0], byte[1])) {
        have = 2;
        while (have < want && have < len_bytes && (byte[have] & 0xc0) == 0x80)
            have++;
    }
    bool surrogate = byte[0] == 0xed && have > 1 && byte[1] >= 0xa0;
    *ret_valid = have == want && !surrogate;
    return have;
}

void utf8_repair(struct str *ret, const char *text, size_t len_bytes)
{
    const char *end = text + len_bytes, *kept = text;
    while (text < end) {
        bool valid;
        size_t len = utf8_step(text, (size_t)(end - text), &valid);
        if (!valid) {
            str_add_bytes(ret, kept, (size_t)(text - kept));
            str_add(ret, UTF8_REPLACEMENT);
            kept = text + len;
        }
        text += len;
    }
    str_add_bytes(ret, kept, (size_t)(end - kept));
}
