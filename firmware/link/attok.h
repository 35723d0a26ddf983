// The tokenizer of AT header lines: at-commands.md chapter 2 with its corrections, guide-style.md V8.
// Blanks are spaces (0x20) only. Positions are offsets into the caller's buffer.
#ifndef FIRMWARE_LINK_ATTOK_H
#define FIRMWARE_LINK_ATTOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Special results of attok_split().
#define ATTOK_E_UNTERMINATED (-1) // a quote or bracket is not closed
#define ATTOK_E_MANY         (-2) // more parameters than `fields` has room for
#define ATTOK_HELP           (-3) // there is nothing but `?` after `=`

// Flags of a parameter.
#define ATTOK_QUOTED    (1)  // start and end are inside the quotes
#define ATTOK_EMPTY     (2)  // quoted and without text: present, not missing
#define ATTOK_BAD_QUOTE (4)  // the quoted text holds a quote that is not escaped
#define ATTOK_BACKSLASH (8)  // the quoted text holds a backslash: see attok_unquote()
#define ATTOK_TABBED    (16) // not quoted, read without `escapes`, and there is a tab in it

#define ATTOK_NAME_FIELDS  (2) // start and end of the name
#define ATTOK_PARAM_FIELDS (3) // start, end and flags of a parameter

#define ATTOK_MAX_LINE (0xffffu)

// Splits buf[start:end], a line without its end, end <= ATTOK_MAX_LINE. `fields` gets the name's start and
// end, then three numbers a parameter; it has room for `room` >= 2 numbers. The name is lower-cased and freed
// of the blanks around its first `+` in place. Returns the number of parameters (0 if there is no `=` or only
// blanks after it) or a special result. A missing parameter has start == end and no flags.
// With `escapes` a backslash protects a following quote or backslash inside quotes.
int attok_split(uint8_t *buf, size_t start, size_t end, uint16_t *fields, size_t room, bool escapes);

// Where a line is in buf[start:end], behind line ends, and where its end: `end` if it has none, or is longer
// than `longest`. `scanned`: no line end is before this.
typedef struct _attok_line_t {
    size_t start;
    size_t end;
} attok_line_t;

attok_line_t attok_line(const uint8_t *buf, size_t start, size_t end, size_t scanned, size_t longest);

// Offset just behind the `count`-th comma from `start` that is neither in quotes nor in brackets, or -1 if
// there are fewer before `end`. By the same rules as attok_split(), so that what is before it is a header.
int32_t attok_skip(const uint8_t *buf, size_t start, size_t end, unsigned count, bool escapes);

// Resolves \" \\ \xHH between `start` and `end` in place; any other backslash stands for itself. Returns the
// new end.
size_t attok_unquote(uint8_t *buf, size_t start, size_t end);

// Decimal or 0x hexadecimal, with an optional minus, nothing else; leading zeros are decimal. False for
// anything else and for magnitudes beyond 64 bits.
bool attok_number(const uint8_t *buf, size_t start, size_t end, uint64_t *magnitude, bool *negative);

// Offset of the first CR or LF in buf[start:end], or -1.
int32_t attok_find_eol(const uint8_t *buf, size_t start, size_t end);

#endif
