// Work under a stream of interrupts; the sum tells whether any of them did harm.
#include "guest.h"

static volatile uint32_t ticks;
volatile uint32_t checksum;

static void on_systick(void) {
    ticks++;
}
static void on_uart(void) {
    REG(UART0 + 0x44) = REG(UART0 + 0x40);
    while (!(REG(UART0 + 0x18) & 0x10)) {
        uint32_t c = REG(UART0) & 0xFF;
        checksum = checksum * 31 + c;
        REG(UART0) = c;
    }
}

static uint32_t work(uint32_t n) {
    uint32_t a = 1, b = 0;
    for (uint32_t i = 0; i < n; i++) {
        a = a * 1664525 + 1013904223;
        b ^= (a >> 7) + (b << 3);
        if ((b & 3) == 1) {
            b += i;
        }
    }
    return b;
}

int main(void) {
    uart_init(43, 26);
    handlers[15] = on_systick;
    handlers[16 + IRQ_UARTA0] = on_uart;
    REG(UART0 + 0x34) = 0x12;
    REG(UART0 + 0x38) = 0x50;
    irq_enable(IRQ_UARTA0);
    SYST_RVR = 499;
    SYST_CVR = 0;
    SYST_CSR = 7;
    irq_on();
    for (int i = 0; i < 10; i++) {
        result[i] = work(20000);
    }
    SYST_CSR = 0;
    result[20] = ticks;
    finished = 1;
    for (;;) {
        wfi();
    }
}
