#include "cc3220.h"
#include "hal.h"

// SysTick counts down 24 bits of the core clock and goes on in WFI. Five wraps are exactly 2^20
// microseconds, so the clock is kept in such blocks and needs no 64-bit division.
#define CYCLES_PER_US   (CPU_HZ / 1000000u)
#define WRAP_MASK       (0xFFFFFFu)
#define WRAPS_PER_BLOCK (5)
#define BLOCKS_PER_ERA  (125) // 125 * 2^20 us are 131,072 ms exactly
#define MS_PER_ERA      (131072)

static struct {
    uint32_t blocks;
    uint32_t wraps; // 0..4 within the block
} volatile clock_base;

static inline void clock_wrap(void) {
    if (clock_base.wraps == WRAPS_PER_BLOCK - 1) {
        clock_base.wraps = 0;
        clock_base.blocks += 1;
    } else {
        clock_base.wraps += 1;
    }
}

// Reads the block number and the cycles since it began (less than 5 * 2^24).
// Right as long as interrupts were not off for longer than one wrap.
static inline uint32_t clock_read(uint32_t *blocks) {
    uint32_t state = irq_disable();
    // Counting down from 0: the counter's 0 is the first cycle of the new wrap, the one at which
    // the interrupt becomes pending. A wrap after this read is not in it and not accounted for.
    uint32_t low = -SYST_CVR & WRAP_MASK;
    if (SCB_ICSR & SCB_ICSR_PENDSTSET) {
        SCB_ICSR = SCB_ICSR_PENDSTCLR;
        clock_wrap();
        low = -SYST_CVR & WRAP_MASK;
    }
    *blocks = clock_base.blocks;
    uint32_t cycles = (clock_base.wraps << 24) + low;
    irq_restore(state);
    return cycles;
}

void SysTick_Handler(void) {
    clock_wrap();
}

void hal_time_init(void) {
    SYST_RVR = WRAP_MASK;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CORE_CLOCK;
}

uint32_t hal_ticks_us(void) {
    uint32_t blocks;
    uint32_t cycles = clock_read(&blocks);
    return (blocks << 20) + cycles / CYCLES_PER_US;
}

uint64_t hal_ticks_us_64(void) {
    uint32_t blocks;
    uint32_t cycles = clock_read(&blocks);
    return ((uint64_t)blocks << 20) + cycles / CYCLES_PER_US;
}

uint32_t hal_ticks_ms(void) {
    uint32_t blocks;
    uint32_t cycles = clock_read(&blocks);
    uint32_t us = ((blocks % BLOCKS_PER_ERA) << 20) + cycles / CYCLES_PER_US;
    return blocks / BLOCKS_PER_ERA * MS_PER_ERA + us / 1000;
}

uint32_t hal_ticks_cpu(void) {
    uint32_t blocks;
    uint32_t cycles = clock_read(&blocks);
    return blocks * (WRAPS_PER_BLOCK << 24) + cycles;
}

void hal_delay_us(uint32_t us) {
    uint32_t start = hal_ticks_us();
    // The first tick may be almost over.
    while (hal_ticks_us() - start <= us) {
    }
}
