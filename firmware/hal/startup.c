// Reset handler and vector table. The boot ROM takes the stack pointer and this handler from the
// first two words of the image.
#include <string.h>

#include "cc3220.h"
#include "hal.h"
#include "mpconfigboard.h"

#define VECTORS (195)

extern uint32_t _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];
extern uint32_t _stack_top[];

typedef union _vector_t {
    uint32_t *stack;
    void (*handler)(void);
} vector_t;

__attribute__((noreturn)) void Reset_Handler(void);
__attribute__((noreturn)) int main(void);
void Fault_Handler(void);
void SysTick_Handler(void);
void UartA0_Handler(void);
void UartA1_Handler(void);
void TimerA0A_Handler(void);
void Nwp_Handler(void);
void Lspi_Handler(void);
void GpioA0_Handler(void);
void GpioA1_Handler(void);
void GpioA2_Handler(void);
void GpioA3_Handler(void);

// The power-off sequence of the network processor enables this line; nothing is to be done.
static void OutOfBand_Handler(void) {
    irq_disable_line(IRQ_NWP_OUT_OF_BAND);
}

#define VECTOR(n, name)            [n] = {.handler = name}
#define IRQ_VECTOR(irq, name)      VECTOR(16 + (irq), name)
#define FAULT_VECTORS(first, last) [first... last] = {.handler = Fault_Handler}

__attribute__((used, section(".isr_vector"))) static const vector_t vectors[VECTORS] = {
    [0] = {.stack = _stack_top},
    VECTOR(1, Reset_Handler),
    FAULT_VECTORS(2, 14),
    VECTOR(15, SysTick_Handler),
    IRQ_VECTOR(IRQ_GPIO_A0 + 0, GpioA0_Handler),
    IRQ_VECTOR(IRQ_GPIO_A0 + 1, GpioA1_Handler),
    IRQ_VECTOR(IRQ_GPIO_A0 + 2, GpioA2_Handler),
    IRQ_VECTOR(IRQ_GPIO_A0 + 3, GpioA3_Handler),
    FAULT_VECTORS(20, 20),
    IRQ_VECTOR(IRQ_UARTA0, UartA0_Handler),
    IRQ_VECTOR(IRQ_UARTA1, UartA1_Handler),
    FAULT_VECTORS(23, 34),
    IRQ_VECTOR(IRQ_TIMER_A0A, TimerA0A_Handler),
    FAULT_VECTORS(36, 56),
    IRQ_VECTOR(IRQ_NWP_OUT_OF_BAND, OutOfBand_Handler),
    FAULT_VECTORS(58, 186),
    IRQ_VECTOR(IRQ_NWP, Nwp_Handler),
    FAULT_VECTORS(188, 192),
    IRQ_VECTOR(IRQ_LSPI, Lspi_Handler),
    FAULT_VECTORS(194, VECTORS - 1),
};

#ifdef IMAGE_DEBUG_HEADER
// Lets the ROM start an image that was programmed into on-chip flash directly.
__attribute__((used, section(".dbghdr"))) static const uint32_t debug_header[3] = {
    0x5AA5A55A,
    0x000FF800,
    0xEFA3247D,
};
#endif

// For which chip the ELF is, for who loads it; not part of what is loaded.
__asm__(".pushsection .mcu, \"\", %progbits\n"
        ".ascii \"" MICROPY_HW_MCU_NAME "\"\n"
        ".popsection\n");

static void nvic_clear(void) {
    // After a restart by a debugger anything may be enabled or pending.
    for (unsigned int i = 0; i < NVIC_WORDS; i++) {
        NVIC_ICER(32 * i) = 0xFFFFFFFF;
        NVIC_ICPR(32 * i) = 0xFFFFFFFF;
    }
}

__attribute__((used, noreturn)) static void start(void) {
    memcpy(_data_start, _data_load, (uint8_t *)_data_end - (uint8_t *)_data_start);
    memset(_bss_start, 0, (uint8_t *)_bss_end - (uint8_t *)_bss_start);
    SCB_VTOR = (uint32_t)vectors;
    SCB_CCR |= SCB_CCR_STKALIGN;
    nvic_clear();
    hal_time_init();
    __asm volatile("cpsie i" : : : "memory");
    hal_mcu_init();
    main();
}

__attribute__((naked)) void Reset_Handler(void) {
    __asm volatile("cpsid i\n"
                   "ldr r0, =_stack_top\n"
                   "mov sp, r0\n"
                   "b %0\n"
                   ".ltorg\n"
                   :
                   : "i"(start));
}
