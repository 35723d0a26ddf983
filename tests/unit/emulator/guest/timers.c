// SysTick, cycle counter, general purpose timers, against each other.
#include "guest.h"

static volatile uint32_t ticks, a_hits, b_hits;
static volatile uint32_t stamps[4];

static void on_systick(void) {
    if (ticks < 4) {
        stamps[ticks] = DWT_CYCCNT;
    }
    ticks++;
}
static void on_timer_a(void) {
    if (a_hits < 2) {
        result[20 + a_hits] = REG(TIMER0 + 0x20);
    }
    REG(TIMER0 + 0x24) = 0xFF;
    a_hits++;
}
static void on_timer_b(void) {
    REG(TIMER0 + 0x24) = 0xFF00;
    b_hits++;
}

static void sleep_until(volatile uint32_t *count, uint32_t value) {
    irq_off();
    while (*count < value) {
        wfi();
        irq_on();
        irq_off();
    }
    irq_on();
}

static void systick(void) {
    SYST_RVR = 7999;
    SYST_CVR = 0;
    SYST_CSR = 7;
    sleep_until(&ticks, 4);
    result[0] = stamps[1] - stamps[0];
    result[1] = stamps[3] - stamps[1];
    result[2] = SYST_CSR & 0x10000; // was read by nobody: set
    result[3] = SYST_CSR & 0x10000;
    SYST_CSR = 5; // no interrupt
    uint32_t before = SYST_CVR, now = DWT_CYCCNT;
    result[4] = before;
    for (volatile int i = 0; i < 100; i++) {
    }
    result[5] = (before - SYST_CVR) - (DWT_CYCCNT - now);
    SYST_CSR = 0;
    result[6] = SYST_CVR == SYST_CVR;
}

static void timer_a(void) {
    clock_on(0x90);
    handlers[16 + IRQ_TIMER0A] = on_timer_a;
    handlers[16 + IRQ_TIMER0B] = on_timer_b;
    irq_enable(IRQ_TIMER0A);
    irq_enable(IRQ_TIMER0B);
    REG(TIMER0 + 0x00) = 0;
    REG(TIMER0 + 0x04) = 1 | 0x20; // one shot, match interrupt
    REG(TIMER0 + 0x28) = 100000;
    REG(TIMER0 + 0x30) = 40000;
    REG(TIMER0 + 0x18) = 0x11;
    uint32_t start = DWT_CYCCNT;
    REG(TIMER0 + 0x0C) = 1;
    sleep_until(&a_hits, 2);
    result[7] = DWT_CYCCNT - start;
    result[8] = REG(TIMER0 + 0x0C);
    REG(TIMER0 + 0x04) = 2; // periodic
    REG(TIMER0 + 0x28) = 1999;
    start = DWT_CYCCNT;
    REG(TIMER0 + 0x0C) = 1;
    sleep_until(&a_hits, 12);
    result[9] = DWT_CYCCNT - start;
    result[10] = REG(TIMER0 + 0x48) <= 1999;
    REG(TIMER0 + 0x0C) = 0;
}

static void timer_b(void) {
    REG(TIMER0 + 0x00) = 4;        // two halves of 16 bits
    REG(TIMER0 + 0x08) = 2 | 0x10; // B periodic, up
    REG(TIMER0 + 0x2C) = 4999;
    REG(TIMER0 + 0x3C) = 0;
    REG(TIMER0 + 0x04) = 1;
    REG(TIMER0 + 0x28) = 999;
    REG(TIMER0 + 0x38) = 9; // A: prescaled by 10
    REG(TIMER0 + 0x18) = 0x101;
    uint32_t hits = a_hits, start = DWT_CYCCNT;
    REG(TIMER0 + 0x0C) = 0x101;
    sleep_until(&a_hits, hits + 1);
    result[11] = DWT_CYCCNT - start;
    sleep_until(&b_hits, 4);
    result[12] = DWT_CYCCNT - start;
    REG(TIMER0 + 0x0C) = 0;
}

int main(void) {
    DEMCR |= 1u << 24;
    DWT_CTRL |= 1;
    handlers[15] = on_systick;
    irq_on();
    systick();
    timer_a();
    timer_b();
    return 0;
}
