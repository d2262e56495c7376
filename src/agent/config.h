/* What the agent is told: lines "key=value" (config.def) in the environment variable HEATLINE_AGENT, or in what an
 * attach hands over. Unknown keys are ignored, so that an older agent in a child's environment still works. */
#ifndef HEATLINE_AGENT_CONFIG_H
#define HEATLINE_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_VARIABLE "HEATLINE_AGENT"

enum { CONFIG_BYTES_MAX = 16384, CONFIG_TEXTS_MAX = 64 };

/* TEXTS: the values of a key that was given repeatedly, in their order; NULL-ended. */
#define CONFIG_TEXT(key) const char *key;
#define CONFIG_FLAG(key) bool key;
#define CONFIG_NUMBER(key) uint64_t key;
#define CONFIG_TEXTS(key) const char *key[CONFIG_TEXTS_MAX + 1];

struct config {
#define CONFIG(kind, key, fallback, doc) CONFIG_##kind(key)
#include "agent/config.def"
#undef CONFIG
    char text[CONFIG_BYTES_MAX];  /* where the strings lie */
    char whole[CONFIG_BYTES_MAX]; /* as it was given, for children */
};

/* 0, or -1 if it names no file or is too long. */
int config_parse(struct config *ret_config, const char *text);

/* Is a function of this file to be recorded? A pattern is the beginning of a path, or a glob if it has one of *?[. */
bool config_wants(const struct config *c, const char *file);

/* Are there functions that are not? */
bool config_is_choosy(const struct config *c);

#endif
