// Registers of the CC3220 that the port uses, and the core's own.
#ifndef CC3220_HAL_CC3220_H
#define CC3220_HAL_CC3220_H

#include <stdbool.h>
#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

#define CPU_HZ (80000000u)

// Cortex-M4: SysTick, NVIC, system control block.
#define SYST_CSR            REG32(0xE000E010)
#define SYST_RVR            REG32(0xE000E014)
#define SYST_CVR            REG32(0xE000E018)
#define SYST_CSR_ENABLE     (1u << 0)
#define SYST_CSR_TICKINT    (1u << 1)
#define SYST_CSR_CORE_CLOCK (1u << 2)

#define NVIC_ISER(irq) REG32(0xE000E100 + 4 * ((irq) / 32))
#define NVIC_ICER(irq) REG32(0xE000E180 + 4 * ((irq) / 32))
#define NVIC_ICPR(irq) REG32(0xE000E280 + 4 * ((irq) / 32))
#define NVIC_IPR(irq)  (*(volatile uint8_t *)(0xE000E400 + (irq)))
#define NVIC_BIT(irq)  (1u << ((irq) % 32))
#define NVIC_WORDS     (6)

#define SCB_ICSR           REG32(0xE000ED04)
#define SCB_ICSR_PENDSTSET (1u << 26)
#define SCB_ICSR_PENDSTCLR (1u << 25)
#define SCB_VTOR           REG32(0xE000ED08)
#define SCB_CCR            REG32(0xE000ED14)
#define SCB_CCR_STKALIGN   (1u << 9)
#define SCB_SHPR3          REG32(0xE000ED20)
#define SCB_CFSR           REG32(0xE000ED28)
#define SCB_HFSR           REG32(0xE000ED2C)
#define SCB_MMFAR          REG32(0xE000ED34)
#define SCB_BFAR           REG32(0xE000ED38)

// Interrupt numbers (vector - 16).
#define IRQ_GPIO_A0         (0)
#define IRQ_UARTA0          (5)
#define IRQ_UARTA1          (6)
#define IRQ_TIMER_A0A       (19)
#define IRQ_NWP_OUT_OF_BAND (41)
#define IRQ_UDMA_ERROR      (47)
#define IRQ_NWP             (171)
#define IRQ_LSPI            (177)

// Priorities; the chip keeps the upper three bits. The receive FIFO cannot wait.
#define IRQ_PRIO_UART  (0x20)
#define IRQ_PRIO_LINK  (0x40)
#define IRQ_PRIO_TIMER (0x60)
#define IRQ_PRIO_PIN   (0x80)

// ROM version word: major in the lower half, minor in the upper.
#define ROM_VERSION REG32(0x00000400)

// ARCM: clock gate at its offset, soft reset in the next word.
#define ARCM_BASE             (0x44025000)
#define ARCM_GATE(offset)     REG32(ARCM_BASE + (offset))
#define ARCM_RESET(offset)    REG32(ARCM_BASE + (offset) + 4)
#define ARCM_GATE_RUN         (1u << 0)
#define ARCM_GATE_SLEEP       (1u << 8)
#define ARCM_RESET_ASSERT     (1u << 0)
#define ARCM_RESET_ENABLED    (1u << 1)
#define ARCM_LSPI_CLK_GEN     REG32(ARCM_BASE + 0x38)
#define ARCM_LSPI             (0x40)
#define ARCM_UDMA             (0x48)
#define ARCM_GPIO_A0          (0x50)
#define ARCM_GPIO_A4          (0x70)
#define ARCM_WDT              (0x78)
#define ARCM_UARTA0           (0x80)
#define ARCM_UARTA1           (0x88)
#define ARCM_TIMER_A0         (0x90)
#define ARCM_APPS_TO_NWP_WAKE REG32(ARCM_BASE + 0x118)

