#include "cc3220.h"
#include "hal.h"

// 32 bits at 80 MHz are 53 s; a longer wait returns early.
#define TIMER_MAX_MS (50000u)

volatile uint8_t hal_woken;

static void timer_open(void) {
    hal_clock_on(ARCM_TIMER_A0);
    GPT_TRIGGER_SELECT = 0xFF;
    TIMER_CTL = 0;
    TIMER_CFG = 0;
    TIMER_TAMR = TIMER_TAMR_ONE_SHOT;
    TIMER_IMR = TIMER_INT_TATO;
    irq_enable_line(IRQ_TIMER_A0A, IRQ_PRIO_TIMER);
}

static void timer_arm(uint32_t us) {
    if (!hal_clock_is_on(ARCM_TIMER_A0)) {
        timer_open();
    }
    TIMER_CTL = 0;
    TIMER_TAILR = us * (CPU_HZ / 1000000);
    TIMER_CTL = TIMER_CTL_TAEN;
}

void TimerA0A_Handler(void) {
    TIMER_ICR = TIMER_INT_TATO;
    hal_wake();
}

// The test and the WFI are under PRIMASK: an interrupt in between becomes pending, which ends the
// WFI, and runs when the mask goes. The clock's own wrap wakes nobody.
static void sleep_until_woken(void) {
    uint32_t state = irq_disable();
    while (!hal_woken) {
        wait_for_interrupt();
        irq_restore(state);
        __asm volatile("isb" : : : "memory");
        irq_disable();
    }
    hal_woken = 0;
    irq_restore(state);
}

void hal_wait(uint32_t ms) {
    if (ms == 0) {
        return;
    }
    if (ms == HAL_FOREVER) {
        sleep_until_woken();
        return;
    }
    if (!hal_woken) {
        timer_arm((ms < TIMER_MAX_MS ? ms : TIMER_MAX_MS) * 1000);
    }
    sleep_until_woken();
    TIMER_CTL = 0;
}

void hal_sleep_us(uint32_t us) {
    if (irq_masked()) {
        hal_delay_us(us);
        return;
    }
    uint32_t start = hal_ticks_us();
    uint32_t passed = 0;
    bool woken = false;
    while (passed <= us) {
        timer_arm(us - passed + 1);
        sleep_until_woken();
        // Whoever woke us early meant the next hal_wait().
        passed = hal_ticks_us() - start;
        woken |= passed <= us;
    }
    TIMER_CTL = 0;
    if (woken) {
        hal_wake();
    }
}
