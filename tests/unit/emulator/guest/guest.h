// What every test guest shares: registers, start-up, results.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REG(a) (*(volatile uint32_t *)(a))

#define UART0       0x4000C000u
#define ARCM        0x44025000u
#define OCP         0x4402E000u
#define COMMON      0x400F7000u
#define LSPI        0x44022000u
#define UDMA        0x400FF000u
#define APPS_CONFIG 0x44026000u
#define FLASH_CTRL  0x400FD000u
#define TIMER0      0x40030000u
#define WDT         0x40000000u
#define GPRCM       0x4402D000u
#define HIB3P3      0x4402F800u
#define HIB1P2      0x4402F000u
#define GPIOA1      0x40005000u

#define NVIC_ISER(n)  REG(0xE000E100u + 4 * (n))
#define NVIC_ICER(n)  REG(0xE000E180u + 4 * (n))
#define NVIC_ISPR(n)  REG(0xE000E200u + 4 * (n))
#define NVIC_ICPR(n)  REG(0xE000E280u + 4 * (n))
#define NVIC_IPR(irq) (*(volatile uint8_t *)(0xE000E400u + (irq)))
#define SCB_ICSR      REG(0xE000ED04u)
#define SCB_VTOR      REG(0xE000ED08u)
#define SCB_AIRCR     REG(0xE000ED0Cu)
#define SHPR(n)       (*(volatile uint8_t *)(0xE000ED18u + (n)-4))
#define SHCSR         REG(0xE000ED24u)
#define CFSR          REG(0xE000ED28u)
#define HFSR          REG(0xE000ED2Cu)
#define BFAR          REG(0xE000ED38u)
#define SYST_CSR      REG(0xE000E010u)
#define SYST_RVR      REG(0xE000E014u)
#define SYST_CVR      REG(0xE000E018u)
#define DEMCR         REG(0xE000EDFCu)
#define DWT_CTRL      REG(0xE0001000u)
#define DWT_CYCCNT    REG(0xE0001004u)

#define IRQ_UARTA0  5
#define IRQ_TIMER0A 19
#define IRQ_TIMER0B 20
#define IRQ_NWP     171
#define IRQ_PRCM    172
#define IRQ_LSPI    177

// A word in flash that the test may change before the guest starts.
#define CHOICE(name, value) __attribute__((section(".choice"))) const volatile uint32_t name = (value)

typedef void (*handler_t)(void);

extern volatile uint32_t result[64]; // what the test looks at
extern volatile uint32_t finished;   // set to 1 at the end of main()
extern handler_t handlers[194];      // by exception number; 0 counts in `unexpected`
extern volatile uint32_t unexpected;

int main(void);
handler_t *vectors_in_ram(void); // the table in force, for handlers that do their own stacking
void clock_on(uint32_t gate);
void uart_init(uint32_t ibrd, uint32_t fbrd);

static inline void irq_off(void) {
    __asm volatile("cpsid i" ::: "memory");
}
static inline void irq_on(void) {
    __asm volatile("cpsie i" ::: "memory");
}
static inline void wfi(void) {
    __asm volatile("wfi" ::: "memory");
}
static inline void irq_enable(unsigned irq) {
    NVIC_ISER(irq >> 5) = 1u << (irq & 31);
}
