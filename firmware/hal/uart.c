#include <string.h>

#include "cc3220.h"
#include "hal.h"
#include "uart.h"

#define PAD_MODE_UART (PAD_DRIVE_2MA)
#define BREAK_BITS    (13)

// Bytes that are taken at once, of the 14 and 8 that the interrupt promises of a deep FIFO.
#define RX_BURST      (13)
#define RX_BURST_FAST (7)

typedef struct _uart_wiring_t {
    uart_regs_t *regs;
    uint16_t arcm;
    uint8_t irq;
    uint8_t tx_pad;
    uint8_t rx_pad;
    uint8_t pad_mode;
} uart_wiring_t;

static const uart_wiring_t wiring[2] = {
    {UARTA0_REGS, ARCM_UARTA0, IRQ_UARTA0, 1, 2, 3}, // pins 55, 57
    {UARTA1_REGS, ARCM_UARTA1, IRQ_UARTA1, 3, 4, 6}, // pins 58, 59
};

static uart_t *uart_open_ports[2];

// --- Interrupt side ---

// n bytes are missing in front of what comes next. While the last record is in use nothing more is stored, so
// that all that is lost then is lost at the same place.
static void rx_lost(uart_t *u, uint32_t n) {
    uart_gap_t *last = &u->gaps[u->gap_count - 1];
    if (u->gap_count == 0 || (u->gap_count < UART_GAPS && last->at != u->rx.head)) {
        last++;
        last->at = u->rx.head;
        last->bytes = 0;
        u->gap_count++;
    }
    last->bytes += n;
    u->overruns += n;
}

// A byte with a flag, when all before it are in the ring: false if it is not data.
static bool rx_flagged(uart_t *u, uint32_t data) {
    if (data & UART_DR_OVERRUN) {
        if (u->overrun_told) {
            u->overrun_told = false;
        } else {
            rx_lost(u, 1); // or more
        }
    }
    if (data & UART_DR_BREAK) {
        if (!u->break_seen) {
            u->break_at = u->rx.head;
            u->break_seen = true;
        }
        return false;
    }
    if (data & (UART_DR_FRAMING | UART_DR_PARITY)) {
        u->errors += 1;
    }
    return true;
}

// Whatever has come out of the FIFO.
static void rx_word(uart_t *u, uint32_t data) {
    if ((data & UART_DR_ERRORS) && !rx_flagged(u, data)) {
        return;
    }
    uint8_t byte = (uint8_t)data;
    if (u->stop_char != NULL && byte == *u->stop_char) {
        u->on_stop();
    } else if (u->gap_count == UART_GAPS || ring_put(&u->rx, &byte, 1) == 0) {
        rx_lost(u, 1);
    }
}

// Empties the FIFO. The usual byte takes the few instructions of the inner loop.
static void rx_drain(uart_t *u, uart_regs_t *regs) {
    bool watched = u->stop_char != NULL && *u->stop_char >= 0;
    while (!(regs->FR & UART_FR_RXFE)) {
        uint32_t data = regs->DR;
        uint8_t *start;
        uint32_t room = u->gap_count == UART_GAPS || watched ? 0 : ring_write_span(&u->rx, &start);
        uint32_t n = 0;
        bool more = true;
        while (n < room && !(data & UART_DR_ERRORS)) {
            start[n++] = (uint8_t)data;
            more = !(regs->FR & UART_FR_RXFE);
            if (!more) {
                break;
            }
            data = regs->DR;
        }
        ring_commit(&u->rx, n);
        if (more) {
            rx_word(u, data);
        }
    }
}

// The usual interrupt while much comes in: n bytes of n + 1 that it promises. The one that stays makes the
// time-out that tells a pause: an emptied FIFO gives none.
static inline __attribute__((always_inline)) bool rx_burst(uart_t *u, uart_regs_t *regs, uint32_t n) {
    uint32_t head = u->rx.head;
    uint32_t size = u->rx.mask + 1;
    uint32_t start = head & u->rx.mask;
    if (start + n > size || head - u->rx.tail + n > size || u->gap_count == UART_GAPS) {
        return false;
    }
    uint8_t *at = u->rx.buf + start;
    uint32_t words[RX_BURST];
    uint32_t any = 0;
#pragma GCC unroll 13
    for (uint32_t i = 0; i < n; i++) {
        words[i] = regs->DR;
        any |= words[i];
        at[i] = (uint8_t)words[i];
    }
    if (any & UART_DR_ERRORS) {
        for (uint32_t i = 0; i < n; i++) {
            rx_word(u, words[i]);
        }
        hal_wake();
        return true;
    }
    ring_commit(&u->rx, n);
    if ((int32_t)(head + n - u->wake_at) >= 0) {
        hal_wake();
    }
    return true;
}

