// Feeds the link and the byte work with random and mutated input, in a C loop for speed. Every buffer the
// link may write to is a heap block of its own, so that the address sanitizer sees each byte too many. The
// rest is checked here; the functions return 0, or the line of the check that failed.
#include <stdlib.h>
#include <string.h>

#include "atfmt.h"
#include "athead.h"
#include "atline.h"
#include "attok.h"
#include "base64.h"
#include "hostport.h"
#include "link.h"
#include "link_port.h"

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            return __LINE__;                                                                                 \
        }                                                                                                    \
    } while (0)

#define WORDS_PER_MS (20) // a slow wire: sync loss is found after a thousand words

typedef struct _fuzz_stats_t {
    uint32_t frames;
    uint32_t answers;
    uint32_t queued; // answers behind events
    uint32_t events;
    uint32_t data;
    uint32_t fatals[LINK_FATAL_CMD_TIMEOUT + 1];
    uint32_t counters[LINK_N_COUNTERS]; // sums
    uint32_t most_words;                // read for one message
} fuzz_stats_t;

static uint64_t rng;

static uint32_t next(void) {
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng >> 16;
}

static uint32_t below(uint32_t n) {
    return next() % n;
}

static bool one_in(uint32_t n) {
    return below(n) == 0;
}

// The network processor: one stream of bytes at a time, 0xff behind its end.

static uint8_t stream[70000];
static size_t stream_len;
static size_t stream_at;
static bool line;
static bool requested;
static uint32_t words;
static uint32_t words_now;
static bool unaligned;
static unsigned sequence;

static void port_nothing(void) {
}

static void port_power(bool on) {
    (void)on;
    line = false;
    sequence = 0;
}

static bool port_true(void) {
    return true;
}

static void port_write(const void *buf, size_t len) {
    static const uint8_t request[4] = {0x65, 0x87, 0x78, 0x56};
    static volatile uint8_t sink;
    for (size_t i = 0; i < len; i++) { // under the eyes of the sanitizer
        sink = ((const uint8_t *)buf)[i];
    }
    (void)sink;
    unaligned |= len % 4 != 0;
    if (len == 4 && memcmp(buf, request, 4) == 0) {
        requested = true;
        line = false;
    }
}

static void port_read(void *buf, size_t len) {
    unaligned |= len % 4 != 0;
    words += len / 4;
    words_now += len / 4;
    size_t n = stream_len - stream_at < len ? stream_len - stream_at : len;
    n = requested ? n : 0;
    memcpy(buf, stream + stream_at, n);
    memset((uint8_t *)buf + n, 0xff, len - n);
    stream_at += n;
}

static bool port_irq(void) {
    return line;
}

static uint32_t port_ticks_ms(void) {
    return words / WORDS_PER_MS;
}

static uint32_t port_idle(uint32_t ms, uint32_t mask) {
    if (ms != 0 && !line) {
        words += (ms < 20000 ? ms : 20000) * WORDS_PER_MS;
    }
    return line ? mask & LINK_WAKE_NWP : 0;
}

static bool port_break(void) {
    return false;
}

static const host_port_t port = {
    port_nothing, port_nothing, port_power,    port_true, port_write, port_read,
    port_irq,     port_nothing, port_ticks_ms, port_idle, port_break,
};

// Frames

static const uint16_t opcodes[] = {
    0x0008, 0x000c, 0x0063, 0x0073, 0x0078, 0x0099, 0x0466, 0x04b7, 0x0880, 0x0c8c, 0x1003,
    0x1006, 0x1007, 0x100a, 0x100a, 0x100b, 0x100b, 0x120b, 0x120b, 0x100e, 0x100f, 0x1010,
    0x1401, 0x1407, 0x1820, 0x1878, 0x187b, 0x2440, 0x30c1, 0x8466, 0x940a, 0xff01, 0xff03,
};

static size_t frame_len(void) {
    switch (below(64)) {
        case 0:
            return below(0x10000);
        case 1:
        case 2:
        case 3:
        case 4:
            return 1500 + below(700);
        case 5:
        case 6:
            return below(8);
        default:
            return 8 + below(200);
    }
}

