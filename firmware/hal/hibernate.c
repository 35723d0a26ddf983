#include "cc3220.h"
#include "hal.h"
#include "hibernate.h"
#include "nwppower.h"

#define HIB_SETTLE_US (200)
#define RTC_HZ        (32768u)
#define RESET_TICKS   (160) // 4.9 ms, the shortest hibernate the chip wakes from reliably

uint32_t hib_read(uint32_t address) {
    uint32_t value = REG32(address);
    hal_sleep_us(HIB_SETTLE_US);
    return value;
}

void hib_write(uint32_t address, uint32_t value) {
    REG32(address) = value;
    hal_sleep_us(HIB_SETTLE_US);
}

static uint64_t rtc_now(void) {
    hib_write(HIB_RTC_TIMER_READ, 1);
    uint64_t msw = hib_read(HIB_RTC_MSW) & 0xFFFF;
    return msw << 32 | hib_read(HIB_RTC_LSW);
}

static void __attribute__((noreturn)) enter(void) {
    hib_write(HIB_REQ, 1);
    for (;;) {
        wait_for_interrupt();
    }
}

static void __attribute__((noreturn)) hibernate_ticks(uint64_t ticks) {
    // A later interrupt would find its clocks gone. Time goes on: the waits below are far
    // shorter than one wrap of the clock.
    irq_disable();
    hib_write(HIB_RTC_WAKE_EN, hib_read(HIB_RTC_WAKE_EN) | 1);
    uint64_t match = rtc_now() + ticks;
    hib_write(HIB_RTC_WAKE_LSW, (uint32_t)match);
    hib_write(HIB_RTC_WAKE_MSW, (uint32_t)(match >> 32) & 0xFFFF);
    enter();
}

void hal_reset(void) {
    nwp_power_off();
    hibernate_ticks(RESET_TICKS);
}

void hal_hibernate(uint32_t ms) {
    nwp_power_off();
    if (ms != HAL_FOREVER) {
        hibernate_ticks((uint64_t)ms * RTC_HZ / 1000 + RESET_TICKS);
    }
    irq_disable();
    hib_write(HIB_RTC_WAKE_EN, hib_read(HIB_RTC_WAKE_EN) & ~1u);
    enter();
}