static inline bool rx_usual(uart_t *u, uart_regs_t *regs) {
    if (!u->deep || (u->stop_char != NULL && *u->stop_char >= 0)) {
        return false;
    }
    return u->fast ? rx_burst(u, regs, RX_BURST_FAST) : rx_burst(u, regs, RX_BURST);
}

// Everything else about receiving. It leaves the FIFO empty, so there is no time-out, and notes the time.
static void rx_all(uart_t *u, uart_regs_t *regs, uint32_t status) {
    uint32_t overruns = u->overruns;
    rx_drain(u, regs);
    if ((status & UART_INT_OVERRUN) && u->overruns == overruns) {
        rx_lost(u, 1); // the next byte will say it again
        u->overrun_told = true;
    }
    u->quiet_head = u->rx.head;
    u->quiet_us = hal_ticks_us();
    hal_wake();
}

// What the transmit interrupt promises is free: 7/8 of the FIFO, which is 16 or 8 deep.
#define TX_DEEP  (14)
#define TX_BURST (7)

// Fills the FIFO from the ring until the flags say that it is full; with the ring empty the interrupt
// has nothing more to do. Returns how many bytes it took.
static uint32_t tx_fill(uart_t *u, uart_regs_t *regs) {
    uint32_t before = u->tx.tail;
    for (;;) {
        uint8_t *start;
        uint32_t span = ring_read_span(&u->tx, &start);
        if (span == 0) {
            regs->IM &= ~UART_INT_TX;
            u->tx_busy = false;
            return u->tx.tail - before;
        }
        uint8_t *at = start;
        uint8_t *end = start + span;
        do {
            if (regs->FR & UART_FR_TXFF) {
                ring_consume(&u->tx, at - start);
                return u->tx.tail - before;
            }
            regs->DR = *at++;
        } while (at != end);
        ring_consume(&u->tx, span);
    }
}

// For the interrupt: the bytes that it promises room for need no look at the flags.
static void tx_refill(uart_t *u, uart_regs_t *regs) {
    uint8_t *at;
    uint32_t span = ring_read_span(&u->tx, &at);
    if (span > TX_BURST) {
#pragma GCC unroll 7
        for (int i = 0; i < TX_BURST; i++) {
            regs->DR = at[i];
        }
        ring_consume(&u->tx, TX_BURST);
    }
    tx_fill(u, regs);
}

// How many interrupts from now on are of the usual kind: with a deep FIFO, no wrap of the ring and nobody to
// be woken, who waits for half of the ring or for all of it. What is written meanwhile changes nothing of
// that.
static void tx_plan(uart_t *u) {
    uint32_t used = ring_used(&u->tx);
    uint32_t half = u->tx.mask / 2 + 1;
    uint32_t until_wake = used > half ? used - half - 1 : used - (used != 0);
    uint32_t until_wrap = u->tx.mask - (u->tx.tail & u->tx.mask);
    uint32_t bytes = until_wake < until_wrap ? until_wake : until_wrap;
    u->tx_usual = u->deep ? bytes / TX_DEEP : 0;
}

// Those, in as few instructions as can be: 14 bytes take 50, and one read of 1,460 bytes is 104 of them.
static inline bool tx_burst(uart_t *u, uart_regs_t *regs) {
    uint32_t usual = u->tx_usual;
    if (usual == 0) {
        return false;
    }
    u->tx_usual = usual - 1;
    regs->ICR = UART_INT_TX;
    uint32_t tail = u->tx.tail;
    const uint8_t *at = u->tx.buf + (tail & u->tx.mask);
#pragma GCC unroll 14
    for (int i = 0; i < TX_DEEP; i++) {
        regs->DR = at[i];
    }
    u->tx.tail = tail + TX_DEEP;
    return true;
}

static void uart_isr(uart_t *u, uart_regs_t *regs) {
    uint32_t status = regs->MIS;
    if ((status == UART_INT_RX && rx_usual(u, regs)) || (status == UART_INT_TX && tx_burst(u, regs))) {
        return;
    }
    regs->ICR = status & ~UART_INT_RX; // that one goes with what it tells of
    if (status & ~UART_INT_TX) {
        rx_all(u, regs, status);
    }
    if (status & UART_INT_TX) {
        // A writer waits for half the ring, or for all of it.
        uint32_t half = u->tx.mask / 2 + 1;
        uint32_t before = ring_used(&u->tx);
        tx_refill(u, regs);
        tx_plan(u);
        uint32_t after = ring_used(&u->tx);
        if (after == 0 || (before > half && after <= half)) {
            hal_wake();
        }
    }
}

