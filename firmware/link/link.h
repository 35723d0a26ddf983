// The link to the network processor (nwp-protocol.md, chapters 2 to 4): frames out and in, the one command
// slot, transmit credits, the destinations of received data, the queue of events. No hardware and no
// MicroPython in it. Not reentrant: main thread only.
#ifndef FIRMWARE_LINK_LINK_H
#define FIRMWARE_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

// Results below 0. Those of link_post() besides are the wire's own: -11 (not enough credits now), -1
// (transmit failure) and -9 (no such socket).
#define LINK_E_BUSY   (-1001) // the command slot is taken
#define LINK_E_NO_ACK (-1002) // no answer in time: fatal
#define LINK_E_SYNC   (-1003) // no sync word found: fatal
#define LINK_E_ABORT  (-1004) // the NWP or the driver gave up: fatal
#define LINK_E_CLOSED (-1005) // not open, or a fatal condition is pending
#define LINK_E_AGAIN  (-1006) // no answer yet, or no command
#define LINK_E_BREAK  (-1007) // link_answer() only: link_port_break() wants the wait to end
#define LINK_E_SIZE   (-1008) // the frame does not fit its 16-bit length field

#define LINK_E_CREDITS  (-11)
#define LINK_E_TX_FAIL  (-1)
#define LINK_E_NOT_OPEN (-9)

// What link_poll() and link_wait() report. Levels, except FATAL, TIMEOUT: those are reported once.
#define LINK_UART    (0x01u) // the console has bytes for us
#define LINK_ANSWER  (0x02u) // link_collect() has a result
#define LINK_EVENT   (0x04u) // link_event() has a frame
#define LINK_FATAL   (0x08u) // a fatal condition was latched
#define LINK_TIMEOUT (0x10u) // the time of link_wait() is over
#define LINK_TX      (0x20u) // the console can take more (only when asked for in the mask)

// Kinds of fatal conditions (nwp-protocol.md 3.6). The link queues one frame with opcode
// LINK_OP_FATAL | kind and two u32 arguments, which no frame of the wire can imitate.
#define LINK_OP_FATAL           (0xff00u)
#define LINK_FATAL_DEVICE_ABORT (1u) // abort type, abort data
#define LINK_FATAL_DRIVER_ABORT (2u)
#define LINK_FATAL_SYNC_LOSS    (3u)
#define LINK_FATAL_NO_CMD_ACK   (4u) // opcode of the command
#define LINK_FATAL_CMD_TIMEOUT  (5u) // opcode of the missing completion

// An answer to link_submit() that came behind events that nobody has taken yet is queued behind them, as a
// frame with this opcode, and the slot is free again: the order is that of the wire.
#define LINK_OP_ANSWER (0xff00u)

#define LINK_ANSWER_SIZE   (2048u) // answers are cut there, those in the queue 4 bytes before
#define LINK_EVENT_ARGS    NWP_ASYNC_MAX_PAYLOAD_WITH_REQUEST_HANDLER // events are cut there
#define LINK_EVENT_SIZE    (4u + LINK_EVENT_ARGS)
#define LINK_SOCKETS       NWP_MAX_SOCKETS
#define LINK_SOCKET_MASK   NWP_SOCKET_ID_MASK // the id in a socket descriptor
#define LINK_TIMEOUT_MS    NWP_TIMEOUT_SHORT_MS
#define LINK_POLL_MESSAGES (32u) // read by one link_poll() at most

// Counters since link_open(). LINK_COUNTER_NAMES has them in the same order.
enum {
    LINK_N_EVENTS_DROPPED,  // frames lost because the event queue was full
    LINK_N_DRAINED,         // bytes read and thrown away
    LINK_N_UNKNOWN,         // frames of no class
    LINK_N_LATE_DATA,       // received data nobody expected
    LINK_N_SYNC_SLIPS,      // sync words that were doubled, byte-shifted or behind garbage
    LINK_N_FRAMES_IN,       //
    LINK_N_FRAMES_OUT,      //
    LINK_N_OVERRUNS,        // frames cut because their buffer was too small
    LINK_N_ANSWERS_UNASKED, // answers without a command, or to one that was given up
    LINK_N_SHORT,           // frames shorter than their class demands
    LINK_N_COUNTERS
};

