/* Byte strings ↔ dense ids 0, 1, 2, …; each distinct string is kept once. */
#ifndef HEATLINE_BASE_INTERN_H
#define HEATLINE_BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern;

struct intern *intern_new(void);
void intern_free(struct intern *in);
uint32_t intern_id(struct intern *in, const char *text, size_t len_bytes, bool *ret_new);
/* NUL-ended, stays where it is; ret_len_bytes may be NULL. */
const char *intern_text(const struct intern *in, uint32_t id, size_t *ret_len_bytes);
uint32_t intern_count(const struct intern *in);

#endif
