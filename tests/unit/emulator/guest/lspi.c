// The link: SPI open, words by polling and by uDMA, the mailbox as a level.
#include "guest.h"

CHOICE(choice, 0); // 0 polled, 1 polled with FIFO, 2 uDMA, 3 uDMA, end pointers at the last byte

#define CONF  (LSPI + 0x12C)
#define STAT  (LSPI + 0x130)
#define CTRL  (LSPI + 0x134)
#define TX    (LSPI + 0x138)
#define RX    (LSPI + 0x13C)
#define FORCE 0x100000u

volatile uint32_t nwp_irqs, dma_irqs;
uint32_t received[16];
static uint32_t dma_table[256] __attribute__((aligned(1024)));
static uint32_t dummy_in;
static uint32_t zero;
static volatile uint32_t dma_done;

static void on_nwp(void) {
    REG(COMMON + 0x88) = 1;
    nwp_irqs++;
}

static void on_dma(void) {
    if (REG(UDMA + 0x28) & (1u << 12)) {
        return;
    }
    REG(CONF) &= ~0xC000u;
    REG(APPS_CONFIG + 0x90) = 0x30;
    REG(APPS_CONFIG + 0x9C) = 0x30;
    REG(CONF) &= ~FORCE;
    REG(CTRL) &= ~1u;
    dma_irqs++;
    dma_done = 1;
}

static void open(void) {
    REG(ARCM + 0x38) = 0;
    clock_on(0x40);
    REG(CONF) &= ~FORCE;
    REG(CTRL) &= ~1u;
    REG(LSPI + 0x110) |= 2;
    while (!(REG(LSPI + 0x114) & 1)) {
    }
    REG(LSPI + 0x128) = (REG(LSPI + 0x128) & ~5u) | 1;
    REG(CTRL) = 0;
    REG(CONF) = choice ? 0x38010F84 : 0x20010F84;
    REG(LSPI + 0x17C) = 0x0303;
    clock_on(0x48);
    REG(UDMA + 4) = 1;
    REG(UDMA + 8) = (uint32_t)dma_table;
    handlers[16 + IRQ_LSPI] = on_dma;
    irq_enable(IRQ_LSPI);
}

static void polled(const uint32_t *out, uint32_t *in, uint32_t words) {
    REG(CTRL) |= 1;
    REG(CONF) |= FORCE;
    for (uint32_t i = 0; i < words; i++) {
        while (!(REG(STAT) & 2)) {
        }
        REG(TX) = out ? out[i] : 0;
        while (!(REG(STAT) & 1)) {
        }
        uint32_t word = REG(RX);
        if (in) {
            in[i] = word;
        }
    }
    REG(CONF) &= ~FORCE;
    REG(CTRL) &= ~1u;
}

static void by_dma(const uint32_t *out, uint32_t *in, uint32_t words) {
    uint32_t *tx = &dma_table[4 * 13], *rx = &dma_table[4 * 12];
    uint32_t count = ((words - 1) << 4) | 1, last = choice == 3 ? 4 * words - 1 : 4 * (words - 1);
    tx[0] = out ? (uint32_t)out + last : (uint32_t)&zero;
    tx[1] = TX;
    tx[2] = (out ? 0xEA000000 : 0xEE000000) | count;
    rx[0] = RX;
    rx[1] = in ? (uint32_t)in + last : (uint32_t)&dummy_in;
    rx[2] = (in ? 0xAE000000 : 0xEE000000) | count;
    dma_done = 0;
    REG(CONF) |= 0xC000;
    REG(APPS_CONFIG + 0x9C) = 0x30;
    REG(APPS_CONFIG + 0x94) = 0x10;
    REG(LSPI + 0x17C) = (words << 16) | 0x0303;
    REG(UDMA + 0x28) = 1u << 13;
    REG(UDMA + 0x28) = 1u << 12;
    REG(CTRL) |= 1;
    REG(CONF) |= FORCE;
    irq_off();
    while (!dma_done) {
        wfi();
        irq_on();
        irq_off();
    }
    irq_on();
    result[10] = tx[2];
    result[11] = rx[2];
}

static void transfer(const uint32_t *out, uint32_t *in, uint32_t words) {
    (choice >= 2 ? by_dma : polled)(out, in, words);
}

static void power_on(void) {
    result[0] = REG(GPRCM + 0x404) & 0xFF;
    REG(OCP + 0x16C) |= 2;
    for (volatile int i = 0; i < 1000; i++) {
    }
    REG(OCP + 0x16C) &= ~2u;
    REG(COMMON + 0x94) = 1;
    REG(ARCM + 0x118) = 1;
    REG(COMMON + 0x8C) = 1;
    result[1] = REG(GPRCM + 0x404) & 0xFF;
}

int main(void) {
    static uint32_t command[] = {0x12344321, 0x00088466, 0x11223344, 0x55667788};
    static uint32_t request = 0x56788765;
    handlers[16 + IRQ_NWP] = on_nwp;
    irq_enable(IRQ_NWP);
    irq_on();
    open();
    power_on();
    while (!nwp_irqs) {
        wfi();
    }
    transfer(&request, NULL, 1);
    transfer(NULL, received, 4);
    REG(COMMON + 0x8C) = 1;
    result[2] = nwp_irqs;
    transfer(command, NULL, 4);
    while (nwp_irqs == result[2]) {
        wfi();
    }
    uint32_t start;
    DEMCR |= 1u << 24;
    DWT_CTRL |= 1;
    DWT_CYCCNT = 0;
    transfer(&request, NULL, 1);
    start = DWT_CYCCNT;
    transfer(NULL, received + 4, 8);
    result[3] = DWT_CYCCNT - start;
    REG(COMMON + 0x8C) = 1;
    result[4] = nwp_irqs;
    REG(COMMON + 0xB8) = 1;
    result[5] = REG(COMMON + 0xC0);
    result[6] = REG(COMMON + 0xC0);
    REG(OCP + 0x16C) |= 2;
    result[7] = REG(GPRCM + 0x404) & 0xFF;
    return 0;
}