// A frame to send (nwp-protocol.md 2.1). Parts without bytes have length 0. The prefix is padded, payload
// and payload2 are joined without padding.
typedef struct _link_part_t {
    const uint8_t *buf;
    size_t len;
} link_part_t;

typedef struct _link_frame_t {
    uint16_t opcode;
    link_part_t args;
    link_part_t prefix;
    link_part_t payload;
    link_part_t payload2;
} link_frame_t;

// The answer of the last request or collect. Static.
extern uint8_t link_answer_buf[LINK_ANSWER_SIZE];

// Power-cycles the NWP and forgets everything; closing also forgets.
void link_open(void);
void link_close(void);
bool link_is_open(void);

// Command slot. Submitting returns 0 or an error. The answer ends in link_answer_buf; its length, or an
// error, is returned by link_collect() (LINK_E_AGAIN until it is there) or link_answer(), which waits `ms`.
// While one is to be collected nothing is read: what came behind it stays behind it. See LINK_OP_ANSWER, too.
int link_submit(const link_frame_t *frame, uint32_t timeout_ms);
int link_collect(void);
int link_answer(uint32_t ms);

// Gives up the answer that is outstanding (true), or wants it after all (false). The slot stays taken until
// the answer came; it is then counted and forgotten. link_settle() waits `ms` for that: 0 when the slot is
// not taken by such a command, or LINK_E_AGAIN or LINK_E_BREAK.
void link_abandon(bool given_up);
int link_settle(uint32_t ms);

// Opcode of the answer in link_answer_buf (nwp-protocol.md 3.2: it need not match the command).
uint16_t link_answer_opcode(void);

// Frames without answer. nbytes > 0: takes the credits of a send of that many bytes on socket `sd`;
// 0: of a receive request; LINK_UNASKED: one, if there is one, but waits for none; other < 0: none. Returns 0
// or an error.
#define LINK_UNASKED (-2)
int link_post(const link_frame_t *frame, unsigned sd, int32_t nbytes);

// Which sockets are open: bits 0 to 15 by id, 16 to 31 the transceivers. Of a send on another one link_post()
// takes no credits and sends nothing: LINK_E_NOT_OPEN, behind its other errors. All are until this is said.
// streams: those by id whose data may be cut anywhere.
void link_sockets(uint32_t open, uint16_t streams);

// How many of nbytes one frame of this socket may carry now: all of them, or of a stream no more than its
// share of the credits holds. Else LINK_E_CREDITS or LINK_E_TX_FAIL. nbytes 0: a receive request.
int32_t link_room(unsigned sd, int32_t nbytes);

// Reads the messages that wait, at most LINK_POLL_MESSAGES, and returns flags.
uint32_t link_poll(void);

// The same, and sleeps if there is nothing, until one of the flags in `mask` is set or `ms` are over
// (LINK_FOREVER: no limit). May return 0 early: for link_port_break(), or when a frame came.
uint32_t link_wait(uint32_t ms, uint32_t mask);

// The oldest event frame: opcode u16, device status u8, 0, arguments. Returns its length, at most `size`
// (the rest is lost), or 0.
size_t link_event(uint8_t *buf, size_t size);

// Where the next received data of a socket goes; NULL: nowhere. Done once, for one frame. False for an sd
// that is none.
bool link_expect(unsigned sd, uint8_t *buf, size_t size);
uint32_t link_expected(void); // bitmap of sockets that wait

// Latches a fatal condition, as the link itself does. Without effect while closed or when one is pending.
void link_fail(unsigned kind, uint32_t arg0, uint32_t arg1);

// From the newest header (nwp-protocol.md 4.1).
typedef struct _link_status_t {
    uint8_t credits;
    uint8_t dev_status;
    uint16_t min_tx;
    uint16_t tx_failure;
    uint16_t nonblocking;
} link_status_t;

const link_status_t *link_status(void);

uint32_t link_counter(unsigned index);

#endif
