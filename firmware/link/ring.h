// Byte rings between an interrupt handler and the main thread.
//
// One producer and one consumer, on one core: the producer alone writes `head`, the consumer alone writes
// `tail`, both count for ever and are masked on use, so no locking is needed and all of the buffer is
// usable. An index is published only after the bytes it covers were copied.
#ifndef FIRMWARE_LINK_RING_H
#define FIRMWARE_LINK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _ring_t {
    uint8_t *buf;
    uint32_t mask; // size - 1
    volatile uint32_t head;
    volatile uint32_t tail;
} ring_t;

// Static initialiser for an array whose size is a power of two.
#define RING_INIT(array) {(array), sizeof(array) - 1, 0, 0}

// The compiler must not move copies across the publication of an index. An interrupt on the same core needs
// no more than that.
#define RING_BARRIER() __asm volatile("" ::: "memory")

static inline uint32_t ring_used(const ring_t *r) {
    return r->head - r->tail;
}

static inline uint32_t ring_space(const ring_t *r) {
    return r->mask + 1 - (r->head - r->tail);
}

// Producer: one byte; false if the ring is full (the byte is not stored).
static inline bool ring_put(ring_t *r, uint8_t byte) {
    uint32_t head = r->head;
    if (head - r->tail > r->mask) {
        return false;
    }
    r->buf[head & r->mask] = byte;
    RING_BARRIER();
    r->head = head + 1;
    return true;
}

// Consumer: one byte, or -1 if the ring is empty.
static inline int ring_get(ring_t *r) {
    uint32_t tail = r->tail;
    if (r->head == tail) {
        return -1;
    }
    int byte = r->buf[tail & r->mask];
    RING_BARRIER();
    r->tail = tail + 1;
    return byte;
}

// Consumer: forget everything that waits.
static inline void ring_flush(ring_t *r) {
    r->tail = r->head;
}

// `size` is a power of two.
void ring_init(ring_t *r, uint8_t *buf, uint32_t size);

// Producer: copies in as much of `len` bytes as fits, returns how many.
size_t ring_write(ring_t *r, const void *src, size_t len);

// Consumer: copies out at most `len` bytes, returns how many.
size_t ring_read(ring_t *r, void *dst, size_t len);

// Consumer: the bytes that can be read without copying, up to the end of the buffer; *len = 0 if there are
// none. They stay until ring_skip().
const uint8_t *ring_span(const ring_t *r, size_t *len);
void ring_skip(ring_t *r, size_t len);

#endif