// A frame that is right or nearly so. Fatal ones are rare, so that the link lives for a while.
static void make_frame(void) {
    size_t at = 0;
    for (unsigned idle = one_in(4) ? below(4) : 0; idle > 0; idle--) {
        memset(stream + at, 0xff, 4);
        at += 4;
    }
    for (unsigned shift = one_in(10) ? below(9) : 0; shift > 0; shift--) {
        stream[at++] = next();
    }
    unsigned seq = one_in(300) ? next() : sequence;
    for (unsigned doubled = one_in(10) ? 2 : 1; doubled > 0; doubled--) {
        uint32_t sync = one_in(8) ? 0xabcddcba : 0xabcddcbc | (seq & 3);
        memcpy(stream + at, &sync, 4);
        at += 4;
    }
    uint16_t opcode = one_in(8) ? next() : opcodes[below(sizeof(opcodes) / sizeof(opcodes[0]))];
    if (opcode == 0x000c && !one_in(40)) {
        opcode = 0x0063;
    }
    uint16_t len = frame_len();
    memcpy(stream + at, &opcode, 2);
    memcpy(stream + at + 2, &len, 2);
    at += 4;
    size_t body = one_in(10) ? below(len + 64u) : (len + 3u) & ~3u;
    for (size_t i = 0; i < body; i += 2) {
        uint16_t pair = next();
        memcpy(stream + at + i, &pair, 2);
    }
    if (!one_in(4)) { // received data with a status near its length, of a socket that is likely one
        uint16_t status = len - 12 - 8 * (opcode == 0x100b) - 20 * (opcode == 0x120b) + below(3) - 1;
        memcpy(stream + at + 8, &status, 2);
        stream[at + 10] = below(18);
    }
    stream_len = at + body;
    for (unsigned flips = one_in(20) ? 1 + below(4) : 0; flips > 0; flips--) {
        stream[below(stream_len)] ^= 1 << below(8);
    }
}

static void make_garbage(void) {
    stream_len = 4 * below(30);
    for (size_t i = 0; i < stream_len; i++) {
        stream[i] = next();
    }
}

static void present(void) {
    if (one_in(400)) {
        make_garbage();
    } else {
        make_frame();
    }
    stream_at = 0;
    requested = false;
    line = true;
}

// The host

typedef struct _block_t {
    uint8_t *buf;
    size_t len;
} block_t;

static block_t targets[LINK_SOCKETS];

static bool lazy; // lets the event queue run full

static void free_targets(void) {
    for (unsigned i = 0; i < LINK_SOCKETS; i++) {
        free(targets[i].buf);
        targets[i].buf = NULL;
    }
}

// Blocks of sockets that wait no longer go, so that a late write is seen.
static void drop_targets(void) {
    for (unsigned i = 0; i < LINK_SOCKETS; i++) {
        if (targets[i].buf != NULL && !(link_expected() >> i & 1)) {
            free(targets[i].buf);
            targets[i].buf = NULL;
        }
    }
}

static void expect_some(void) {
    unsigned sd = below(20) | (one_in(4) ? 0x80 : 0);
    size_t len = one_in(3) ? below(8) : below(3000);
    uint8_t *buf = malloc(len + (len == 0));
    if (link_expect(sd, buf, len)) {
        unsigned id = sd & 0x1f;
        free(targets[id].buf);
        targets[id] = (block_t){buf, len};
    } else {
        free(buf);
    }
}

static int send_some(void) {
    link_part_t parts[4];
    for (unsigned i = 0; i < 4; i++) {
        size_t len = one_in(2) ? 0 : one_in(40) ? below(20000) : below(40);
        uint8_t *buf = len > 0 ? malloc(len) : NULL;
        if (buf != NULL) {
            memset(buf, i, len);
        }
        parts[i] = (link_part_t){buf, len};
    }
    link_frame_t frame = {next(), parts[0], parts[1], parts[2], parts[3]};
    int n = one_in(2) ? link_submit(&frame, below(20000))
                      : link_post(&frame, below(32), one_in(3) ? -1 : (int32_t)below(20000));
    for (unsigned i = 0; i < 4; i++) {
        free((void *)parts[i].buf);
    }
    return n;
}

