// Prints a line by polling, then echoes what comes in.
#include "guest.h"

static void put(char c) {
    while (REG(UART0 + 0x18) & 0x20) {
    }
    REG(UART0) = (uint8_t)c;
}

int main(void) {
    uart_init(43, 26);
    for (const char *s = "hello\r\n"; *s; s++) {
        put(*s);
    }
    for (;;) {
        while (REG(UART0 + 0x18) & 0x10) {
        }
        put((char)REG(UART0));
    }
}
