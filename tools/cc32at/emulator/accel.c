// The optional accelerator: counts instructions a translation block at a time, in C.
//
// Unicorn calls block_hook at the start of every block. The block's instructions are counted by
// their first halfwords, from the guest's memory as the host sees it. A stop is asked for at the
// start of a block only, before it runs: a clean instruction boundary.

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t counter; // instructions of all blocks begun in this slice
    uint64_t limit;   // stop at the first block at which counter has reached this
    uint64_t stopped; // set when that happened
    uint64_t ready;   // an exception is pending and enabled
    int (*stop)(void *engine);
    struct {
        uint64_t base;
        uint64_t size;
        const uint8_t *bytes;
    } memory[3];
} accel_t;

// Instructions in `size` bytes of Thumb code: a first halfword of 0b11101.. or more is followed
// by a second one.
static uint32_t count_instructions(const uint8_t *code, uint32_t size) {
    uint32_t count = 0;
    for (uint32_t at = 0; at < size; count++) {
        at += code[at + 1] >= 0xE8 ? 4 : 2;
    }
    return count;
}

void accel_block(void *engine, uint64_t address, uint32_t size, void *user) {
    accel_t *accel = user;
    if (accel->counter >= accel->limit) {
        accel->stopped = 1;
        accel->stop(engine);
        return;
    }
    for (int i = 0; i < 3; i++) {
        uint64_t offset = address - accel->memory[i].base;
        if (offset + size <= accel->memory[i].size) {
            accel->counter += count_instructions(accel->memory[i].bytes + offset, size);
            return;
        }
    }
    accel->counter += 1;
}

// At an instruction that may unmask interrupts: if one waits, stop at the next block.
void accel_unmask(void *engine, uint64_t address, uint32_t size, void *user) {
    accel_t *accel = user;
    (void)engine;
    (void)address;
    (void)size;
    if (accel->ready) {
        accel->limit = accel->counter;
    }
}
