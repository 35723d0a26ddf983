#include <string.h>

#include "ring.h"

void ring_init(ring_t *r, uint8_t *buf, uint32_t size) {
    r->buf = buf;
    r->mask = size - 1;
    r->head = 0;
    r->tail = 0;
}

size_t ring_write(ring_t *r, const void *src, size_t len) {
    uint32_t head = r->head;
    uint32_t space = r->mask + 1 - (head - r->tail);
    if (len > space) {
        len = space;
    }
    uint32_t at = head & r->mask;
    size_t first = r->mask + 1 - at;
    if (first > len) {
        first = len;
    }
    memcpy(r->buf + at, src, first);
    memcpy(r->buf, (const uint8_t *)src + first, len - first);
    RING_BARRIER();
    r->head = head + len;
    return len;
}

size_t ring_read(ring_t *r, void *dst, size_t len) {
    uint32_t tail = r->tail;
    uint32_t used = r->head - tail;
    if (len > used) {
        len = used;
    }
    uint32_t at = tail & r->mask;
    size_t first = r->mask + 1 - at;
    if (first > len) {
        first = len;
    }
    memcpy(dst, r->buf + at, first);
    memcpy((uint8_t *)dst + first, r->buf, len - first);
    RING_BARRIER();
    r->tail = tail + len;
    return len;
}

const uint8_t *ring_span(const ring_t *r, size_t *len) {
    uint32_t used = r->head - r->tail;
    uint32_t at = r->tail & r->mask;
    uint32_t to_end = r->mask + 1 - at;
    *len = used < to_end ? used : to_end;
    return r->buf + at;
}

void ring_skip(ring_t *r, size_t len) {
    uint32_t used = r->head - r->tail;
    RING_BARRIER();
    r->tail += len < used ? len : used;
}