// GPRCM.
#define GPRCM_APPS_RESET_CAUSE    REG32(0x4402D00C)
#define GPRCM_NWP_LPDS_WAKEUP_CFG REG32(0x4402D404)
#define GPRCM_MAC_HIGH            REG32(0x4402D448)
#define GPRCM_MAC_LOW             REG32(0x4402D44C)
#define GPRCM_EFUSE_REG0          REG32(0x4402DC78)
#define GPRCM_EFUSE_REG2          REG32(0x4402DC80)
#define GPRCM_DIEID(n)            REG32(0x4402DCC0 + 4 * (n))
#define NWP_READY_FOR_SHUTDOWN    (0x20)

// OCP_SHARED: pads and the words ROM and MCU init leave behind.
#define PAD_CONFIG(pad)        REG32(0x4402E0A0 + 4 * (pad))
#define PAD_MODE_MASK          (0x00Fu)
#define PAD_OPEN_DRAIN         (0x010u)
#define PAD_DRIVE_2MA          (0x020u)
#define PAD_DRIVE_6MA          (0x060u)
#define PAD_PULL_UP            (0x100u)
#define PAD_PULL_DOWN          (0x200u)
#define PAD_OUTPUT_OVERRIDE    (0xC00u)
#define OCP_SPARE_REG_5        REG32(0x4402E16C)
#define OCP_SPARE_REG_5_SLSTOP (1u << 1)
#define OCP_DEV_PADCONF        REG32(0x4402E184)
#define OCP_SPARE_REG_8        REG32(0x4402E188)

// Mailbox between the applications processor and the network processor; only bit 0 is used.
#define NW_INT_MASK_SET       REG32(0x400F7088)
#define NW_INT_MASK_CLR       REG32(0x400F708C)
#define NW_INT_ACK            REG32(0x400F7094)
#define APPS_INT_STS_CLR      REG32(0x400F70B0)
#define APPS_INT_TRIG         REG32(0x400F70B8)
#define APPS_INT_STS_RAW      REG32(0x400F70C0)
#define COMMON_I2C_SEMAPHORE  REG32(0x400F7000)
#define COMMON_GPIO_SEMAPHORE REG32(0x400F703C)

// GPIO ports A0..A3; the address bits [9:2] of DATA select pins.
#define GPIO_BASE(port)       ((port) == 4 ? 0x40024000u : 0x40004000u + 0x1000u * (port))
#define GPIO_DATA(base, mask) REG32((base) + ((mask) << 2))
#define GPIO_DIR(base)        REG32((base) + 0x400)
#define GPIO_IS(base)         REG32((base) + 0x404)
#define GPIO_IBE(base)        REG32((base) + 0x408)
#define GPIO_IEV(base)        REG32((base) + 0x40C)
#define GPIO_IM(base)         REG32((base) + 0x410)
#define GPIO_RIS(base)        REG32((base) + 0x414)
#define GPIO_MIS(base)        REG32((base) + 0x418)
#define GPIO_ICR(base)        REG32((base) + 0x41C)

// UARTs.
typedef volatile struct _uart_regs_t {
    uint32_t DR;
    uint32_t RSR;
    uint32_t reserved0[4];
    uint32_t FR;
    uint32_t reserved1[2];
    uint32_t IBRD;
    uint32_t FBRD;
    uint32_t LCRH;
    uint32_t CTL;
    uint32_t IFLS;
    uint32_t IM;
    uint32_t RIS;
    uint32_t MIS;
    uint32_t ICR;
} uart_regs_t;