void UartA0_Handler(void) {
    uart_isr(uart_open_ports[0], UARTA0_REGS);
}

void UartA1_Handler(void) {
    uart_isr(uart_open_ports[1], UARTA1_REGS);
}

// --- Main side ---

// At 1 Mbaud what is left of the FIFO behind the level of 7/8 takes 30 us.
static bool is_fast(const uart_format_t *format) {
    return format->baud > 1000000;
}

// Documents give the depth of the FIFOs as 8 and as 16: how many characters one keeps that never leave the
// block. The pads are not connected yet.
#define PROBE_CHARS (12)
#define PROBE_WAIT  (100000)

static bool probe_deep(uart_regs_t *regs) {
    regs->CTL = 0;
    regs->IBRD = 1;
    regs->FBRD = 0;
    regs->LCRH = UART_LCRH_BITS(8) | UART_LCRH_FIFO;
    regs->CTL = UART_CTL_ENABLE | UART_CTL_TXE | UART_CTL_RXE | UART_CTL_LOOPBACK;
    uint32_t wait = PROBE_WAIT;
    for (int i = 0; i < PROBE_CHARS; i++) {
        while ((regs->FR & UART_FR_TXFF) && --wait > 0) {
        }
        regs->DR = 0;
    }
    while ((regs->FR & UART_FR_BUSY) && --wait > 0) {
    }
    uint32_t kept = 0;
    while (!(regs->FR & UART_FR_RXFE) && kept <= PROBE_CHARS) {
        (void)regs->DR;
        kept++;
    }
    regs->CTL = 0;
    return kept > 8;
}

static bool set_line(uart_regs_t *regs, const uart_format_t *format) {
    // In 1/64 of the sixteenfold rate, rounded.
    uint32_t divisor = format->baud == 0 ? 0 : (CPU_HZ * 4u + format->baud / 2) / format->baud;
    if (divisor < 64 || divisor >= 65536u * 64) {
        return false;
    }
    uint32_t lcrh = UART_LCRH_BITS(format->bits);
    if (format->stop == 2) {
        lcrh |= UART_LCRH_STOP2;
    }
    if (format->parity != UART_PARITY_NONE) {
        lcrh |= UART_LCRH_PARITY | (format->parity == UART_PARITY_EVEN ? UART_LCRH_EVEN : 0);
    }
    regs->LCRH &= ~UART_LCRH_FIFO; // empties both FIFOs
    regs->CTL &= ~(UART_CTL_ENABLE | UART_CTL_TXE | UART_CTL_RXE | UART_CTL_HSE);
    regs->IBRD = divisor / 64;
    regs->FBRD = divisor % 64;
    regs->LCRH = lcrh | UART_LCRH_FIFO; // takes the divisor over
    regs->IFLS = UART_IFLS_TX_1_8 | (is_fast(format) ? UART_IFLS_RX_1_2 : UART_IFLS_RX_7_8);
    regs->ICR = UART_INT_ALL; // what was promised of the FIFO that is empty now holds no more
    regs->CTL |= UART_CTL_ENABLE | UART_CTL_TXE | UART_CTL_RXE;
    return true;
}

bool uart_open(uart_t *u, unsigned int id, const uart_format_t *format) {
    const uart_wiring_t *w = &wiring[id];
    u->id = (uint8_t)id;
    u->tx_busy = false;
    u->tx_usual = 0;
    hal_clock_on(w->arcm);
    u->deep = probe_deep(w->regs);
    hal_pad(w->tx_pad, PAD_MODE_UART | w->pad_mode);
    hal_pad(w->rx_pad, PAD_MODE_UART | PAD_PULL_UP | w->pad_mode);
    if (!set_line(w->regs, format)) {
        hal_clock_off(w->arcm);
        return false;
    }
    u->baud = format->baud;
    u->fast = is_fast(format);
    uart_open_ports[id] = u;
    w->regs->IM = UART_INT_RX | UART_INT_RT | UART_INT_BREAK | UART_INT_OVERRUN;
    irq_enable_line(w->irq, IRQ_PRIO_UART);
    return true;
}

