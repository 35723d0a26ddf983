// Byte ring between one producer and one consumer, of which one may be an interrupt.
//
// The positions run freely and are reduced by the mask when used, so a ring of size n holds n
// bytes. Only the producer moves head and only the consumer moves tail; both are aligned words,
// so neither side has to mask the other. The buffer belongs to the caller, its size is a power
// of two.
#ifndef CC3220_LINK_RING_H
#define CC3220_LINK_RING_H

#include <stddef.h>
#include <stdint.h>

typedef struct _ring_t {
    uint8_t *buf;
    uint32_t mask;
    volatile uint32_t head;
    volatile uint32_t tail;
} ring_t;

#define RING_INIT(array)                                                                                     \
    { (array), sizeof(array) - 1, 0, 0 }

// The compiler must not move copies across the publication of a position. An interrupt on the same
// core needs no more than that.
#define RING_BARRIER() __asm volatile("" ::: "memory")

static inline uint32_t ring_used(const ring_t *r) {
    return r->head - r->tail;
}

static inline uint32_t ring_free(const ring_t *r) {
    return r->mask + 1 - ring_used(r);
}

// Longest stretch the producer can fill without a wrap; *at is where it begins.
static inline uint32_t ring_write_span(const ring_t *r, uint8_t **at) {
    uint32_t start = r->head & r->mask;
    uint32_t to_end = r->mask + 1 - start;
    uint32_t room = ring_free(r);
    *at = r->buf + start;
    return room < to_end ? room : to_end;
}

// Longest stretch the consumer can take without a wrap; *at is where it begins.
static inline uint32_t ring_read_span(const ring_t *r, uint8_t **at) {
    uint32_t start = r->tail & r->mask;
    uint32_t to_end = r->mask + 1 - start;
    uint32_t used = ring_used(r);
    *at = r->buf + start;
    return used < to_end ? used : to_end;
}

static inline void ring_commit(ring_t *r, uint32_t n) {
    RING_BARRIER();
    r->head += n;
}

static inline void ring_consume(ring_t *r, uint32_t n) {
    RING_BARRIER();
    r->tail += n;
}

// Producer: copies as much as fits, returns how much that was.
uint32_t ring_put(ring_t *r, const uint8_t *src, uint32_t n);

// Consumer: copies out at most n bytes, returns how many.
uint32_t ring_get(ring_t *r, uint8_t *dst, uint32_t n);

// Consumer: puts bytes back in front of what waits. The producer must be held off meanwhile.
// Returns how many bytes, counted from the end of src, there was room for.
uint32_t ring_unget(ring_t *r, const uint8_t *src, uint32_t n);

#endif // CC3220_LINK_RING_H
