#include "cc3220.h"
#include "hal.h"
#include "uart.h"

#define PAD_MODE_UART (PAD_DRIVE_2MA)
#define BREAK_BITS    (13)

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

// A byte with a flag, when all before it are in the ring: false if it is not data.
static bool rx_flagged(uart_t *u, uint32_t data) {
    if (data & UART_DR_OVERRUN) {
        u->overruns += 1;
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

// Four bytes, some of them flagged, for which the ring has room.
static void __attribute__((noinline)) rx_flagged_four(uart_t *u, const uint32_t *data) {
    for (int i = 0; i < 4; i++) {
        uint8_t byte = (uint8_t)data[i];
        if (!(data[i] & UART_DR_ERRORS) || rx_flagged(u, data[i])) {
            ring_put(&u->rx, &byte, 1);
        }
    }
}

// Empties the FIFO into the ring. The usual byte takes the few instructions of the inner loop.
static void rx_drain(uart_t *u, uart_regs_t *regs) {
    for (;;) {
        uint8_t *start;
        uint32_t room = ring_write_span(&u->rx, &start);
        uint8_t *at = start;
        uint8_t *end = start + room;
        uint32_t data = 0;
        bool flagged = false;
        while (at != end) {
            if (regs->FR & UART_FR_RXFE) {
                ring_commit(&u->rx, at - start);
                return;
            }
            data = regs->DR;
            if (data & UART_DR_ERRORS) {
                flagged = true;
                break;
            }
            *at++ = (uint8_t)data;
        }
        ring_commit(&u->rx, at - start);
        uint8_t byte = (uint8_t)data;
        if (flagged && rx_flagged(u, data)) {
            ring_put(&u->rx, &byte, 1);
        }
        if (room == 0) {
            // No ring left: the byte is lost, and counted.
            if (regs->FR & UART_FR_RXFE) {
                return;
            }
            if (rx_flagged(u, regs->DR)) {
                u->overruns += 1;
            }
        }
    }
}

// What the receive interrupt promises is there: half of the FIFO. Four bytes at a time need no look at
// the flags between them.
static void rx_promised(uart_t *u, uart_regs_t *regs) {
    for (int fours = u->deep ? 2 : 1; fours > 0; fours--) {
        uint8_t *at;
        if (ring_write_span(&u->rx, &at) < 4) {
            return;
        }
        uint32_t data[4] = {regs->DR, regs->DR, regs->DR, regs->DR};
        if ((data[0] | data[1] | data[2] | data[3]) & UART_DR_ERRORS) {
            rx_flagged_four(u, data);
            continue;
        }
        at[0] = (uint8_t)data[0];
        at[1] = (uint8_t)data[1];
        at[2] = (uint8_t)data[2];
        at[3] = (uint8_t)data[3];
        ring_commit(&u->rx, 4);
    }
}

// The same, byte by byte, while a program may be interrupted from the keyboard.
static void rx_drain_watching(uart_t *u, uart_regs_t *regs, int stop) {
    while (!(regs->FR & UART_FR_RXFE)) {
        uint32_t data = regs->DR;
        if ((data & UART_DR_ERRORS) && !rx_flagged(u, data)) {
            continue;
        }
        uint8_t byte = (uint8_t)data;
        if (byte == stop) {
            u->on_stop();
        } else if (ring_put(&u->rx, &byte, 1) == 0) {
            u->overruns += 1;
        }
    }
}

// What the transmit interrupt promises is free: 7/8 of the FIFO. Documents give its depth as 8 and as
// 16; one that took more than the first and what was shifted out meanwhile is the second.
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

// The usual interrupt while much goes out, in as few instructions as can be: true if it was that, with
// a deep FIFO, no wrap of the ring and nobody to be woken.
static inline bool tx_burst(uart_t *u, uart_regs_t *regs) {
    uint32_t tail = u->tx.tail;
    uint32_t used = u->tx.head - tail;
    uint32_t mask = u->tx.mask;
    uint32_t start = tail & mask;
    uint32_t half = mask / 2 + 1;
    if (regs->MIS != UART_INT_TX || !u->deep || used <= TX_DEEP || start + TX_DEEP > mask ||
        used - half - 1 < TX_DEEP) {
        return false;
    }
    regs->ICR = UART_INT_TX;
    const uint8_t *at = u->tx.buf + start;
#pragma GCC unroll 14
    for (int i = 0; i < TX_DEEP; i++) {
        regs->DR = at[i];
    }
    u->tx.tail = tail + TX_DEEP;
    return true;
}

static void uart_isr(uart_t *u, uart_regs_t *regs) {
    uint32_t status = regs->MIS;
    regs->ICR = status;
    if (status & ~UART_INT_TX) {
        int stop = u->stop_char == NULL ? -1 : *u->stop_char;
        if (stop < 0) {
            if (status & UART_INT_RX) {
                rx_promised(u, regs);
            }
            rx_drain(u, regs);
        } else {
            rx_drain_watching(u, regs, stop);
        }
        hal_wake();
    }
    if (status & UART_INT_TX) {
        // A writer waits for half the ring, or for all of it.
        uint32_t half = u->tx.mask / 2 + 1;
        uint32_t before = ring_used(&u->tx);
        tx_refill(u, regs);
        uint32_t after = ring_used(&u->tx);
        if (after == 0 || (before > half && after <= half)) {
            hal_wake();
        }
    }
}

void UartA0_Handler(void) {
    uart_t *u = uart_open_ports[0];
    if (!tx_burst(u, UARTA0_REGS)) {
        uart_isr(u, UARTA0_REGS);
    }
}

void UartA1_Handler(void) {
    uart_isr(uart_open_ports[1], UARTA1_REGS);
}

// --- Main side ---

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
    regs->IFLS = UART_IFLS_TX_1_8 | UART_IFLS_RX_1_2;
    regs->ICR = UART_INT_ALL; // what was promised of the FIFO that is empty now holds no more
    regs->CTL |= UART_CTL_ENABLE | UART_CTL_TXE | UART_CTL_RXE;
    return true;
}

bool uart_open(uart_t *u, unsigned int id, const uart_format_t *format) {
    const uart_wiring_t *w = &wiring[id];
    u->id = (uint8_t)id;
    u->tx_busy = false;
    hal_clock_on(w->arcm);
    hal_pad(w->tx_pad, PAD_MODE_UART | w->pad_mode);
    hal_pad(w->rx_pad, PAD_MODE_UART | PAD_PULL_UP | w->pad_mode);
    if (!set_line(w->regs, format)) {
        hal_clock_off(w->arcm);
        return false;
    }
    u->baud = format->baud;
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
    return true;
}

// Bytes that are still to be read before the break; not above 0 once it is next.
static int32_t break_distance(const uart_t *u) {
    return (int32_t)(u->break_at - u->rx.tail);
}

size_t uart_read(uart_t *u, uint8_t *dst, size_t len) {
    size_t done = ring_get(&u->rx, dst, len);
    if (u->break_seen && break_distance(u) <= 0) {
        u->break_seen = false;
    }
    return done;
}

size_t uart_read_to_break(uart_t *u, uint8_t *dst, size_t len) {
    if (u->break_seen) {
        int32_t left = break_distance(u);
        len = left <= 0 ? 0 : (size_t)left < len ? (size_t)left : len;
    }
    return ring_get(&u->rx, dst, len);
}

bool uart_take_break(uart_t *u) {
    if (!u->break_seen || break_distance(u) > 0) {
        return false;
    }
    u->break_seen = false;
    return true;
}

size_t uart_write(uart_t *u, const uint8_t *src, size_t len) {
    size_t done = ring_put(&u->tx, src, len);
    // The interrupt comes when the FIFO runs low, so the first fill is done here.
    uint32_t state = irq_disable();
    if (!u->tx_busy && ring_used(&u->tx) != 0) {
        uart_regs_t *regs = wiring[u->id].regs;
        u->tx_busy = true;
        u->deep |= tx_fill(u, regs) >= TX_DEEP;
        if (u->tx_busy) {
            // The FIFO is full. An older crossing of the level must not look like the next.
            regs->ICR = UART_INT_TX;
            regs->IM |= UART_INT_TX;
        }
    }
    irq_restore(state);
    return done;
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
