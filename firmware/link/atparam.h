// What the parts of an AT line look like, for those that read it: the tokenizer, in a buffer, and the header
// finder, in a ring as well. Everything is inline, so that a buffer's mask of all ones costs nothing.
#ifndef FIRMWARE_LINK_ATPARAM_H
#define FIRMWARE_LINK_ATPARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attok.h"

// Positions run freely and are reduced by the mask.
typedef struct _text_t {
    const uint8_t *buf;
    size_t mask;
} text_t;

#define TEXT_LINEAR(buf) ((text_t){(buf), SIZE_MAX})

static inline uint8_t text_at(text_t text, size_t at) {
    return text.buf[at & text.mask];
}

static inline size_t skip_blanks(text_t text, size_t at, size_t end) {
    while (at != end && text_at(text, at) == ' ') {
        at++;
    }
    return at;
}

static inline size_t trim_blanks(text_t text, size_t start, size_t end) {
    while (end != start && text_at(text, end - 1) == ' ') {
        end--;
    }
    return end;
}

static inline uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static inline int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One parameter: its text, its flags, and the comma (or the end of the line) behind it.
typedef struct _param_t {
    size_t start;
    size_t end;
    size_t stop;
    uint8_t flags;
    bool open; // begins as an array of numbers and the text ends in it: if more comes, it may become one
} param_t;

// `at` is behind the opening quote. A quote closes if blanks and then a comma or the end follow.
static inline bool pass_quoted(text_t text, size_t at, size_t end, bool escapes, param_t *param) {
    param->start = at;
    param->flags = ATTOK_QUOTED;
    for (; at != end; at++) {
        uint8_t c = text_at(text, at);
        if (c == '\\' && escapes) {
            param->flags |= ATTOK_BACKSLASH;
            if (at + 1 != end && (text_at(text, at + 1) == '"' || text_at(text, at + 1) == '\\')) {
                at++;
            }
        } else if (c == '"') {
            size_t stop = skip_blanks(text, at + 1, end);
            if (stop == end || text_at(text, stop) == ',') {
                param->end = at;
                param->stop = stop;
                param->flags |= at == param->start ? ATTOK_EMPTY : 0;
                return true;
            }
            param->flags |= ATTOK_BAD_QUOTE;
        }
    }
    return false;
}

// Where an array of numbers ends that begins at `at`, or `at` if no such array begins there.
static inline size_t pass_array(text_t text, size_t at, size_t end, bool *open) {
    size_t start = at;
    *open = false;
    if (at != end && text_at(text, at) == '[') {
        uint8_t c;
        do {
            if (++at == end) {
                *open = true;
                return start;
            }
            c = text_at(text, at);
        } while (c == ',' || c == ' ' || (c | 0x20) == 'x' || hex_digit(c) >= 0);
        return c == ']' ? at : start;
    }
    return start;
}

static inline bool has_tab(text_t text, size_t start, size_t end) {
    while (start != end && text_at(text, start) != '\t') {
        start++;
    }
    return start != end;
}

// False if a quote is not closed. Commas are protected in an array of numbers at the beginning.
static inline bool pass_param(text_t text, size_t at, size_t end, bool escapes, param_t *param) {
    at = skip_blanks(text, at, end);
    param->open = false;
    if (at != end && text_at(text, at) == '"') {
        return pass_quoted(text, at + 1, end, escapes, param);
    }
    param->start = at;
    param->flags = 0;
    at = pass_array(text, at, end, &param->open);
    while (at != end && text_at(text, at) != ',') {
        at++;
    }
    param->end = trim_blanks(text, param->start, at);
    param->stop = at;
    if (!escapes && has_tab(text, param->start, param->end)) {
        param->flags = ATTOK_TABBED;
    }
    return true;
}

// Decimal or 0x hexadecimal, with an optional minus, nothing else: see attok_number().
static inline bool pass_number(text_t text, size_t start, size_t end, uint64_t *magnitude, bool *negative) {
    *negative = start != end && text_at(text, start) == '-';
    start += *negative;
    unsigned base = 10;
    uint64_t limit = UINT64_MAX / 10;
    if (end - start > 2 && text_at(text, start) == '0' && (text_at(text, start + 1) | 0x20) == 'x') {
        base = 16;
        limit = UINT64_MAX / 16;
        start += 2;
    }
    if (start == end) {
        return false;
    }
    uint64_t value = 0;
    for (; start != end; start++) {
        unsigned digit = hex_digit(text_at(text, start));
        if (digit >= base || value > limit || value * base > UINT64_MAX - digit) {
            return false;
        }
        value = value * base + digit;
    }
    *magnitude = value;
    return true;
}

#endif // FIRMWARE_LINK_ATPARAM_H
