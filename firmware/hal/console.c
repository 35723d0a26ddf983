#include "console.h"

// In: the longest line with the longest payload in Base64 fits. Out: one full read.
#define RX_SIZE (8192)
#define TX_SIZE (4096)

static uint8_t rx_buf[RX_SIZE];
static uint8_t tx_buf[TX_SIZE];

uart_t console = {
    .rx = RING_INIT(rx_buf),
    .tx = RING_INIT(tx_buf),
};

void console_open(volatile int *stop_char, void (*on_stop)(void)) {
    static const uart_format_t format = {.baud = CONSOLE_BAUD, .bits = 8, .stop = 1};
    console.stop_char = stop_char;
    console.on_stop = on_stop;
    uart_open(&console, 0, &format);
}