#define UARTA0_REGS       ((uart_regs_t *)0x4000C000)
#define UARTA1_REGS       ((uart_regs_t *)0x4000D000)
#define UART_DR_FRAMING   (1u << 8)
#define UART_DR_PARITY    (1u << 9)
#define UART_DR_BREAK     (1u << 10)
#define UART_DR_OVERRUN   (1u << 11)
#define UART_DR_ERRORS    (0xF00u)
#define UART_FR_BUSY      (1u << 3)
#define UART_FR_RXFE      (1u << 4)
#define UART_FR_TXFF      (1u << 5)
#define UART_FR_TXFE      (1u << 7)
#define UART_LCRH_BREAK   (1u << 0)
#define UART_LCRH_PARITY  (1u << 1)
#define UART_LCRH_EVEN    (1u << 2)
#define UART_LCRH_STOP2   (1u << 3)
#define UART_LCRH_FIFO    (1u << 4)
#define UART_LCRH_BITS(n) (((n)-5u) << 5)
#define UART_CTL_ENABLE   (1u << 0)
#define UART_CTL_HSE      (1u << 5)
#define UART_CTL_TXE      (1u << 8)
#define UART_CTL_LOOPBACK (1u << 7)
#define UART_CTL_RXE      (1u << 9)
#define UART_IFLS_TX_1_8  (0u)
#define UART_IFLS_RX_1_2  (2u << 3)
#define UART_IFLS_RX_7_8  (4u << 3)
#define UART_INT_RX       (1u << 4)
#define UART_INT_TX       (1u << 5)
#define UART_INT_RT       (1u << 6)
#define UART_INT_BREAK    (1u << 9)
#define UART_INT_OVERRUN  (1u << 10)
#define UART_INT_ALL      (0x7F0u)

// General purpose timer A0.
#define TIMER_A0_BASE       (0x40030000)
#define TIMER_CFG           REG32(TIMER_A0_BASE + 0x00)
#define TIMER_TAMR          REG32(TIMER_A0_BASE + 0x04)
#define TIMER_CTL           REG32(TIMER_A0_BASE + 0x0C)
#define TIMER_IMR           REG32(TIMER_A0_BASE + 0x18)
#define TIMER_ICR           REG32(TIMER_A0_BASE + 0x24)
#define TIMER_TAILR         REG32(TIMER_A0_BASE + 0x28)
#define TIMER_TAMR_ONE_SHOT (1u)
#define TIMER_CTL_TAEN      (1u << 0)
#define TIMER_INT_TATO      (1u << 0)
#define GPT_TRIGGER_SELECT  REG32(0x440260B0)

// Watchdog.
#define WDT_LOAD       REG32(0x40000000)
#define WDT_CTL        REG32(0x40000008)
#define WDT_ICR        REG32(0x4000000C)
#define WDT_LOCK       REG32(0x40000C00)
#define WDT_CTL_ENABLE (1u << 0)
#define WDT_UNLOCK     (0x1ACCE551u)

// LSPI, the link to the network processor.
#define LSPI_SYSCONFIG           REG32(0x44022110)
#define LSPI_SYSSTATUS           REG32(0x44022114)
#define LSPI_MODULCTRL           REG32(0x44022128)
#define LSPI_CH0CONF             REG32(0x4402212C)
#define LSPI_CH0STAT             REG32(0x44022130)
#define LSPI_CH0CTRL             REG32(0x44022134)
#define LSPI_TX0                 REG32(0x44022138)
#define LSPI_RX0                 REG32(0x4402213C)
#define LSPI_XFERLEVEL           REG32(0x4402217C)
#define LSPI_SYSCONFIG_SOFTRESET (1u << 1)
#define LSPI_SYSSTATUS_RESETDONE (1u << 0)
#define LSPI_CH0CONF_FORCE       (1u << 20)
#define LSPI_CH0CONF_DMA         (3u << 14)
#define LSPI_CH0STAT_RXS         (1u << 0)
#define LSPI_CH0STAT_TXS         (1u << 1)
#define LSPI_CH0CTRL_EN          (1u << 0)

