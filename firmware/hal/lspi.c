// The SPI that joins the two processors, and the mailbox interrupt: the link's hardware border.
#include <string.h>

#include "../link/link_port.h"
#include "cc3220.h"
#include "console.h"
#include "hal.h"
#include "nwppower.h"

#define CH0CONF_20MHZ_32BIT_FIFO (0x38010F84u)
#define XFERLEVEL_4_BYTES        (0x0303u)

#define DMA_CHANNEL_RX  (12)
#define DMA_CHANNEL_TX  (13)
#define DMA_MODE_BASIC  (1u)
#define DMA_TO_MEMORY   (0xAE000000u) // 32-bit, destination moves on
#define DMA_FROM_MEMORY (0xEA000000u) // 32-bit, source moves on
#define DMA_ONE_WORD    (0xEE000000u) // 32-bit, neither moves
#define DMA_MAX_WORDS   (1024)
#define DMA_TIMEOUT_MS  (50)

// A word takes 128 cycles on the wire. From here on it is cheaper to sleep than to look on.
#define POLLED_WORDS (4)
#define BOUNCE_WORDS (64)
#define SRAM_START   (0x20000000u)

typedef struct _dma_entry_t {
    volatile uint32_t source_end;
    volatile uint32_t destination_end;
    volatile uint32_t control;
    uint32_t spare;
} dma_entry_t;

// Only the primary entries of channels 0..13 are ever looked at by the controller.
static dma_entry_t dma_table[DMA_CHANNEL_TX + 1] __attribute__((aligned(1024)));
static uint32_t bounce[BOUNCE_WORDS];
static uint32_t dummy_word;
static volatile bool dma_done;
static volatile bool message_pending;

void Lspi_Handler(void) {
    DMA_DONE_MASK_SET = DMA_DONE_LSPI_RX;
    DMA_DONE_ACK = DMA_DONE_LSPI_RX | DMA_DONE_LSPI_TX;
    dma_done = true;
}

void Nwp_Handler(void) {
    NW_INT_MASK_SET = 1;
    message_pending = true;
    hal_wake();
}

static void dma_open(void) {
    hal_clock_on(ARCM_UDMA);
    UDMA_CFG = 1;
    UDMA_CTLBASE = (uint32_t)dma_table;
    UDMA_CHMAP(DMA_CHANNEL_RX / 8) &= ~(0xFFu << (4 * (DMA_CHANNEL_RX % 8)));
    UDMA_ALTCLR = 1u << DMA_CHANNEL_RX | 1u << DMA_CHANNEL_TX;
}

void link_port_open(void) {
    ARCM_LSPI_CLK_GEN = 0;
    hal_clock_on(ARCM_LSPI);
    LSPI_CH0CONF &= ~LSPI_CH0CONF_FORCE;
    LSPI_CH0CTRL &= ~LSPI_CH0CTRL_EN;
    LSPI_SYSCONFIG |= LSPI_SYSCONFIG_SOFTRESET;
    while (!(LSPI_SYSSTATUS & LSPI_SYSSTATUS_RESETDONE)) {
    }
    LSPI_MODULCTRL = (LSPI_MODULCTRL & ~5u) | 1;
    LSPI_CH0CTRL = 0;
    LSPI_CH0CONF = CH0CONF_20MHZ_32BIT_FIFO;
    LSPI_XFERLEVEL = XFERLEVEL_4_BYTES;
    dma_open();
    message_pending = false;
    NW_INT_MASK_SET = 1;
    irq_enable_line(IRQ_NWP, IRQ_PRIO_LINK);
    irq_enable_line(IRQ_LSPI, IRQ_PRIO_LINK);
}

void link_port_close(void) {
    irq_disable_line(IRQ_NWP);
    irq_disable_line(IRQ_LSPI);
    message_pending = false;
    UDMA_CFG = 0;
    hal_clock_off(ARCM_UDMA);
    hal_clock_off(ARCM_LSPI);
}

void link_port_power_off(void) {
    nwp_power_off();
    message_pending = false;
}

void link_port_power_on(void) {
    nwp_power_on();
}

bool link_port_shutdown_ready(void) {
    return nwp_shutdown_ready();
}

static uint32_t exchange(uint32_t word) {
    while (!(LSPI_CH0STAT & LSPI_CH0STAT_TXS)) {
    }
    LSPI_TX0 = word;
    while (!(LSPI_CH0STAT & LSPI_CH0STAT_RXS)) {
    }
    return LSPI_RX0;
}

static void begin(uint32_t words) {
    LSPI_XFERLEVEL = words << 16 | XFERLEVEL_4_BYTES;
    LSPI_CH0CTRL = LSPI_CH0CTRL_EN;
    LSPI_CH0CONF |= LSPI_CH0CONF_FORCE;
}

static void end(void) {
    LSPI_CH0CONF &= ~LSPI_CH0CONF_FORCE;
    LSPI_CH0CTRL = 0;
}

static void polled(const uint8_t *out, uint8_t *in, uint32_t words) {
    begin(0);
    for (uint32_t i = 0; i < words; i++) {
        uint32_t word = 0;
        if (out != NULL) {
            memcpy(&word, out + 4 * i, 4);
        }
        word = exchange(word);
        if (in != NULL) {
            memcpy(in + 4 * i, &word, 4);
        }
    }
    end();
}

