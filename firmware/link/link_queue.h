// The queue of event frames. Static memory; when it is full the oldest frame that completes no operation
// gives way.
#ifndef FIRMWARE_LINK_LINK_QUEUE_H
#define FIRMWARE_LINK_LINK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef LINK_QUEUE_SIZE
#define LINK_QUEUE_SIZE (8192u) // bytes, 8 of overhead a frame
#endif

void link_queue_reset(void);
bool link_queue_empty(void);

// Room for the arguments of one more frame: align4(len) writable bytes on a word boundary. NULL if only
// completions wait and there is no room besides; that frame counts as dropped. With `force` even those give
// way. The frame is queued by link_queue_commit(), with the same `len`.
uint8_t *link_queue_reserve(size_t len, bool force);
void link_queue_commit(uint16_t opcode, uint8_t dev_status, size_t len);

// Takes the oldest frame out: opcode u16, device status u8, 0, arguments. Returns its length, at most
// `size`, or 0.
size_t link_queue_pop(uint8_t *buf, size_t size);

// Frames dropped since the reset.
uint32_t link_queue_dropped(void);

#endif
