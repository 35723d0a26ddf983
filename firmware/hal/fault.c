// A fault, or an interrupt nobody asked for: say what is known on the UART, then reset.
#include "cc3220.h"
#include "hal.h"
#include "uart.h"

// What the core pushed.
typedef struct _fault_frame_t {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
} fault_frame_t;

extern const uint32_t _sram_start, _sram_end;

static void put_hex(const char *name, uint32_t value) {
    char text[10];
    text[9] = '\0';
    for (int i = 8; i > 0; i--) {
        text[i] = "0123456789abcdef"[value & 0xF];
        value >>= 4;
    }
    text[0] = '=';
    uart_emergency_write(name);
    uart_emergency_write(text);
}

static const char *fault_name(uint32_t exception) {
    static const char *const names[] = {"NMI", "HardFault", "MemManage", "BusFault", "UsageFault"};
    return exception >= 2 && exception <= 6 ? names[exception - 2] : "Interrupt";
}

__attribute__((noreturn, used)) void fault_report(const fault_frame_t *frame, uint32_t exception) {
    irq_disable();
    uart_emergency_write("\r\n# fault ");
    uart_emergency_write(fault_name(exception));
    put_hex(" exception", exception);
    put_hex(" cfsr", SCB_CFSR);
    put_hex(" hfsr", SCB_HFSR);
    put_hex(" mmfar", SCB_MMFAR);
    put_hex(" bfar", SCB_BFAR);
    put_hex("\r\n# sp", (uint32_t)frame);
    // With the stack overflowed there is no frame.
    uint32_t first = (uint32_t)&_sram_start;
    uint32_t last = (uint32_t)&_sram_end;
    if ((uint32_t)frame >= first && (uint32_t)(frame + 1) <= last) {
        put_hex(" pc", frame->pc);
        put_hex(" lr", frame->lr);
        put_hex(" psr", frame->psr);
        put_hex("\r\n# r0", frame->r0);
        put_hex(" r1", frame->r1);
        put_hex(" r2", frame->r2);
        put_hex(" r3", frame->r3);
        put_hex(" r12", frame->r12);
    }
    uart_emergency_write("\r\n");
    hal_reset();
}

// Of pins, in an image without machine.Pin.
void GpioA0_Handler(void) __attribute__((weak, alias("Fault_Handler")));
void GpioA1_Handler(void) __attribute__((weak, alias("Fault_Handler")));
void GpioA2_Handler(void) __attribute__((weak, alias("Fault_Handler")));
void GpioA3_Handler(void) __attribute__((weak, alias("Fault_Handler")));

// The faulting stack may be useless, so the report runs on the other end of SRAM.
__attribute__((naked)) void Fault_Handler(void) {
    __asm volatile("mrs r0, msp\n"
                   "mrs r1, ipsr\n"
                   "ldr r2, =_fault_stack_top\n"
                   "mov sp, r2\n"
                   "b fault_report\n"
                   ".ltorg\n");
}
