// The two UARTs, driven by interrupt between rings that the caller owns.
#ifndef CC3220_HAL_UART_H
#define CC3220_HAL_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../link/ring.h"

// Where bytes are missing: in front of position `at` of rx. What the FIFO lost counts once an event.
#define UART_GAPS (4)

typedef struct _uart_gap_t {
    uint32_t at;
    uint32_t bytes;
} uart_gap_t;

typedef struct _uart_t {
    ring_t rx;
    ring_t tx;
    uint32_t baud;
    volatile uint32_t wake_at;  // a reader is woken when rx.head is there, and by a pause
    volatile uint32_t overruns; // bytes lost since start
    volatile uint32_t errors;   // bytes that came with a framing or parity error; they are kept
    volatile bool break_seen; // set by the receiver, cleared by the reader; a further one until then is lost
    uint32_t break_at;        // position in rx of the byte behind it
    volatile uint32_t gap_count;
    uart_gap_t gaps[UART_GAPS];
    bool overrun_told;            // the next byte comes with a flag that says what is known
    volatile uint32_t quiet_head; // rx.head when the FIFO was last empty
    volatile uint32_t quiet_us;   // and when that was
    volatile bool tx_busy;        // the transmit interrupt is on
    uint32_t tx_usual;            // how many of them find so much to send that they need not look
    bool deep;                    // the FIFOs are 16 deep, not 8
    bool fast;                    // the FIFO fills faster than an interrupt may be late
    // A received byte equal to *stop_char (-1: none) is not stored, on_stop() is called instead.
    volatile int *stop_char;
    void (*on_stop)(void);
    uint8_t id; // 0, 1
} uart_t;

typedef enum { UART_PARITY_NONE, UART_PARITY_EVEN, UART_PARITY_ODD } uart_parity_t;

typedef struct _uart_format_t {
    uint32_t baud;
    uint8_t bits; // 5..8
    uint8_t stop; // 1, 2
    uart_parity_t parity;
} uart_format_t;

// The rings must be set before. Configures pads (55 and 57; UARTA1: 58 and 59), clock and
// interrupt. Returns false if the baud rate cannot be made.
bool uart_open(uart_t *u, unsigned int id, const uart_format_t *format);
void uart_close(uart_t *u);
bool uart_set_format(uart_t *u, const uart_format_t *format); // after the last byte has gone out

size_t uart_read(uart_t *u, uint8_t *dst, size_t len);        // what is there; breaks and losses are skipped
size_t uart_write(uart_t *u, const uint8_t *src, size_t len); // what there is room for
void uart_start(uart_t *u);                                   // send what somebody has put into tx
bool uart_idle(const uart_t *u);                              // everything written is on the line
void uart_drain(uart_t *u);                                   // sleeps until uart_idle()
void uart_send_break(uart_t *u);

// For whom breaks and losses mean something. uart_stops(): whether there is one, and up to which position of
// rx there is none. The others are true, or more than 0, if it is next to be read, and then it is gone.
bool uart_stops(const uart_t *u, uint32_t *at);
bool uart_take_break(uart_t *u);
bool uart_drop_break(uart_t *u); // wherever it is
uint32_t uart_take_lost(uart_t *u);

bool uart_receives(const uart_t *u);       // there are bytes that are not in rx yet
uint32_t uart_silence_us(const uart_t *u); // since the last byte; wraps

// Bytes out of UARTA0 without interrupts, for the fault report.
void uart_emergency_write(const char *text);

#endif // CC3220_HAL_UART_H
