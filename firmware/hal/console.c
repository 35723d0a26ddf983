#include "console.h"

#include "cc3220.h"
#include "hal.h"

#include "mpconfigboard.h"

// In: the longest line with the longest payload in Base64 fits. Out: one full read.
#ifndef CONSOLE_RX_SIZE
#define CONSOLE_RX_SIZE (8192)
#define CONSOLE_TX_SIZE (4096)
#endif

static uint8_t rx_buf[CONSOLE_RX_SIZE];
static uint8_t tx_buf[CONSOLE_TX_SIZE];

uart_t console = {
    .rx = RING_INIT(rx_buf),
    .tx = RING_INIT(tx_buf),
};

atline_t console_line = {.rx = &console.rx, .tx = &console.tx, .state = ATLINE_RAW, .want = 1};

// Whether nothing has happened since it was last looked.
static inline bool is_unchanged(void) {
    const atline_t *l = &console_line;
    return console.rx.head == l->seen && l->cooked == l->ready && !console.break_seen &&
           console.gap_count == 0;
}

bool console_poll(void) {
    if (is_unchanged()) {
        return atline_ready(&console_line);
    }
    uint32_t limit = console.rx.head;
    bool stops = false;
    if (console.break_seen || console.gap_count != 0) {
        while (console_line.rows == NULL && uart_take_lost(&console) != 0) {
            // Nobody would ask.
        }
        stops = uart_stops(&console, &limit);
    } else if (atline_key(&console_line)) {
        uart_start(&console);
        console.wake_at = limit + 1;
        return false;
    }
    uint32_t silent_ms =
        atline_patience_ms(&console_line) != ATLINE_NEVER ? uart_silence_us(&console) / 1000 : 0;
    uint32_t echoed = console.tx.head;
    bool ready = atline_poll(&console_line, limit, stops, silent_ms);
    if (console.tx.head != echoed) {
        uart_start(&console);
    }
    console.wake_at = atline_next(&console_line);
    return ready;
}

bool console_ready(void) {
    if (!(console_line.flags & ATLINE_ECHO)) {
        return console_poll();
    }
    uint32_t limit;
    return atline_ready(&console_line) || (uart_stops(&console, &limit) && console_line.seen == limit);
}

uint32_t console_patience_ms(void) {
    uint32_t patience = atline_patience_ms(&console_line);
    // What could not be looked at waits for room for its echo, of which the transmitter tells.
    if (patience == ATLINE_NEVER || console.quiet_head != console.rx.head ||
        console_line.seen != console.rx.head) {
        return HAL_FOREVER;
    }
    uint32_t silent_ms = uart_silence_us(&console) / 1000;
    return silent_ms < patience ? patience - silent_ms : 0;
}

size_t console_read(uint8_t *dst, size_t len) {
    console_poll();
    return atline_read(&console_line, dst, len);
}

size_t console_read_raw(uint8_t *dst, size_t len) {
    if (console_line.state != ATLINE_RAW) {
        atline_raw(&console_line, 1);
    }
    return uart_read(&console, dst, len);
}

void console_unget(const uint8_t *src, size_t len) {
    atline_raw(&console_line, 1); // nothing is erased in what follows
    uint32_t state = irq_disable();
    ring_unget(&console.rx, src, len);
    irq_restore(state);
    atline_raw(&console_line, 1);
}

void console_drop(void) {
    ring_consume(&console.rx, ring_used(&console.rx));
    uart_read(&console, NULL, 0);
    console_poll();
}

void console_open(volatile int *stop_char, void (*on_stop)(void)) {
    static const uart_format_t format = {.baud = CONSOLE_BAUD, .bits = 8, .stop = 1};
    console.stop_char = stop_char;
    console.on_stop = on_stop;
    uart_open(&console, 0, &format);
}
