// Prints a line, then echoes what comes in; sleeps in between.
#include "guest.h"

static void put(uint32_t c) {
    while (REG(UART0 + 0x18) & 0x20) {
    }
    REG(UART0) = c & 0xFF;
}

static void on_uart(void) {
    REG(UART0 + 0x44) = REG(UART0 + 0x40);
    while (!(REG(UART0 + 0x18) & 0x10)) {
        put(REG(UART0));
    }
}

int main(void) {
    uart_init(43, 26);
    handlers[16 + IRQ_UARTA0] = on_uart;
    for (const char *s = "hello\r\n"; *s; s++) {
        put((uint8_t)*s);
    }
    REG(UART0 + 0x38) = 0x50;
    irq_enable(IRQ_UARTA0);
    irq_on();
    for (;;) {
        wfi();
    }
}
