// Accesses and instructions that fault.
#include "guest.h"

CHOICE(choice, 0);
CHOICE(address, 0);
CHOICE(masked, 0); // where a bus fault happens

#define IRQ 20

static void hard_fault_c(uint32_t *frame) {
    result[0] = 3;
    result[1] = frame[6];
    result[2] = CFSR;
    result[3] = HFSR;
    result[4] = BFAR;
    finished = 1;
    for (;;) {
    }
}
static void bus_fault_c(uint32_t *frame) {
    result[0] = 5;
    result[1] = frame[6];
    result[2] = CFSR;
    result[4] = BFAR;
    CFSR = CFSR;
    frame[6] += 2; // step over the 16-bit load or store
}
static void usage_fault_c(uint32_t *frame) {
    result[0] = 6;
    result[1] = frame[6];
    result[2] = CFSR;
    frame[6] += 2;
}

__attribute__((noinline)) static void load(uint32_t address) {
    __asm volatile("fault_load: ldr r0, [%0]\n" ::"l"(address) : "r0");
}
__attribute__((noinline)) static void store(uint32_t address) {
    __asm volatile("fault_store: str r0, [%0]\n" ::"l"(address) : "r0");
}

static void load_in_handler(void) {
    load(0x30000000);
}

// A bus fault of priority 0x40 behind a mask or in a handler.
static void masked_load(void) {
    SHPR(5) = 0x40;
    switch (masked) {
        case 1:
            irq_off();
            break;
        case 2:
            __asm volatile("msr basepri, %0" ::"r"(0x40));
            break;
        case 3:
            __asm volatile("msr basepri, %0" ::"r"(0x60));
            break;
        case 4:
            __asm volatile("cpsid f");
            break;
        default: // by the handler's priority
            handlers[16 + IRQ] = load_in_handler;
            NVIC_IPR(IRQ) = masked;
            irq_enable(IRQ);
            NVIC_ISPR(0) = 1u << IRQ;
            return;
    }
    load(0x30000000);
}

int main(void) {
    handlers[3] = (handler_t)hard_fault_c;
    handlers[5] = (handler_t)bus_fault_c;
    handlers[6] = (handler_t)usage_fault_c;
    if (choice >= 10) {
        SHCSR = 7u << 16;
        irq_on();
    }
    switch (choice % 10) {
        case 0:
            load(UART0 + 0x18); // its clock is off
            break;
        case 1:
            store(GPIOA1 + 0x400);
            break;
        case 2:
            if (masked) {
                masked_load();
            } else {
                load(0x30000000);
            }
            break;
        case 3:
            store(0x01000900); // flash
            break;
        case 4:
            load(address);
            break;
        case 5:
            __asm volatile("fault_udf: udf #0");
            break;
        case 6:
            ((void (*)(void))0x40000001)();
            break;
        case 7:
            __asm volatile("bkpt #0");
            break;
        case 8:
            clock_on(0x80);
            REG(ARCM + 0x84) = 1; // held in reset
            load(UART0);
            break;
        default:
            load(0x40000FF0); // inside the watchdog's page, but its clock is off too
            break;
    }
    result[5] = 1;
    return 0;
}
