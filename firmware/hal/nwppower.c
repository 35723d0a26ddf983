#include "cc3220.h"
#include "hal.h"
#include "nwppower.h"

#define ANSWER_MS   (20)
#define SHUTDOWN_MS (600)
#define OFF_US      (20)
#define POLL_US     (1000)

bool nwp_shutdown_ready(void) {
    return (GPRCM_NWP_LPDS_WAKEUP_CFG & 0xFF) == NWP_READY_FOR_SHUTDOWN;
}

// Also used after a fault; interrupts are off then, and nothing but the clock is relied on.
static bool poll(bool (*done)(void), uint32_t ms) {
    uint32_t start = hal_ticks_ms();
    while (!done()) {
        if (hal_ticks_ms() - start >= ms) {
            return false;
        }
        hal_sleep_us(POLL_US);
    }
    return true;
}

static bool trigger_taken(void) {
    return (APPS_INT_STS_RAW & 1) == 0;
}

// A running processor is asked to get ready: it may be writing to its flash.
static void ask_to_stop(void) {
    NVIC_ISER(IRQ_NWP_OUT_OF_BAND) = NVIC_BIT(IRQ_NWP_OUT_OF_BAND);
    APPS_INT_TRIG = 1;
    ARCM_APPS_TO_NWP_WAKE = 1;
    // Sources disagree on the level this bit should be waited for, and the maker's own loop ends
    // at once. What counts is the next condition.
    poll(trigger_taken, ANSWER_MS);
    poll(nwp_shutdown_ready, SHUTDOWN_MS);
}

void nwp_power_off(void) {
    if (!nwp_shutdown_ready() && !(OCP_SPARE_REG_5 & OCP_SPARE_REG_5_SLSTOP)) {
        ask_to_stop();
    }
    APPS_INT_STS_CLR = 1;
    NW_INT_MASK_SET = 1;
    HIB1P2_ANA_DCDC0 &= ~HIB1P2_ANA_DCDC0_FORCED_PWM;
    OCP_SPARE_REG_5 |= OCP_SPARE_REG_5_SLSTOP;
    hal_delay_us(OFF_US);
}

void nwp_power_on(void) {
    OCP_SPARE_REG_5 &= ~OCP_SPARE_REG_5_SLSTOP;
    NW_INT_ACK = 1;
    ARCM_APPS_TO_NWP_WAKE = 1;
    NW_INT_MASK_CLR = 1;
}