// DMA-done collector and the DMA controller.
#define DMA_DONE_MASK_SET REG32(0x44026090)
#define DMA_DONE_MASK_CLR REG32(0x44026094)
#define DMA_DONE_ACK      REG32(0x4402609C)
#define DMA_DONE_RAW      REG32(0x440260A4)
#define DMA_DONE_LSPI_RX  (1u << 4)
#define DMA_DONE_LSPI_TX  (1u << 5)
#define UDMA_CFG          REG32(0x400FF004)
#define UDMA_CTLBASE      REG32(0x400FF008)
#define UDMA_ENASET       REG32(0x400FF028)
#define UDMA_ENACLR       REG32(0x400FF02C)
#define UDMA_ALTCLR       REG32(0x400FF034)
#define UDMA_ERRCLR       REG32(0x400FF04C)
#define UDMA_CHMAP(n)     REG32(0x400FF510 + 4 * (n))

// Hibernate domain. Each access to HIB3P3 (0x4402F800 and up) takes 200 us to settle.
#define HIB1P2_DCDC_DIG             REG32(0x4402F064)
#define HIB1P2_ANA_DCDC0            REG32(0x4402F024)
#define HIB1P2_ANA_DCDC1            REG32(0x4402F028)
#define HIB1P2_ANA_DCDC16           REG32(0x4402F010)
#define HIB1P2_DCDC_TRIM            REG32(0x4402F0B0)
#define HIB1P2_SOP_SENSE            REG32(0x4402F0C8)
#define HIB1P2_RTC_LSW_1P2          REG32(0x4402F0CC)
#define HIB1P2_RTC_MSW_1P2          REG32(0x4402F0D0)
#define HIB1P2_ANA_DCDC0_FORCED_PWM (1u << 27)
#define HIB_REQ                     (0x4402F800)
#define HIB_RTC_TIMER_ENABLE        (0x4402F804)
#define HIB_RTC_TIMER_READ          (0x4402F80C)
#define HIB_RTC_LSW                 (0x4402F810)
#define HIB_RTC_MSW                 (0x4402F814)
#define HIB_RTC_WAKE_EN             (0x4402F818)
#define HIB_RTC_WAKE_LSW            (0x4402F81C)
#define HIB_RTC_WAKE_MSW            (0x4402F820)
#define HIB_ANALOG_STATUS           (0x4402F840)
#define HIB_REG0                    (0x4402FC18)
#define HIB_REG2                    (0x4402FC20)
#define HIB_WAKE_STATUS             (0x4402FC68)
#define HIB_SOFT_RESTART            (0x4402FC74)

// Flash controller (CC3220SF).
#define FLASH_FMA    REG32(0x400FD000)
#define FLASH_FMC    REG32(0x400FD008)
#define FLASH_FCRIS  REG32(0x400FD00C)
#define FLASH_FCMISC REG32(0x400FD014)
#define FLASH_FMC2   REG32(0x400FD020)
#define FLASH_FWB(n) REG32(0x400FD100 + 4 * (n))
#define FLASH_KEY    (0xA4420000u)

static inline uint32_t irq_disable(void) {
    uint32_t primask;
    __asm volatile("mrs %0, primask\n"
                   "cpsid i"
                   : "=r"(primask)
                   :
                   : "memory");
    return primask;
}

static inline void irq_restore(uint32_t primask) {
    __asm volatile("msr primask, %0" : : "r"(primask) : "memory");
}

static inline bool irq_masked(void) {
    uint32_t primask;
    __asm volatile("mrs %0, primask" : "=r"(primask));
    return primask & 1;
}

static inline void wait_for_interrupt(void) {
    __asm volatile("dsb\n"
                   "wfi"
                   :
                   :
                   : "memory");
}

static inline void irq_enable_line(unsigned int irq, uint8_t priority) {
    NVIC_IPR(irq) = priority;
    NVIC_ICPR(irq) = NVIC_BIT(irq);
    NVIC_ISER(irq) = NVIC_BIT(irq);
}

static inline void irq_disable_line(unsigned int irq) {
    NVIC_ICER(irq) = NVIC_BIT(irq);
}

#endif // CC3220_HAL_CC3220_H
