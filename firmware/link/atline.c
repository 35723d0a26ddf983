#include "atline.h"

#include <string.h>

#include "athead.h"

#define CTRL_A (0x01)
#define CTRL_C (0x03)
#define BS     (0x08)
#define LF     (0x0a)
#define CR     (0x0d)
#define CTRL_U (0x15)
#define DEL    (0x7f)

// Echo of the key that takes back a character.
#define RUB     "\b \b"
#define RUB_LEN (3)

// Bytes of a line that may come before they are looked at, if no pause tells that it has ended.
#define LINE_AHEAD (8)

static inline uint8_t *at(const atline_t *l, uint32_t position) {
    return &l->rx->buf[position & l->rx->mask];
}

static inline bool is_eol(uint8_t c) {
    return c == CR || c == LF;
}

static inline bool is_before(uint32_t a, uint32_t b) {
    return (int32_t)(a - b) < 0;
}

static inline uint32_t min(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// --- The hole of what was erased, between cooked and seen ---

static void shift(atline_t *l, uint32_t by) {
    l->begin += by;
    l->cooked += by;
    l->ready += by;
    l->end += by;
    ring_consume(l->rx, by);
}

// Moves what stands before the hole up to its end.
static void close_hole(atline_t *l) {
    uint32_t hole = l->seen - l->cooked;
    if (hole != 0) {
        for (uint32_t from = l->cooked; from != l->rx->tail; from--) {
            *at(l, from - 1 + hole) = *at(l, from - 1);
        }
        shift(l, hole);
    }
}

static inline void keep(atline_t *l, uint8_t c) {
    if (l->cooked != l->seen) {
        *at(l, l->cooked) = c;
    }
    l->cooked++;
    l->seen++;
}

// --- Echo ---

static inline bool echoes(const atline_t *l) {
    return (l->flags & ATLINE_ECHO) != 0;
}

static inline bool echo(atline_t *l, const char *text, uint32_t len) {
    if (!echoes(l)) {
        return true;
    }
    if (ring_free(l->tx) < len) {
        return false;
    }
    ring_put(l->tx, (const uint8_t *)text, len);
    return true;
}

// False: no room for the echo, nothing is done.
static bool echo_eol(atline_t *l, uint8_t c) {
    if ((c == CR || !l->after_cr) && !echo(l, "\r\n", 2)) {
        return false;
    }
    l->after_cr = c == CR;
    return true;
}

// --- A line ---

static void new_line(atline_t *l) {
    l->state = ATLINE_LINE;
    l->begin = l->cooked;
    l->ask_in = 1;
    l->text = false;
}

// The reader may have all of it; what comes is the rest of the same line.
static void hand_over(atline_t *l) {
    l->ready = l->cooked;
    if (l->state == ATLINE_LINE && l->begin != l->cooked) {
        l->state = ATLINE_PASS;
    }
}

// Does a payload begin here?
static void ask(atline_t *l) {
    size_t start = l->begin & l->rx->mask;
    athead_t found;
    athead_result_t result = athead_find(l->rx->buf, l->rx->mask, start, start + (l->cooked - l->begin),
                                         l->rows, l->rows_len, l->flags & ATLINE_ESCAPES, &found);
    l->ask_in = result == ATHEAD_INCOMPLETE ? (uint8_t)found.need : 0;
    if (result == ATHEAD_PAYLOAD) {
        l->state = ATLINE_PAYLOAD;
        l->end = l->cooked + found.need;
        l->padded = found.padded;
    }
}

// Behind a comma or an equals sign.
static inline void may_ask(atline_t *l) {
    if (l->ask_in != 0 && --l->ask_in == 0 && l->rows != NULL) {
        ask(l);
    }
}

// False: no room.
static bool line_end(atline_t *l, uint8_t c) {
    bool empty = l->begin == l->cooked;
    if (!echo_eol(l, c)) {
        return false;
    }
    keep(l, c);
    new_line(l);
    if (empty && l->rx->tail + 1 == l->cooked) { // nobody needs it
        ring_consume(l->rx, 1);
    }
    l->ready = l->cooked;
    return true;
}

// Takes back the last character. False: no room.
static bool erase(atline_t *l) {
    uint32_t to = l->cooked;
    do {
        to--;
    } while (to != l->begin && (*at(l, to) & 0xc0) == 0x80);
    if (*at(l, to) >= ' ' && !echo(l, RUB, RUB_LEN)) {
        return false;
    }
    l->cooked = to;
    l->ask_in = 1;
    l->text = l->text && to != l->begin;
    return true;
}

// A key that edits. False: no room.
static bool edit(atline_t *l, uint8_t c) {
    while (l->cooked != l->begin) {
        if (!erase(l)) {
            return false;
        }
        if (c != CTRL_U) {
            break;
        }
    }
    l->seen++;
    if (l->cooked == l->rx->tail || l->seen - l->cooked > l->rx->mask / 4) {
        close_hole(l);
    }
    return true;
}

static inline bool edits(const atline_t *l, uint8_t c) {
    return echoes(l) && (c == BS || c == DEL || c == CTRL_U);
}

// Passes the characters of a line that mean nothing to us, when nobody edits.
static inline void pass_text(atline_t *l, uint32_t limit) {
    uint32_t start = l->seen & l->rx->mask;
    const uint8_t *from = l->rx->buf + start;
    const uint8_t *end = from + min(limit - l->seen, l->rx->mask + 1 - start);
    const uint8_t *c = from;
    while (c != end && *c >= '+' && *c <= '~' && *c != ',' && *c != '=') {
        c++;
    }
    if (c != from) {
        l->text = true;
        l->after_cr = false;
        l->cooked = l->seen += c - from;
    }
}

// Neither control nor editing, nor where a payload may begin.
static inline bool is_text(uint8_t c) {
    return c >= ' ' && c != ',' && c != '=' && c != DEL;
}

// The same with an echo, as far as there is room.
static inline void type_text(atline_t *l, uint32_t limit) {
    ring_t *tx = l->tx;
    uint32_t to = tx->head;
    uint32_t n = min(limit - l->seen, ring_free(tx));
    uint32_t seen = l->seen;
    for (; n > 0; n--, seen++) {
        uint8_t c = *at(l, seen);
        if (!is_text(c)) {
            break;
        }
        tx->buf[to++ & tx->mask] = c;
        *at(l, l->cooked++) = c;
    }
    if (seen != l->seen) {
        l->text = true;
        l->after_cr = false;
        l->seen = seen;
        ring_commit(tx, to - tx->head);
    }
}

// One byte of a line. False: no room for its echo.
static bool line_byte(atline_t *l, uint8_t c) {
    if (is_eol(c)) {
        return line_end(l, c);
    }
    l->after_cr = false;
    if (edits(l, c)) {
        return edit(l, c);
    }
    if (c >= ' ' && !echo(l, (const char *)&c, 1)) {
        return false;
    }
    keep(l, c);
    if (c == ',' || c == '=') {
        may_ask(l);
    }
    if ((c == CTRL_A || c == CTRL_C) && (l->flags & ATLINE_CONTROLS) && !l->text) {
        if (l->cooked - l->begin == 1) {
            new_line(l);
        }
        hand_over(l);
    }
    l->text = l->text || (c > ' ' && c <= '~');
    return true;
}

// --- A payload, and bytes that are none of our business ---

// Takes bytes as they are, up to `n`. Returns how many there was room for.
static uint32_t take(atline_t *l, uint32_t n) {
    if (echoes(l)) {
        n = min(n, ring_free(l->tx));
        uint32_t start = l->seen & l->rx->mask;
        uint32_t first = min(n, l->rx->mask + 1 - start);
        ring_put(l->tx, l->rx->buf + start, first);
        ring_put(l->tx, l->rx->buf, n - first);
    }
    if (l->cooked == l->seen) {
        l->cooked = l->seen += n;
    } else {
        for (uint32_t i = 0; i < n; i++) {
            keep(l, *at(l, l->seen));
        }
    }
    return n;
}

// False: no room.
static bool payload(atline_t *l, uint32_t limit) {
    while (l->padded && l->seen != limit) {
        if (*at(l, l->seen) != ' ') {
            l->padded = false;
        } else if (take(l, 1) == 0) {
            return false;
        } else {
            l->end++;
        }
    }
    if (is_before(l->cooked, l->end)) {
        uint32_t n = min(limit - l->seen, l->end - l->cooked);
        l->after_cr = false;
        if (take(l, n) != n) {
            return false;
        }
    }
    if (is_before(l->cooked, l->end) || l->seen == limit) {
        return true;
    }
    uint8_t c = *at(l, l->seen); // behind it
    if (is_eol(c)) {
        if (!echo_eol(l, c)) {
            return false;
        }
        keep(l, c);
        new_line(l);
    } else {
        if (take(l, 1) == 0) {
            return false;
        }
        l->state = ATLINE_PASS;
    }
    l->ready = l->cooked;
    return true;
}

// One byte of a line of which the reader knows more than we do. False: no room.
static bool pass(atline_t *l, uint8_t c) {
    bool eol = is_eol(c);
    if (eol ? !echo_eol(l, c) : !echo(l, (const char *)&c, 1)) {
        return false;
    }
    l->after_cr = c == CR;
    keep(l, c);
    if (l->state == ATLINE_PASS) {
        if (eol) {
            l->state = ATLINE_PASSED;
        }
        l->ready = l->cooked;
    }
    return true;
}

// The same up to the line end. False: no room for all of that.
static bool pass_line(atline_t *l, uint32_t limit) {
    while (l->state == ATLINE_PASS && l->seen != limit) {
        if (!pass(l, *at(l, l->seen))) {
            return false;
        }
    }
    return true;
}

// --- What the port calls ---

// Looks at something more. False: there is no more to look at, or no room for the echo.
static bool look(atline_t *l, uint32_t limit) {
    if (l->seen == limit || (echoes(l) && atline_ready(l))) {
        return false;
    }
    switch (l->state) {
        case ATLINE_LINE:
            if (echoes(l)) {
                type_text(l, limit);
            } else if (l->cooked == l->seen) {
                pass_text(l, limit);
            }
            return l->seen != limit && line_byte(l, *at(l, l->seen));
        case ATLINE_PAYLOAD:
            return payload(l, limit);
        case ATLINE_PASS:
            return pass_line(l, limit);
        case ATLINE_PASSED:
            if (atline_ready(l)) {
                return false;
            }
            new_line(l);
            return true;
        default:
            return echoes(l) ? pass(l, *at(l, l->seen)) : take(l, limit - l->seen) != 0;
    }
}

static inline uint32_t half(const atline_t *l) {
    return (l->rx->mask + 1) / 2;
}

bool atline_key(atline_t *l) {
    ring_t *rx = l->rx;
    ring_t *tx = l->tx;
    uint32_t seen = l->seen;
    uint32_t to = tx->head;
    if (!echoes(l) || rx->head - seen != 1 || l->cooked != seen || l->ready != rx->tail ||
        to - tx->tail > tx->mask) {
        return false;
    }
    uint8_t c = rx->buf[seen & rx->mask];
    bool asks = false;
    if (l->state == ATLINE_LINE) {
        asks = c == ',' || c == '=';
        if (!asks && !is_text(c)) {
            return false;
        }
        l->text = true;
    } else if (l->state != ATLINE_PAYLOAD || l->padded || !is_before(seen, l->end)) {
        return false;
    }
    tx->buf[to & tx->mask] = c;
    ring_commit(tx, 1);
    l->cooked = l->seen = seen + 1;
    l->after_cr = false;
    if (asks) {
        may_ask(l);
    }
    return true;
}

// Somebody else has read.
static inline void follow(atline_t *l) {
    if (is_before(l->seen, l->rx->tail)) {
        l->seen = l->cooked = l->ready = l->begin = l->rx->tail;
    }
}

bool atline_poll(atline_t *l, uint32_t limit, bool stopped, uint32_t silent_ms) {
    follow(l);
    while (look(l, limit)) {
    }
    if (stopped && l->seen == limit) {
        hand_over(l);
        return true;
    }
    uint32_t unread = l->cooked - l->ready;
    bool silent = l->seen == limit && silent_ms >= atline_patience_ms(l);
    if (unread != 0 && (unread >= half(l) || silent || (l->state == ATLINE_RAW && unread >= l->want))) {
        hand_over(l);
        if (silent && l->state == ATLINE_PAYLOAD && !is_before(l->cooked, l->end)) {
            new_line(l);
        }
    }
    return atline_ready(l);
}

uint32_t atline_next(const atline_t *l) {
    uint32_t unread = l->cooked - l->ready;
    uint32_t ahead = l->state == ATLINE_LINE && !echoes(l) ? LINE_AHEAD : 1;
    if (l->state == ATLINE_PAYLOAD && !l->padded && !echoes(l)) {
        ahead = l->end - l->cooked + 1;
    } else if (l->state == ATLINE_RAW && unread < l->want) {
        ahead = l->want - unread;
    }
    return l->seen + (unread < half(l) ? min(ahead, half(l) - unread) : 1);
}

size_t atline_read(atline_t *l, uint8_t *dst, size_t n) {
    if (l->state == ATLINE_RAW) {
        l->ready = l->cooked;
    }
    uint32_t there = l->ready - l->rx->tail;
    n = ring_get(l->rx, dst, n < there ? n : there);
    if (l->rx->tail == l->cooked) {
        close_hole(l);
    }
    return n;
}

void atline_lines(atline_t *l, bool begun) {
    close_hole(l);
    l->seen = l->cooked = l->ready = l->rx->tail;
    new_line(l);
    if (begun) {
        l->state = ATLINE_PASS;
    }
}

void atline_raw(atline_t *l, uint32_t want) {
    close_hole(l);
    l->seen = l->cooked = l->ready = l->rx->tail;
    l->state = ATLINE_RAW;
    l->want = want;
}

void atline_set(atline_t *l, const uint8_t *rows, size_t rows_len, uint8_t flags) {
    bool echoed = echoes(l);
    l->rows = rows;
    l->rows_len = rows_len;
    l->flags = flags;
    l->ask_in = 1;
    if ((l->state == ATLINE_LINE || l->state == ATLINE_PAYLOAD) && !(echoed && echoes(l))) {
        atline_lines(l, false);
    }
}

int32_t atline_partial(const atline_t *l) {
    if (l->state == ATLINE_PAYLOAD) {
        return l->cooked - l->begin == 0 ? -1 : -(int32_t)(l->cooked - l->begin);
    }
    return l->state == ATLINE_LINE ? (int32_t)(l->cooked - l->begin) : 0;
}

uint32_t atline_again(atline_t *l, uint32_t from) {
    uint32_t end = atline_partial(l) > 0 ? l->cooked - l->begin : 0;
    while (from < end) {
        uint8_t c = *at(l, l->begin + from);
        if (c >= ' ' && ring_put(l->tx, &c, 1) == 0) {
            break;
        }
        from++;
    }
    return from;
}
