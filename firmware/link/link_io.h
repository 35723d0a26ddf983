// Frames on the wire (nwp-protocol.md chapter 2): out with padding, in with the sync search. Knows nothing
// of what they mean.
#ifndef FIRMWARE_LINK_LINK_IO_H
#define FIRMWARE_LINK_LINK_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "protocol.h"

// Bytes that the length field of a received frame counts before the body.
#define LINK_IO_HEADER NWP_RESPONSE_SPECIFIC_HEADER_SIZE

typedef struct _link_header_t {
    uint16_t opcode;
    uint16_t len; // as on the wire; the body has len - LINK_IO_HEADER bytes
    uint8_t credits;
    uint8_t dev_status;
    uint16_t min_tx;
    uint16_t tx_failure;
    uint16_t nonblocking;
    bool slipped; // the sync word was doubled, byte-shifted or behind garbage
} link_header_t;

// The sequence counter starts at 0 with the NWP.
void link_io_reset(void);

// False if the frame is longer than its length field can say; nothing was sent then.
bool link_io_send(const link_frame_t *frame);

// Asks for the next message and reads up to the end of its header. False: no sync word in 50 ms.
bool link_io_begin(link_header_t *header);

// Bytes of the body not read yet, without padding.
size_t link_io_left(void);

// Reads `len` bytes, at most link_io_left(), to any address.
void link_io_read(void *buf, size_t len);

// Reads and forgets the rest of the body and its padding; returns the bytes of the body among it.
size_t link_io_end(void);

#endif
