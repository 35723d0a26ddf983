// What the boot ROM hands over: interrupts are not masked, and its delay loop can be called.
#include "guest.h"

CHOICE(choice, 0);

static volatile uint32_t ticks;

static void on_tick(void) {
    ticks++;
}

static void masks(void) {
    uint32_t primask, basepri, faultmask, control;
    __asm volatile("mrs %0, primask\nmrs %1, basepri\nmrs %2, faultmask\nmrs %3, control"
                   : "=r"(primask), "=r"(basepri), "=r"(faultmask), "=r"(control));
    result[0] = primask;
    result[1] = basepri;
    result[2] = faultmask;
    result[3] = control;
    handlers[15] = on_tick;
    SYST_RVR = 99;
    SYST_CVR = 0;
    SYST_CSR = 7;
    for (volatile uint32_t n = 0; n < 100; n++) {
    }
    SYST_CSR = 0;
    result[4] = ticks;
}

static void cycles_of_delay(uint32_t turns, volatile uint32_t *cycles) {
    void (*delay)(uint32_t) = (void (*)(uint32_t))REG(REG(0x440));
    uint32_t start = DWT_CYCCNT;
    delay(turns);
    *cycles = DWT_CYCCNT - start;
}

static void delay(void) {
    DEMCR |= 1u << 24;
    DWT_CTRL = 1;
    cycles_of_delay(1, &result[0]);
    cycles_of_delay(5333, &result[1]); // 200 us at 80 MHz
}

static void (*const choices[])(void) = {masks, delay};

int main(void) {
    choices[choice]();
    return 0;
}
