/* Lets the assembler take the files in, so that they stay what they are: style sheets and scripts.
 * The path is found like an include, below src/. */
#include "export/asset.h"

#define ASSET(name, path)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global " #name "\n" #name ":\n"                                                      \
            ".incbin \"" path "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n")

ASSET(asset_flame_css, "export/flame.css");
ASSET(asset_flame_js, "export/flame.js");
