/* The stored image of a process's memory, as a file:
 *
 *   "HEATMEM1"                                        8 bytes
 *   count of ranges                                   varint
 *   count × { gap before the range, its length }      varints; the first gap is its address
 *   the bytes of all ranges, in the same order        up to the end of the file
 *
 * Ranges ascend, are not empty and do not touch: every gap but the first is at least 1. */
#ifndef HEATLINE_SUBJECT_MEM_IMAGE_H
#define HEATLINE_SUBJECT_MEM_IMAGE_H

#define MEM_IMAGE_MAGIC "HEATMEM1"

enum {
    MEM_IMAGE_MAGIC_BYTES = 8,
    MEM_IMAGE_FILE_BYTES_MAX = 256 << 20,
};

#endif
