// Start-up of the test guests: vector table, data, bss, one dispatcher for all exceptions.
#include "guest.h"

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;

volatile uint32_t result[64];
volatile uint32_t finished;
volatile uint32_t unexpected;
handler_t handlers[194];

__attribute__((section(".dbghdr"), used)) static const uint32_t header[3] = {0x5AA5A55A, 0x000FF800,
                                                                             0xEFA3247D};

void reset_handler(void);

static void dispatch(void) {
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    if (handlers[number] != NULL) {
        handlers[number]();
    } else {
        unexpected = number;
        for (;;) {
        }
    }
}

// Faults enter with the stacked frame in r0.
__attribute__((naked)) static void fault(void) {
    __asm volatile("mrs r0, ipsr\n"
                   "ldr r1, =handlers\n"
                   "ldr r1, [r1, r0, lsl #2]\n"
                   "tst lr, #4\n"
                   "ite eq\n"
                   "mrseq r0, msp\n"
                   "mrsne r0, psp\n"
                   "bx r1\n");
}

__attribute__((section(".vectors"), used)) static const handler_t vectors[195] = {
    (handler_t)&stack_top, reset_handler, dispatch, fault, fault, fault, fault, [7 ... 194] = dispatch};

handler_t *vectors_in_ram(void) {
    static handler_t table[256] __attribute__((aligned(1024)));
    for (uint32_t n = 0; n < 195; n++) {
        table[n] = vectors[n];
    }
    SCB_VTOR = (uint32_t)table;
    return table;
}

void reset_handler(void) {
    uint32_t *from = &data_load;
    for (uint32_t *to = &data_start; to < &data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &bss_start; to < &bss_end;) {
        *to++ = 0;
    }
    SCB_VTOR = (uint32_t)vectors;
    main();
    finished = 1;
    irq_off();
    for (;;) {
        wfi();
    }
}

void clock_on(uint32_t gate) {
    REG(ARCM + gate) |= 0x101;
    while (!(REG(ARCM + gate + 4) & 2)) {
    }
}

void uart_init(uint32_t ibrd, uint32_t fbrd) {
    clock_on(0x80);
    REG(OCP + 0xA4) = 0x023;
    REG(OCP + 0xA8) = 0x123;
    REG(UART0 + 0x24) = ibrd;
    REG(UART0 + 0x28) = fbrd;
    REG(UART0 + 0x2C) = 0x70;
    REG(UART0 + 0x30) |= 0x301;
}
