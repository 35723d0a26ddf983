#include <string.h>

#include "link_io.h"
#include "link_port.h"
#include "protocol.h"

#define ALIGN4(n) (((n) + 3) & ~(size_t)3)

#define SYNC_LIMIT_WORDS (65536u) // more than 50 ms of the fastest clock, should the time stand still

#define WINDOW (16u) // sync, opcode, length, header: no message is shorter

// Frames up to this size leave in one transfer; longer payloads are not copied.
#define STAGE_SIZE (256u)

static struct {
    uint32_t seq;
    size_t left;     // bytes of the body to come
    size_t wire;     // the same with padding
    uint8_t held[4]; // the last word read; what of it nobody has taken yet
    uint8_t held_at;
    uint8_t held_len;
} rx;

static _Alignas(4) uint8_t stage[STAGE_SIZE];
static size_t staged;

void link_io_reset(void) {
    memset(&rx, 0, sizeof(rx));
    staged = 0;
}

// Sending

static void stage_flush(void) {
    if (staged > 0) {
        link_port_write(stage, staged);
        staged = 0;
    }
}

static void stage_pad(void) {
    while (staged & 3) {
        stage[staged++] = 0;
    }
}

static void stage_put(const link_part_t *part) {
    const uint8_t *src = part->buf;
    size_t len = part->len;
    if (len > STAGE_SIZE - staged) {
        // Complete the word that is begun, then hand out whole words from where they are.
        size_t fill = -staged & 3;
        memcpy(stage + staged, src, fill);
        staged += fill;
        stage_flush();
        size_t words = (len - fill) & ~(size_t)3;
        if (words > 0) {
            link_port_write(src + fill, words);
        }
        src += fill + words;
        len -= fill + words;
    }
    if (len > 0) {
        memcpy(stage + staged, src, len);
        staged += len;
    }
}

bool link_io_send(const link_frame_t *frame) {
    size_t payload = frame->payload.len + frame->payload2.len;
    size_t len = ALIGN4(frame->args.len) + ALIGN4(frame->prefix.len) + ALIGN4(payload);
    if (len > UINT16_MAX || payload < frame->payload.len) {
        return false;
    }
    const uint32_t front[2] = {SYNC_OUT, frame->opcode | (uint32_t)len << 16};
    memcpy(stage, front, sizeof(front));
    staged = sizeof(front);
    stage_put(&frame->args);
    stage_pad();
    stage_put(&frame->prefix);
    stage_pad();
    stage_put(&frame->payload);
    stage_put(&frame->payload2);
    stage_pad();
    stage_flush();
    return true;
}

// Receiving

// Reads from the wire, which only gives whole words: what is over is held for the next time.
static void wire_read(uint8_t *dst, size_t len) {
    while (len > 0 && rx.held_len > 0) {
        *dst++ = rx.held[rx.held_at++];
        rx.held_len--;
        len--;
    }
    size_t words = len & ~(size_t)3;
    if (words > 0) {
        link_port_read(dst, words);
    }
    len -= words;
    if (len > 0) {
        link_port_read(rx.held, sizeof(rx.held));
        memcpy(dst + words, rx.held, len);
        rx.held_at = len;
        rx.held_len = sizeof(rx.held) - len;
    }
}

static bool is_sync(const uint8_t *p) {
    uint32_t word;
    memcpy(&word, p, sizeof(word));
    return ((word ^ (SYNC_IN | rx.seq)) & SYNC_MASK) == 0 || ((word ^ SYNC_IN_NO_SEQ) & SYNC_MASK) == 0;
}

// Replaces the first `n` bytes of the window by the next ones of the wire. True if they were more than idle
// words, all alike.
static bool window_slide(uint8_t *window, size_t n, uint32_t *idle) {
    bool garbage = (n & 3) != 0;
    for (size_t i = 0; i + 4 <= n; i += 4) {
        uint32_t word;
        memcpy(&word, window + i, sizeof(word));
        garbage |= word != *idle;
    }
    memmove(window, window + n, WINDOW - n);
    wire_read(window + WINDOW - n, n);
    return garbage;
}

// Slides the window until it begins with the last of the sync words.
static bool find_sync(uint8_t *window, bool *slipped) {
    uint32_t start = link_port_ticks_ms();
    uint32_t idle;
    memcpy(&idle, window, sizeof(idle));
    for (size_t bytes = 0; bytes < SYNC_LIMIT_WORDS * 4;) {
        size_t at = 0;
        while (at < WINDOW - 4 && !is_sync(window + at)) {
            at++;
        }
        if (at == 0) {
            if (!is_sync(window + 4)) {
                return true;
            }
            *slipped = true;
            at = 4;
        }
        *slipped |= window_slide(window, at, &idle);
        bytes += at;
        if (link_port_ticks_ms() - start > NWP_SYNC_TIMEOUT_MS) {
            break;
        }
    }
    // One attempt more: the last words read may hold it.
    return is_sync(window) && !is_sync(window + 4);
}

bool link_io_begin(link_header_t *header) {
    static const uint32_t request = READ_REQUEST;
    _Alignas(4) uint8_t window[WINDOW];
    rx.held_len = 0;
    header->slipped = false;
    link_port_write(&request, sizeof(request));
    link_port_read(window, WINDOW);
    if ((!is_sync(window) || is_sync(window + 4)) && !find_sync(window, &header->slipped)) {
        return false;
    }
    rx.seq = (rx.seq + 1) & 3;
    header->opcode = window[4] | window[5] << 8;
    header->len = window[6] | window[7] << 8;
    header->credits = window[8];
    header->dev_status = window[9];
    header->min_tx = window[10] | window[11] << 8;
    header->tx_failure = window[12] | window[13] << 8;
    header->nonblocking = window[14] | window[15] << 8;
    rx.left = header->len > LINK_IO_HEADER ? header->len - LINK_IO_HEADER : 0;
    rx.wire = ALIGN4(rx.left);
    return true;
}

size_t link_io_left(void) {
    return rx.left;
}

void link_io_read(void *buf, size_t len) {
    if (len > rx.left) {
        len = rx.left;
    }
    wire_read(buf, len);
    rx.left -= len;
    rx.wire -= len;
}

size_t link_io_end(void) {
    size_t drained = rx.left;
    uint8_t scrap[64];
    while (rx.wire > 0) {
        size_t n = rx.wire < sizeof(scrap) ? rx.wire : sizeof(scrap);
        wire_read(scrap, n);
        rx.wire -= n;
    }
    rx.left = 0;
    return drained;
}
