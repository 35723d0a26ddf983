// Where the heap looks for room. MicroPython's own allocator, gc_alloc_any() here (see the Makefile), begins
// every search for more than one block at the first free block of the heap, and once the collector has run
// that lies in front of all that lives: up to 9,000 instructions an allocation. This one goes on from where
// the last search ended, until the next collection; single blocks fill the gaps, as ever.
//
// What lives long and was allocated late would so be strewn over the heap, and nothing large find room any
// more. Against that, frames are taken from the top of the heap (alloc_high()), and who is idle collects as
// soon as the search has come far (alloc_since): what is small and stays lies near the bottom then. The first
// collection is not by who is idle: while the application is being imported nothing is there to collect.
#include "py/gc.h"
#include "py/mpstate.h"

#include "hot.h"

#define BLOCKS_PER_BYTE (4) // of the allocation table
#define BYTES_PER_BYTE  (MICROPY_BYTES_PER_GC_BLOCK * BLOCKS_PER_BYTE)
// Where the heap is small, what is made at the boot may not lie far apart, for want of one large piece then:
// it is looked for from the bottom on, and collected every so often.
#define ROOM    (MICROPY_HW_SCARCE ? 64 : 2048) // bytes
#define AT_BOOT (4096)                          // bytes

void *gc_alloc_any(size_t n_bytes, unsigned int flags);

static size_t next; // byte of the allocation table
static bool collected;
size_t alloc_since; // bytes
bool alloc_settled; // there was a collection

void alloc_reset(void) {
    next = 0;
    alloc_since = 0;
    alloc_settled = false;
    collected = true;
}

void alloc_begin(void) {
    alloc_reset();
#if MICROPY_HW_SCARCE
    MP_STATE_MEM(gc_alloc_threshold) = AT_BOOT / MICROPY_BYTES_PER_GC_BLOCK;
#endif
}

void alloc_begun(void) {
#if MICROPY_HW_SCARCE
    MP_STATE_MEM(gc_alloc_threshold) = SIZE_MAX;
#endif
}

// The next search begins where there is room: who waits for the collector is idle, who allocates is not.
void alloc_collected(void) {
    const mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t run = 0;
    size_t at = 0;
    while (at < area->gc_alloc_table_byte_len && run < ROOM / BYTES_PER_BYTE) {
        run = area->gc_alloc_table_start[at++] == 0 ? run + 1 : 0;
    }
    alloc_reset();
    alloc_settled = true;
    next = at - run;
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

// The highest byte of the allocation table from which on so many bytes of memory are free; 0: none.
static size_t highest(const mp_state_mem_area_t *area, size_t n_bytes) {
    const uint8_t *table = area->gc_alloc_table_start;
    size_t wanted = (n_bytes + BYTES_PER_BYTE - 1) / BYTES_PER_BYTE;
    size_t run = 0;
    for (size_t at = area->gc_alloc_table_byte_len; at-- > area->gc_last_free_atb_index;) {
        run = table[at] == 0 ? run + 1 : 0;
        if (run == wanted) {
            return at;
        }
    }
    return 0;
}

void *alloc_high(size_t n_bytes) {
    size_t from = highest(&MP_STATE_MEM(area), n_bytes);
    return from == 0 ? NULL : search_from(from, n_bytes, 0);
}

void *gc_alloc(size_t n_bytes, unsigned int flags) {
    alloc_since += n_bytes;
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
        next = ((uint8_t *)found - area->gc_pool_start) / BYTES_PER_BYTE;
    }
    return found;
}
