// UARTA0 by interrupts: every interrupt and every character is written down.
#include "guest.h"

CHOICE(choice, 0); // bits 5:0 IFLS, bit 8: no FIFO, bit 9: transmit the test text, bit 10: see loopback()
CHOICE(burst, 0);  // not 0: on RX alone take so many characters, without a look at the flags
CHOICE(ibrd, 43);
CHOICE(fbrd, 26);

volatile uint32_t irq_count, irq_cause[64], char_count, chars[512], slow;
static volatile uint32_t sent;
static const char text[] = "The quick brown fox jumps over the lazy dog, twice.";

static void fill(void) {
    while (sent < sizeof(text) - 1 && !(REG(UART0 + 0x18) & 0x20)) {
        REG(UART0) = (uint8_t)text[sent++];
    }
}

static void on_uart(void) {
    uint32_t mis = REG(UART0 + 0x40);
    REG(UART0 + 0x44) = mis;
    irq_cause[irq_count++ & 63] = mis;
    if (mis & 0x20) {
        fill();
        if (sent == sizeof(text) - 1) {
            REG(UART0 + 0x38) &= ~0x20u;
        }
    }
    if (slow) {
        return;
    }
    if (burst && mis == 0x10) {
        for (uint32_t i = 0; i < burst; i++) {
            chars[char_count++ & 511] = REG(UART0);
        }
        return;
    }
    while (!(REG(UART0 + 0x18) & 0x10)) {
        chars[char_count++ & 511] = REG(UART0);
    }
}

// Twelve characters that never leave the block, with the pads on something else.
static void loopback(void) {
    REG(0x4402E0A4) = REG(0x4402E0A8) = 0;
    REG(UART0 + 0x30) |= 0x80;
    for (int i = 0; i < 12; i++) {
        REG(UART0) = (uint8_t)text[i];
    }
    while (REG(UART0 + 0x18) & 0x08) {
    }
    while (!(REG(UART0 + 0x18) & 0x10)) {
        chars[char_count++] = REG(UART0);
    }
    result[0] = 1;
}

int main(void) {
    uart_init(ibrd, fbrd);
    if (choice & 0x400) {
        loopback();
        return 0;
    }
    if (choice & 0x100) {
        REG(UART0 + 0x2C) = 0x60;
    }
    REG(UART0 + 0x34) = choice & 0x3F;
    handlers[16 + IRQ_UARTA0] = on_uart;
    REG(UART0 + 0x38) = 0x7D0; // OE BE PE FE RT RX
    irq_enable(IRQ_UARTA0);
    irq_on();
    if (choice & 0x200) {
        REG(UART0 + 0x38) |= 0x20;
        fill();
    }
    result[0] = 1;
    for (;;) {
        wfi();
    }
}
