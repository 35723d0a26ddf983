// Where the payload of a command begins and how long it is to be, found in what has come of its line.
//
// Rows: one a command that has a payload, each
//   u8 length, name in lower case ("at+send")
//   u8 number of forms, each
//     u8 data, length, format, further length: numbers of parameters from 0, ATHEAD_ABSENT for none
//     u8 number of parameters that must be keywords for this form to hold, each
//       u8 number of the parameter
//       u8 length, keyword in lower case
// The first form that holds counts. The payload's length is the sum of length and further length.
#ifndef FIRMWARE_LINK_ATHEAD_H
#define FIRMWARE_LINK_ATHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATHEAD_ABSENT    (0xff)
#define ATHEAD_MAX_INDEX (23)          // of a parameter
#define ATHEAD_MAX_NEED  (0x7fffffffu) // a longer length is this

typedef enum {
    ATHEAD_PAYLOAD = 0,
    ATHEAD_INCOMPLETE = -1, // what has come does not say it yet; `need` more commas, or `=` without one, may
    ATHEAD_NONE = -2,       // no payload command, or one in a form that has none
    // The payload begins at `data`, but nobody knows where it ends: its length is no number, or its format
    // none that there is.
    ATHEAD_NO_NUMBER = -3,
} athead_result_t;

typedef struct _athead_t {
    size_t data;
    uint32_t need; // bytes
    bool padded;   // blanks at `data` are not part of it (Base64 without `escapes`: at-commands.md, 2.6)
} athead_t;

// Whether rows are well-formed; the functions below may only be given such.
bool athead_rows_ok(const uint8_t *rows, size_t rows_len);

// buf[start:end] is a line from its beginning, or what has come of it; positions are reduced by the mask.
// What stands before the name and is no text does not count (guide-style.md O12).
athead_result_t athead_find(const uint8_t *buf, size_t mask, size_t start, size_t end, const uint8_t *rows,
                            size_t rows_len, bool escapes, athead_t *found);

// Where the name of a command begins in it: behind control characters, bytes above 0x7e, telnet negotiation
// (RFC 854: WILL, WONT, DO, DONT take three bytes, whichever the option, SB all up to its SE, the others two)
// and `+++`. `end` if there is nothing else.
size_t athead_begin(const uint8_t *buf, size_t mask, size_t start, size_t end);

#endif // FIRMWARE_LINK_ATHEAD_H
