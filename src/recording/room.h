/* Room in a file that is being written through mappings: bytes that are really there, so that storing
 * to them never raises SIGBUS, and asking for them never raises SIGXFSZ. */
#ifndef HEATLINE_RECORDING_ROOM_H
#define HEATLINE_RECORDING_ROOM_H

#include <stdint.h>

enum { ROOM_STEP_BYTES = 1 << 20 }; /* the file grows by this much where it can */

/* Makes [from, to) real; what stands there already is kept. *ret_to_bytes: how far there is room now,
 * at least `to` on success. Returns 0 or an errno (ENOSPC, EDQUOT, EFBIG …). */
int room_make(int fd, uint64_t from, uint64_t to, uint64_t *ret_to_bytes);

#endif