static void dma_wait(void) {
    uint32_t start = hal_ticks_ms();
    while (!dma_done) {
        uint32_t state = irq_disable();
        if (!dma_done) {
            wait_for_interrupt();
        }
        irq_restore(state);
        __asm volatile("isb" : : : "memory");
        if (!dma_done && hal_ticks_ms() - start > DMA_TIMEOUT_MS) {
            // The words are wrong then, which the link notices.
            UDMA_ENACLR = 1u << DMA_CHANNEL_RX | 1u << DMA_CHANNEL_TX;
            break;
        }
    }
}

// Both pointers are word-aligned SRAM or NULL.
static void dma(const uint32_t *out, uint32_t *in, uint32_t words) {
    uint32_t count = (words - 1) << 4 | DMA_MODE_BASIC;
    dma_entry_t *rx = &dma_table[DMA_CHANNEL_RX];
    dma_entry_t *tx = &dma_table[DMA_CHANNEL_TX];
    dummy_word = 0;
    rx->source_end = (uint32_t)&LSPI_RX0;
    rx->destination_end = (uint32_t)(in == NULL ? &dummy_word : in + words - 1);
    rx->control = (in == NULL ? DMA_ONE_WORD : DMA_TO_MEMORY) | count;
    tx->source_end = (uint32_t)(out == NULL ? &dummy_word : out + words - 1);
    tx->destination_end = (uint32_t)&LSPI_TX0;
    tx->control = (out == NULL ? DMA_ONE_WORD : DMA_FROM_MEMORY) | count;
    dma_done = false;
    DMA_DONE_ACK = DMA_DONE_LSPI_RX | DMA_DONE_LSPI_TX;
    DMA_DONE_MASK_CLR = DMA_DONE_LSPI_RX;
    LSPI_CH0CONF |= LSPI_CH0CONF_DMA;
    UDMA_ENASET = 1u << DMA_CHANNEL_TX;
    UDMA_ENASET = 1u << DMA_CHANNEL_RX;
    begin(words);
    dma_wait();
    LSPI_CH0CONF &= ~LSPI_CH0CONF_DMA;
    end();
}

// The controller reaches SRAM only, by words.
static inline bool dma_can_reach(const void *p) {
    return (uint32_t)p >= SRAM_START && ((uint32_t)p & 3) == 0;
}

static inline uint32_t min_words(uint32_t words, uint32_t limit) {
    return words < limit ? words : limit;
}

void link_port_write(const void *buf, size_t len) {
    const uint8_t *src = buf;
    uint32_t words = len / 4;
    while (words != 0) {
        uint32_t n;
        if (words < POLLED_WORDS) {
            n = words;
            polled(src, NULL, n);
        } else if (dma_can_reach(src)) {
            n = min_words(words, DMA_MAX_WORDS);
            dma((const uint32_t *)(const void *)src, NULL, n);
        } else {
            n = min_words(words, BOUNCE_WORDS);
            memcpy(bounce, src, 4 * n);
            dma(bounce, NULL, n);
        }
        src += 4 * n;
        words -= n;
    }
}

void link_port_read(void *buf, size_t len) {
    uint8_t *dst = buf;
    uint32_t words = len / 4;
    while (words != 0) {
        uint32_t n;
        if (words < POLLED_WORDS) {
            n = words;
            polled(NULL, dst, n);
        } else if (dma_can_reach(dst)) {
            n = min_words(words, DMA_MAX_WORDS);
            dma(NULL, (uint32_t *)(void *)dst, n);
        } else {
            n = min_words(words, BOUNCE_WORDS);
            dma(NULL, bounce, n);
            memcpy(dst, bounce, 4 * n);
        }
        dst += 4 * n;
        words -= n;
    }
}

bool link_port_irq(void) {
    return message_pending;
}

void link_port_irq_unmask(void) {
    message_pending = false;
    NW_INT_MASK_CLR = 1;
}

uint32_t link_port_ticks_ms(void) {
    return hal_ticks_ms();
}

// Of `mask`. look: without an echo.
static uint32_t reasons(uint32_t mask, bool look) {
    uint32_t found = message_pending ? LINK_WAKE_NWP : 0;
    if ((mask & LINK_WAKE_UART) && (look ? console_ready() : console_poll())) {
        found |= LINK_WAKE_UART;
    }
    if (ring_used(&console.tx) <= console.tx.mask / 2 + 1) {
        found |= LINK_WAKE_TX;
    }
    return found & mask;
}

uint32_t link_port_idle(uint32_t ms, uint32_t mask) {
    uint32_t start = ms == LINK_FOREVER || ms == 0 ? 0 : hal_ticks_ms();
    uint32_t left = ms;
    for (;;) {
        uint32_t found = reasons(mask, ms == 0);
        if (found != 0 || left == 0 || link_port_break()) {
            return found;
        }
        uint32_t patience = mask & LINK_WAKE_UART ? console_patience_ms() : HAL_FOREVER;
        hal_wait(left < patience ? left : patience);
        if (ms != LINK_FOREVER) {
            uint32_t passed = hal_ticks_ms() - start;
            left = passed < ms ? ms - passed : 0;
        }
    }
}
