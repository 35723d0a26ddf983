// An exception that pends and cannot be taken, while the guest goes through instructions that may
// unmask: each of them must go on.
#include "guest.h"

CHOICE(choice, 0);

#define ROUNDS 100
#define FIRST  19 // interrupt lines
#define LOW    20

static volatile uint32_t taken_low, taken_tick;

static void on_low(void) {
    taken_low++;
}
static void on_tick(void) {
    SYST_CSR = 0;
    taken_tick++;
}

static void pend(unsigned irq) {
    NVIC_ISPR(irq >> 5) = 1u << (irq & 31);
    __asm volatile("dsb\nisb" ::: "memory");
}

// A critical section inside another: leaving it leaves the mask where it is.
static void nested_primask(void) {
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t state;
        __asm volatile("mrs %0, primask\ncpsid i\nmsr primask, %0\nnop" : "=&r"(state)::"memory");
        result[0]++;
    }
}

static void nested_basepri(void) {
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t state;
        __asm volatile("mrs %0, basepri\n"
                       "msr basepri_max, %1\n"
                       "cpsie i\n"
                       "msr basepri, %0\n"
                       "nop"
                       : "=&r"(state)
                       : "r"(0x20)
                       : "memory");
        result[0]++;
    }
}

static void primask(void) {
    irq_off();
    pend(LOW);
    nested_primask();
    result[1] = taken_low;
    irq_on();
    result[2] = taken_low;
}

static void basepri(void) {
    irq_on();
    __asm volatile("msr basepri, %0" ::"r"(0x40) : "memory");
    pend(LOW);
    nested_basepri();
    result[1] = taken_low;
    __asm volatile("msr basepri, %0" ::"r"(0) : "memory");
    result[2] = taken_low;
}

static void faultmask(void) {
    __asm volatile("cpsid f" ::: "memory");
    irq_on();
    pend(LOW);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        __asm volatile("cpsid i\ncpsie i\nnop" ::: "memory");
        result[0]++;
    }
    result[1] = taken_low;
    __asm volatile("cpsie f\nnop" ::: "memory");
    result[2] = taken_low;
}

// Two lines at one instant: the handler of the first has critical sections of its own.
static void on_first(void) {
    nested_primask();
    result[1] = taken_low;
}
static void active(void) {
    handlers[16 + FIRST] = on_first;
    NVIC_IPR(FIRST) = 0x60;
    irq_enable(FIRST);
    irq_off();
    NVIC_ISPR(0) = 1u << LOW | 1u << FIRST;
    irq_on();
    result[2] = taken_low;
}

// Time goes on too: the tick comes in the middle of the masked stretch and pends behind it.
static void tick(void) {
    handlers[15] = on_tick;
    SYST_RVR = 200;
    SYST_CVR = 0;
    SYST_CSR = 7;
    irq_off();
    nested_primask();
    result[1] = taken_tick;
    irq_on();
    result[2] = taken_tick;
}

static void (*const choices[])(void) = {primask, basepri, faultmask, active, tick};

int main(void) {
    handlers[16 + LOW] = on_low;
    NVIC_IPR(LOW) = 0x60;
    irq_enable(LOW);
    choices[choice]();
    return 0;
}
