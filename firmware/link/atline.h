// The line discipline: what the reader of AT lines gets of the receive ring, and when; the echo, and the keys
// that edit a line while it is on. It consumes the ring, and works in the ring itself: `begin`, `cooked`,
// `seen`, `ready` are positions of it as its own `head` and `tail` are. Everything here runs in the main
// context.
//
//      tail        ready       cooked        seen        head
//       | for the reader | half a line | (erased) | not yet looked at |
//
// The reader gets whole lines, and commands with their payload and the line end behind it. What is incomplete
// it gets when the line is silent in a payload, in front of a stop (a break, lost bytes) and when the ring is
// half full.
#ifndef FIRMWARE_LINK_ATLINE_H
#define FIRMWARE_LINK_ATLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"

// Silence after which the reader gets what there is (guide-style.md O14): in a payload, and behind it or of
// bytes that are given as they come.
#define ATLINE_PAUSE_MS   (2000)
#define ATLINE_SILENCE_MS (20)
#define ATLINE_NEVER      (0xffffffffu)

#define ATLINE_ESCAPES  (1) // backslashes protect in quotes (style guide)
#define ATLINE_ECHO     (2)
#define ATLINE_CONTROLS (4) // Ctrl-A and Ctrl-C with no text before them are for the reader at once

typedef enum {
    ATLINE_RAW,     // bytes as they come
    ATLINE_LINE,    // a line
    ATLINE_PAYLOAD, // up to `end`
    ATLINE_PASS,    // the rest of a line that the reader has in part
    ATLINE_PASSED,  // it has ended, or its payload has a line end: the reader takes that first
} atline_state_t;

typedef struct _atline_t {
    ring_t *rx;
    ring_t *tx;
    const uint8_t *rows; // of the commands with payload (athead.h), or NULL
    size_t rows_len;
    uint32_t begin; // of the line
    uint32_t cooked;
    uint32_t seen;
    uint32_t ready;
    uint32_t end;  // PAYLOAD: where it ends, counted as `cooked` is
    uint32_t want; // RAW: bytes that the reader waits for
    uint8_t flags;
    uint8_t state;
    uint8_t ask_in; // LINE: commas until it may have a payload; 0: it has none, as far as it goes
    bool text;      // LINE: there is a printable character in it
    bool padded;    // PAYLOAD: blanks before it are not part of it
    bool after_cr;  // the last byte was a CR
} atline_t;

// Looks at what has come up to `limit`: at what the interrupt has put into the ring, or a stop before that
// (`stopped`), behind which nothing is looked at. silent: no byte for ATLINE_SILENCE_MS. Whether there is
// something for the reader. With echo nothing more is looked at until the reader has taken that, so that an
// answer comes before the echo of the next line.
bool atline_poll(atline_t *l, uint32_t limit, bool stopped, uint32_t silent_ms);

// The usual key, in as few instructions as can be: one more character of a line or of a payload, to be
// echoed. False if it is not that, and nothing is done.
bool atline_key(atline_t *l);

// Whether there was something for the reader when atline_poll() last looked.
static inline bool atline_ready(const atline_t *l) {
    return l->ready != l->rx->tail;
}

// At which position of `head` there is a reason to look again.
uint32_t atline_next(const atline_t *l);

// After how many milliseconds of silence the reader gets something, as it is now; or ATLINE_NEVER.
static inline uint32_t atline_patience_ms(const atline_t *l) {
    if (l->cooked == l->ready || (l->state != ATLINE_PAYLOAD && l->state != ATLINE_RAW)) {
        return ATLINE_NEVER;
    }
    bool complete = l->state == ATLINE_RAW || (int32_t)(l->cooked - l->end) >= 0;
    return complete ? ATLINE_SILENCE_MS : ATLINE_PAUSE_MS;
}

// What the reader may have, at most `n` bytes; while RAW whatever was looked at.
size_t atline_read(atline_t *l, uint8_t *dst, size_t n);

// From the next unread byte on: lines (atline_lines(); begun: the reader has the beginning of the first), or
// bytes as they come, as soon as there are `want` (at least 1), or it is silent.
void atline_lines(atline_t *l, bool begun);
void atline_raw(atline_t *l, uint32_t want);

// What holds from now on, for what is not yet read as well.
void atline_set(atline_t *l, const uint8_t *rows, size_t rows_len, uint8_t flags);

// Bytes of a line that is half typed; less than 0 if it is a payload that is coming in.
int32_t atline_partial(const atline_t *l);

// Echoes the half-typed line again from byte `at` on, as far as there is room. Returns up to where.
uint32_t atline_again(atline_t *l, uint32_t at);

#endif // FIRMWARE_LINK_ATLINE_H
