#include "cc3220.h"
#include "hal.h"

void hal_clock_on(uint32_t arcm_offset) {
    ARCM_GATE(arcm_offset) |= ARCM_GATE_RUN | ARCM_GATE_SLEEP;
    while (!(ARCM_RESET(arcm_offset) & ARCM_RESET_ENABLED)) {
    }
    ARCM_RESET(arcm_offset) |= ARCM_RESET_ASSERT;
    for (volatile int i = 0; i < 16; i++) {
    }
    ARCM_RESET(arcm_offset) &= ~ARCM_RESET_ASSERT;
    while (!(ARCM_RESET(arcm_offset) & ARCM_RESET_ENABLED)) {
    }
}

void hal_clock_off(uint32_t arcm_offset) {
    ARCM_GATE(arcm_offset) &= ~(ARCM_GATE_RUN | ARCM_GATE_SLEEP);
}

bool hal_clock_is_on(uint32_t arcm_offset) {
    return (ARCM_GATE(arcm_offset) & ARCM_GATE_RUN) != 0;
}

void hal_pad(unsigned int pad, uint32_t config) {
    PAD_CONFIG(pad) = config;
}
