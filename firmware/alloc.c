// Where the heap looks for room. MicroPython's own allocator, gc_alloc_any() here (see the Makefile), begins
// every search for more than one block at the first free block of the heap, and once the collector has run
// that lies in front of all that lives: up to 9,000 instructions an allocation. This one goes on from where
// the last search ended, until the next collection; single blocks fill the gaps, as ever.
#include "py/gc.h"
#include "py/mpstate.h"

#include "hot.h"

#define BLOCKS_PER_BYTE (4) // of the allocation table

void *gc_alloc_any(size_t n_bytes, unsigned int flags);

static size_t next; // byte of the allocation table
static bool collected;

void alloc_reset(void) {
    next = 0;
    collected = true;
}

static void *search_from(size_t from, size_t n_bytes, unsigned int flags) {
    size_t *first = &MP_STATE_MEM(area).gc_last_free_atb_index;
    size_t before = *first;
    collected = false;
    *first = from;
    void *found = gc_alloc_any(n_bytes, flags);
    if (!collected) {
        *first = before;
    }
    return found;
}

void *gc_alloc(size_t n_bytes, unsigned int flags) {
    if (n_bytes <= MICROPY_BYTES_PER_GC_BLOCK) {
        return gc_alloc_any(n_bytes, flags);
    }
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t first = area->gc_last_free_atb_index;
    void *found = search_from(MAX(next, first), n_bytes, flags);
    if (found == NULL && next > first) {
        found = search_from(first, n_bytes, flags); // there was no collection: it is switched off
    }
    if (found != NULL) {
        next = ((uint8_t *)found - area->gc_pool_start) / (MICROPY_BYTES_PER_GC_BLOCK * BLOCKS_PER_BYTE);
    }
    return found;
}