void uart_close(uart_t *u) {
    const uart_wiring_t *w = &wiring[u->id];
    if (uart_open_ports[u->id] == u) {
        irq_disable_line(w->irq);
        w->regs->IM = 0;
        w->regs->CTL &= ~UART_CTL_ENABLE;
        hal_clock_off(w->arcm);
        uart_open_ports[u->id] = NULL;
    }
}

bool uart_set_format(uart_t *u, const uart_format_t *format) {
    uart_drain(u);
    if (!set_line(wiring[u->id].regs, format)) {
        return false;
    }
    u->baud = format->baud;
    u->fast = is_fast(format);
    return true;
}

size_t uart_read(uart_t *u, uint8_t *dst, size_t len) {
    size_t done = ring_get(&u->rx, dst, len);
    uart_take_break(u);
    while (uart_take_lost(u) != 0) {
    }
    u->wake_at = u->rx.tail;
    return done;
}

bool uart_stops(const uart_t *u, uint32_t *at) {
    *at = u->rx.head;
    bool stops = u->break_seen;
    if (stops) {
        *at = u->break_at;
    }
    if (u->gap_count != 0 && (int32_t)(u->gaps[0].at - *at) <= 0) {
        *at = u->gaps[0].at;
        stops = true;
    }
    return stops;
}

bool uart_take_break(uart_t *u) {
    if (!u->break_seen || (int32_t)(u->break_at - u->rx.tail) > 0) {
        return false;
    }
    u->break_seen = false;
    return true;
}

bool uart_drop_break(uart_t *u) {
    bool seen = u->break_seen;
    u->break_seen = false;
    return seen;
}

uint32_t uart_take_lost(uart_t *u) {
    uint32_t n = 0;
    uint32_t state = irq_disable();
    if (u->gap_count != 0 && (int32_t)(u->gaps[0].at - u->rx.tail) <= 0) {
        n = u->gaps[0].bytes;
        u->gap_count--;
        memmove(&u->gaps[0], &u->gaps[1], u->gap_count * sizeof(u->gaps[0]));
    }
    irq_restore(state);
    return n;
}

bool uart_receives(const uart_t *u) {
    return !(wiring[u->id].regs->FR & UART_FR_RXFE);
}

uint32_t uart_silence_us(const uart_t *u) {
    uint32_t since = u->quiet_us;
    return u->quiet_head == u->rx.head && !uart_receives(u) ? hal_ticks_us() - since : 0;
}

size_t uart_write(uart_t *u, const uint8_t *src, size_t len) {
    size_t done = ring_put(&u->tx, src, len);
    uart_start(u);
    return done;
}

void uart_start(uart_t *u) {
    uart_regs_t *regs = wiring[u->id].regs;
    if (!u->tx_busy && ring_used(&u->tx) == 1 && !(regs->FR & UART_FR_TXFF)) {
        regs->DR = u->tx.buf[u->tx.tail & u->tx.mask];
        ring_consume(&u->tx, 1);
        return;
    }
    // The interrupt comes when the FIFO runs low, so the first fill is done here.
    uint32_t state = irq_disable();
    if (!u->tx_busy && ring_used(&u->tx) != 0) {
        u->tx_busy = true;
        tx_fill(u, regs);
        if (u->tx_busy) {
            // The FIFO is full. An older crossing of the level must not look like the next.
            regs->ICR = UART_INT_TX;
            regs->IM |= UART_INT_TX;
        }
    }
    irq_restore(state);
}

bool uart_idle(const uart_t *u) {
    return ring_used(&u->tx) == 0 && !(wiring[u->id].regs->FR & UART_FR_BUSY);
}

void uart_drain(uart_t *u) {
    while (ring_used(&u->tx) != 0) {
        hal_wait(1000);
    }
    // At most a FIFO's worth is left.
    while (!uart_idle(u)) {
        hal_delay_us(10000000 / u->baud + 1);
    }
}

void uart_send_break(uart_t *u) {
    uart_regs_t *regs = wiring[u->id].regs;
    uart_drain(u);
    regs->LCRH |= UART_LCRH_BREAK;
    hal_delay_us(BREAK_BITS * 1000000u / u->baud + 1);
    regs->LCRH &= ~UART_LCRH_BREAK;
}

void uart_emergency_write(const char *text) {
    uart_regs_t *regs = UARTA0_REGS;
    if (!hal_clock_is_on(ARCM_UARTA0) || !(regs->CTL & UART_CTL_ENABLE)) {
        return;
    }
    for (; *text != '\0'; text++) {
        while (regs->FR & UART_FR_TXFF) {
        }
        regs->DR = (uint8_t)*text;
    }
    while (regs->FR & UART_FR_BUSY) {
    }
}
