// Reset causes, hibernation, the watchdog. `log_` words survive where SRAM does.
#include "guest.h"

CHOICE(choice, 0);

#define HIB(o) REG(HIB3P3 + (o))

static void pause(void) { // more than 200 us
    DEMCR |= 1u << 24;
    DWT_CTRL |= 1;
    uint32_t start = DWT_CYCCNT;
    while (DWT_CYCCNT - start < 16800) {
    }
}
static uint32_t hib_read(uint32_t offset) {
    uint32_t value = HIB(offset);
    pause();
    return value;
}
static void hib_write(uint32_t offset, uint32_t value) {
    HIB(offset) = value;
    pause();
}

__attribute__((noreturn)) static void hibernate(uint32_t ticks) {
    hib_write(0x18, 1);
    hib_write(0x0C, 1);
    uint32_t high = hib_read(0x14);
    uint32_t low = hib_read(0x10);
    uint64_t match = ((uint64_t)high << 32 | low) + ticks;
    hib_write(0x1C, (uint32_t)match);
    hib_write(0x20, (uint32_t)(match >> 32));
    hib_write(0x424, hib_read(0x424) + 1); // HIB_REG3 counts the cycles
    hib_write(0x00, 1);
    for (;;) {
        wfi();
    }
}

static volatile uint32_t rtc_hits;

static void on_prcm(void) {
    result[10] = REG(ARCM + 0x120);
    rtc_hits++;
}

// The RTC's interrupt, 100 ticks from now; the fast view says when it came.
static void rtc_match(void) {
    handlers[16 + IRQ_PRCM] = on_prcm;
    irq_enable(IRQ_PRCM);
    REG(ARCM + 0x124) = 4;
    uint32_t match = REG(HIB1P2 + 0xCC) + 100;
    hib_write(0x58, match);
    hib_write(0x5C, 0);
    hib_write(0x54, 1);
    irq_on();
    while (!rtc_hits) {
        wfi();
    }
    result[11] = REG(HIB1P2 + 0xCC) - match;
    result[12] = REG(ARCM + 0x120);
    irq_off();
}

// What the vendor's start-up does to the slow domain, without a pause.
static void hasty(void) {
    HIB(0x418) |= 0x10;
    HIB(0x04) = 1;
    HIB(0x474) = 0x10000005;
    HIB(0x474) &= ~0x10000000u;
    HIB(0x420) = 3;
    HIB(0x420) &= ~1u;
    HIB(0x18) = 1;
    HIB(0x1C) = 0x1234;
    HIB(0x20) = 0x56;
    uint32_t start = REG(HIB1P2 + 0xCC);
    pause();
    pause();
    result[10] = HIB(0x418);
    result[11] = HIB(0x474);
    result[12] = HIB(0x420);
    result[13] = HIB(0x18);
    result[14] = HIB(0x1C);
    result[15] = HIB(0x20);
    result[16] = REG(HIB1P2 + 0xCC) - start;
}

int main(void) {
    volatile uint32_t *kept = (volatile uint32_t *)0x20030000; // not cleared by the start-up
    result[0] = REG(GPRCM + 0x00C);
    result[1] = hib_read(0x468);
    result[2] = REG(OCP + 0x188);
    result[3] = hib_read(0x424);
    result[4] = kept[0];
    result[5] = REG(0x400);
    result[6] = REG(OCP + 0xA4);
    result[7] = REG(OCP + 0xC4);
    if (result[0] == 0 && !(result[1] & 1) && choice != 9) {
        hib_write(0x04, 1);
    }
    if (choice == 7) { // what the application's start does for the watchdog
        REG(OCP + 0x188) |= 0xE1;
    }
    if (result[0] == 0 && !(result[1] & 1)) {
        kept[0] = 0x12345678;
        REG(OCP + 0xC4) = 0x060;
        switch (choice) {
            case 8:
                rtc_match();
                return 0;
            case 9:
                hasty();
                return 0;
            case 0:
                hibernate(160);
            case 1:
                REG(GPRCM) = 1;
                break;
            case 2:
                REG(GPRCM) = 2;
                break;
            case 3:
                REG(GPRCM + 0x108) = 1;
                break;
            case 4:
            case 7:
                clock_on(0x78);
                REG(WDT) = 80000;
                REG(WDT + 8) = 1;
                for (;;) {
                    wfi();
                }
            case 5:
                hib_write(0x408, 3u << 4); // GPIO13 rising
                hib_write(0x404, 1u << 2);
                hib_write(0x00, 1);
                break;
            case 6:
                SCB_AIRCR = 0x05FA0004;
                return 0;
        }
        for (;;) {
            wfi();
        }
    }
    return 0;
}