static int take_event(fuzz_stats_t *stats) {
    size_t size = one_in(4) ? below(40) : LINK_ANSWER_SIZE;
    uint8_t *buf = malloc(size + (size == 0));
    size_t n = link_event(buf, size);
    uint16_t opcode = 0;
    if (n >= 4) {
        memcpy(&opcode, buf, 2);
    }
    free(buf);
    CHECK(n <= size && (n <= LINK_EVENT_SIZE || opcode == LINK_OP_ANSWER));
    if (opcode == LINK_OP_ANSWER) {
        stats->queued++;
        return 0;
    }
    if (opcode >= LINK_OP_FATAL) { // only the link itself makes these
        unsigned kind = opcode - LINK_OP_FATAL;
        CHECK(kind >= 1 && kind <= LINK_FATAL_CMD_TIMEOUT);
        stats->fatals[kind]++;
        return 0;
    }
    CHECK(n < 4 || (opcode & 0x8400) == 0);
    stats->data += opcode == 0x100a || opcode == 0x100b || opcode == 0x120b;
    stats->events += n > 0;
    return 0;
}

static void reopen(fuzz_stats_t *stats) {
    for (unsigned i = 0; i < LINK_N_COUNTERS; i++) {
        stats->counters[i] += link_counter(i);
    }
    link_close();
    drop_targets();
    link_open();
}

