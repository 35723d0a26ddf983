#include <string.h>

#include "ring.h"

uint32_t ring_put(ring_t *r, const uint8_t *src, uint32_t n) {
    uint32_t done = 0;
    while (done < n) {
        uint8_t *at;
        uint32_t span = ring_write_span(r, &at);
        if (span == 0) {
            break;
        }
        if (span > n - done) {
            span = n - done;
        }
        memcpy(at, src + done, span);
        ring_commit(r, span);
        done += span;
    }
    return done;
}

uint32_t ring_get(ring_t *r, uint8_t *dst, uint32_t n) {
    uint32_t done = 0;
    while (done < n) {
        uint8_t *at;
        uint32_t span = ring_read_span(r, &at);
        if (span == 0) {
            break;
        }
        if (span > n - done) {
            span = n - done;
        }
        memcpy(dst + done, at, span);
        ring_consume(r, span);
        done += span;
    }
    return done;
}

uint32_t ring_unget(ring_t *r, const uint8_t *src, uint32_t n) {
    uint32_t room = ring_free(r);
    uint32_t count = n < room ? n : room;
    for (uint32_t i = 1; i <= count; i++) {
        r->buf[(r->tail - i) & r->mask] = src[n - i];
    }
    RING_BARRIER();
    r->tail -= count;
    return count;
}