static int one_frame(fuzz_stats_t *stats) {
    present();
    stats->frames++;
    words_now = 0;
    uint32_t before = link_counter(LINK_N_FRAMES_IN); // a frame that finds no credits reads, too
    if (!one_in(3)) {
        expect_some();
    }
    if (one_in(20)) {
        link_sockets(next() | (uint32_t)next() << 16, next());
    }
    if (one_in(2)) {
        int n = send_some();
        CHECK(n <= 0);
    }
    int32_t wanted = below(20000), room = link_room(below(256), wanted);
    CHECK(room == LINK_E_CREDITS || room == LINK_E_TX_FAIL || (room >= 0 && room <= wanted));
    uint32_t flags = one_in(8) ? link_wait(below(100), 0x3f) : link_poll();
    CHECK(!line && !unaligned);
    stats->most_words = words_now > stats->most_words ? words_now : stats->most_words;
    sequence += link_counter(LINK_N_FRAMES_IN) - before;
    CHECK(link_status()->min_tx != 0);
    CHECK(link_answer_opcode() == 0 || link_answer_opcode() & 0x0400);
    drop_targets();
    if (flags & LINK_ANSWER) {
        uint32_t read = link_counter(LINK_N_FRAMES_IN);
        CHECK(link_poll() & LINK_ANSWER && link_counter(LINK_N_FRAMES_IN) == read);
        int n = link_collect();
        CHECK((n >= 0 && n <= (int)LINK_ANSWER_SIZE) || n <= LINK_E_BUSY);
        stats->answers += n >= 0;
    }
    if (one_in(50)) {
        link_abandon(one_in(2));
    }
    lazy ^= one_in(300);
    for (unsigned i = lazy ? 0 : below(3); i > 0; i--) {
        int failed = take_event(stats);
        CHECK(failed == 0);
    }
    if (flags & LINK_FATAL) {
        link_frame_t frame = {0x8466, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
        CHECK(link_submit(&frame, 100) == LINK_E_CLOSED && link_expected() == 0);
        CHECK(!(link_poll() & LINK_FATAL));
        while (link_poll() & LINK_EVENT) {
            int failed = take_event(stats);
            CHECK(failed == 0);
        }
        reopen(stats);
    }
    return 0;
}

int fuzz_link(uint64_t seed, uint32_t count, fuzz_stats_t *stats) {
    rng = seed * 0x9e3779b97f4a7c15u + 1;
    host_port_set(&port);
    words = 0;
    link_open();
    int failed = 0;
    for (; count > 0 && failed == 0; count--) {
        failed = one_frame(stats);
    }
    reopen(stats);
    link_close();
    free_targets();
    return failed;
}

// Lines made of what the tokenizer knows, in blocks of just their size.
// Rows of bytes that may be anything, and a line that may be anything behind a name that they have.
static int fuzz_header(void) {
    static const uint8_t good[] = "\2at\1\3\2\1\377\0\3at+\3\4\3\377\2\1\0\1a\5\4\1\2\2\0\1f\1\1x\5\4\1\2\0";
    static const char letters[] = "aT+=?\"\",,,,[]\\\\0123fFx \t\377\372\360";
    size_t rows_len = sizeof(good) - 1;
    uint8_t *rows = malloc(rows_len);
    memcpy(rows, good, rows_len);
    if (one_in(3)) {
        rows[below(rows_len)] = next();
        rows_len -= below(4);
    }
    uint8_t *tight = malloc(rows_len);
    memcpy(tight, rows, rows_len);
    free(rows);
    size_t len = below(80);
    size_t mask = one_in(2) ? 127 : SIZE_MAX;
    size_t start = mask == 127 ? below(128) : 0;
    uint8_t *buf = malloc(mask == 127 ? 128 : len + (len == 0));
    for (size_t i = 0; i < len; i++) {
        uint8_t c = one_in(30) ? next() : (uint8_t)letters[below(sizeof(letters) - 1)];
        buf[(start + i) & mask] = i < 4 && len % 2 ? (uint8_t) "aT+="[i] : c;
    }
    if (mask == 127) {
        for (size_t i = len; i < 128; i++) {
            buf[(start + i) & mask] = 0;
        }
    }
    if (athead_rows_ok(tight, rows_len)) {
        athead_t found;
        athead_result_t result =
            athead_find(buf, mask, start, start + len, tight, rows_len, one_in(2), &found);
        CHECK(result <= ATHEAD_PAYLOAD && result >= ATHEAD_NO_NUMBER);
        if (result == ATHEAD_PAYLOAD || result == ATHEAD_NO_NUMBER) {
            CHECK(found.data > start && found.data <= start + len && buf[(found.data - 1) & mask] == ',');
        }
    }
    size_t begin = athead_begin(buf, mask, start, start + len);
    CHECK(begin >= start && begin <= start + len);
    free(buf);
    free(tight);
    return 0;
}

// --- The line discipline: any bytes, stops, pauses, changes of mind, and a reader who takes what it may ---

static atline_t console;
static ring_t rx;
static ring_t tx;

static ring_t new_ring(uint32_t size) {
    return (ring_t){malloc(size), size - 1, next(), 0};
}

static bool in_order(void) {
    uint32_t used = ring_used(&rx);
    uint32_t ready = console.ready - rx.tail;
    uint32_t cooked = console.cooked - rx.tail;
    uint32_t seen = console.seen - rx.tail;
    return ready <= cooked && cooked <= seen && seen <= used && used <= rx.mask + 1;
}

static void come_in(void) {
    static const char *const pieces[] = {
        "a+=1,3,",
        "at=,,5,",
        "at=1,2,30,",
        "at=",
        "\r\n",
        "\n",
        "\r",
        "\b",
        "\177",
        "\25",
        "\3",
        "\1",
        "x,y",
        "\xf0\x9d\x84\x9e",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (uint32_t n = below(6); n > 0; n--) {
        const char *piece = pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
        ring_put(&rx, (const uint8_t *)piece, strlen(piece));
    }
}

static void change(const uint8_t *rows, size_t rows_len) {
    switch (below(4)) {
        case 0:
            atline_set(&console, rows, one_in(4) ? 0 : rows_len, below(8));
            break;
        case 1:
            atline_raw(&console, 1 + below(300));
            break;
        case 2:
            atline_again(&console, below(30));
            break;
        default:
            atline_lines(&console, one_in(3));
    }
}

int fuzz_line(uint64_t seed, uint32_t count) {
    static const uint8_t rows[] = "\2at\1\3\2\1\377\0\2a+\1\2\1\0\377\0";
    rng = seed * 0x9e3779b97f4a7c15u + 1;
    uint8_t out[200];
    while (count > 0) {
        rx = new_ring(128u << below(3));
        tx = new_ring(16u << below(4));
        rx.tail = rx.head;
        tx.tail = tx.head;
        console = (atline_t){.rx = &rx, .tx = &tx, .state = ATLINE_RAW, .want = 1};
        console.begin = console.cooked = console.seen = console.ready = rx.tail;
        for (uint32_t turns = 200; turns > 0 && count > 0; turns--, count--) {
            come_in();
            if (one_in(15)) {
                change(rows, sizeof(rows) - 1);
                CHECK(in_order());
            }
            uint32_t more = rx.head - console.seen;
            bool stopped = one_in(8);
            uint32_t limit = stopped && more > 0 ? console.seen + below(more) : rx.head;
            if (limit == rx.head && atline_key(&console)) {
                CHECK(in_order() && console.seen == rx.head && console.ready == rx.tail);
            }
            bool ready = atline_poll(&console, limit, stopped, one_in(3) ? 20u + below(2) * 2000 : 0);
            CHECK(in_order() && ready == (console.ready != rx.tail || (stopped && console.seen == limit)));
            CHECK(console.seen == limit || ready || ring_free(&tx) < 3);
            CHECK((int32_t)(atline_next(&console) - console.seen) > 0);
            ring_get(&tx, out, below(100));
            size_t room = below(sizeof(out));
            size_t n = atline_read(&console, out, room);
            CHECK(n <= room && in_order());
        }
        free(rx.buf);
        free(tx.buf);
    }
    return 0;
}

int fuzz_text(uint64_t seed, uint32_t count) {
    static const char letters[] = "aT+=?\"\",,[]\\\\x0123fF -:.|\r\n";
    rng = seed * 0x9e3779b97f4a7c15u + 1;
    for (; count > 0; count--) {
        size_t len = below(one_in(20) ? 3000 : 60);
        size_t room = 2 + below(40);
        uint8_t *line = malloc(len + (len == 0));
        uint16_t *fields = malloc(room * sizeof(uint16_t));
        for (size_t i = 0; i < len; i++) {
            line[i] = one_in(30) ? next() : (uint8_t)letters[below(sizeof(letters) - 1)];
        }
        bool escapes = one_in(2);
        size_t from = below(len + 1);
        int32_t after = attok_skip(line, from, len, below(5), escapes);
        CHECK(after >= -1 && after <= (int32_t)len && (after < 0 || after >= (int32_t)from));
        int32_t eol = attok_find_eol(line, from, len);
        CHECK(eol >= -1 && eol < (int32_t)len);
        size_t longest = below(len + 2);
        attok_line_t found = attok_line(line, from, len, below(len + 2), longest);
        CHECK(found.start >= from && found.start <= found.end && found.end <= len);
        CHECK(found.end == len || found.end - found.start <= longest);
        size_t begin = one_in(2) ? 0 : from;
        int n = attok_split(line, begin, len, fields, room, escapes);
        CHECK(n >= ATTOK_HELP && 2 + 3 * n <= (int)room);
        CHECK(begin <= fields[0] && fields[0] <= fields[1] && fields[1] <= len);
        for (int i = 0; i < n; i++) {
            size_t start = fields[2 + 3 * i];
            size_t end = fields[3 + 3 * i];
            uint64_t magnitude;
            bool negative;
            CHECK(start <= end && end <= len);
            attok_number(line, start, end, &magnitude, &negative);
            CHECK(attok_unquote(line, start, end) <= end);
        }
        size_t size = atfmt_str_size(line, len);
        uint8_t *text = malloc(size + (size == 0));
        CHECK(atfmt_str(text, line, len) == size);
        free(text);
        uint8_t *coded = malloc(BASE64_ENCODED(len) + 1);
        size_t coded_len = base64_encode(line, len, coded);
        CHECK(coded_len == BASE64_ENCODED(len));
        CHECK(base64_decode(coded, coded_len, coded) == (ptrdiff_t)len);
        CHECK(memcmp(coded, line, len) == 0);
        ptrdiff_t plain = base64_decode(line, len & ~(size_t)3, line);
        CHECK(plain <= (ptrdiff_t)len);
        int header = fuzz_header();
        if (header != 0) {
            return header;
        }
        free(coded);
        free(fields);
        free(line);
    }
    return 0;
}
