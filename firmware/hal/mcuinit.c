// What has to be put right after the boot ROM, on every start: power-supply trims, fixes, pins
// the ROM left on. The order and the values are the chip maker's.
#include "cc3220.h"
#include "hal.h"
#include "hibernate.h"

#define PAD_PIN55     (1)
#define PAD_PIN57     (2)
#define PAD_PIN1      (10)
#define PAD_PIN2      (11)
#define PAD_SWD_IO    (28)
#define PAD_SWD_CLOCK (29)
#define SOP_SWD       (2)

#define SPARE_REG_5_CLOCK_FIX      (0x3Cu)
#define SPARE_REG_8_WDT_RESETS_NWP (0xE1u)
#define SPARE_REG_8_WDT_MARK       (1u << 9)
#define SPARE_REG_8_WDT_MASK       (0x280u)

static hal_reset_cause_t reset_cause;

static inline void modify(volatile uint32_t *reg, uint32_t clear, uint32_t set) {
    *reg = (*reg & ~clear) | set;
}

static void release_pad(unsigned int pad, uint32_t rom_mode) {
    if ((PAD_CONFIG(pad) & PAD_MODE_MASK) == rom_mode) {
        modify(&PAD_CONFIG(pad), PAD_MODE_MASK | PAD_OUTPUT_OVERRIDE, 0);
    }
}

static void reset_udma(void) {
    ARCM_GATE(ARCM_UDMA) |= ARCM_GATE_RUN;
    ARCM_RESET(ARCM_UDMA) |= ARCM_RESET_ASSERT;
    hal_delay_us(1);
    ARCM_RESET(ARCM_UDMA) &= ~ARCM_RESET_ASSERT;
    ARCM_GATE(ARCM_UDMA) &= ~ARCM_GATE_RUN;
}

static void trim_digital_supply(void) {
    uint32_t process = (GPRCM_EFUSE_REG0 >> 22) & 0xF;
    modify(&HIB1P2_DCDC_TRIM, 0x00FC0000, (process == 0xE ? 0x32u : 0x29u) << 18);
}

static void trim_analog_supply(void) {
    uint32_t efuse = GPRCM_EFUSE_REG2;
    uint32_t major = efuse >> 28;
    uint32_t minor = (efuse >> 24) & 0xF;
    bool pre_regulated = (hib_read(HIB_ANALOG_STATUS) >> 6) & 1;
    bool early = major < 3 || (major == 3 && minor == 0);
    if (early && !pre_regulated) {
        modify(&HIB1P2_ANA_DCDC0, 0x00018F0F, (2u << 15) | (5u << 8) | 1u);
        modify(&HIB1P2_ANA_DCDC1, 0xF0FF0080, 0x00330000);
        modify(&HIB1P2_ANA_DCDC16, 0xF0000000, 0);
    } else {
        modify(&HIB1P2_ANA_DCDC1, 0x80, 0);
        modify(&HIB1P2_ANA_DCDC16, 0xF0000000, pre_regulated ? 0x10000000 : 0);
    }
}

// The ROM marks a watchdog reset in HIB_REG2; keep the mark where hal_reset_cause() looks.
static void convert_watchdog_mark(void) {
    OCP_SPARE_REG_8 |= SPARE_REG_8_WDT_RESETS_NWP;
    uint32_t marks = hib_read(HIB_REG2);
    if (marks & 1) {
        hib_write(HIB_REG2, marks & ~1u);
        OCP_SPARE_REG_8 |= SPARE_REG_8_WDT_MARK;
        hib_write(HIB_RTC_WAKE_EN, hib_read(HIB_RTC_WAKE_EN) & ~1u);
        hib_write(HIB_RTC_WAKE_LSW, 0);
        hib_write(HIB_RTC_WAKE_MSW, 0);
    }
}

static void mcu_init_after_reset(bool power_on) {
    modify(&HIB1P2_DCDC_DIG, 0, 0x00800000);
    hib_write(HIB_REG0, hib_read(HIB_REG0) | 0x10);
    OCP_SPARE_REG_5 |= SPARE_REG_5_CLOCK_FIX;
    reset_udma();
    if (power_on) {
        hib_write(HIB_RTC_TIMER_ENABLE, 1);
    }
    if ((HIB1P2_SOP_SENSE & 0xFF) == SOP_SWD) {
        modify(&PAD_CONFIG(PAD_SWD_IO), 0xC0F, 2);
        modify(&PAD_CONFIG(PAD_SWD_CLOCK), 0xC0F, 2);
    }
    OCP_DEV_PADCONF |= 2;
    release_pad(PAD_PIN55, 3);
    release_pad(PAD_PIN57, 3);
    release_pad(PAD_PIN1, 1);
    release_pad(PAD_PIN2, 1);
    trim_digital_supply();
    hib_write(HIB_SOFT_RESTART, hib_read(HIB_SOFT_RESTART) & ~0x10000000u);
    if ((ROM_VERSION & 0xFFFF) >= 2 && (ROM_VERSION >> 16) >= 1) {
        convert_watchdog_mark();
    }
    trim_analog_supply();
}

void hal_mcu_init(void) {
    uint32_t cause = GPRCM_APPS_RESET_CAUSE & 0xFF;
    if (cause == HAL_RESET_LPDS) {
        COMMON_I2C_SEMAPHORE = 1;
        COMMON_GPIO_SEMAPHORE = 0x155;
        reset_cause = HAL_RESET_LPDS;
        return;
    }
    bool hibernated = cause == HAL_RESET_POWER_ON && (hib_read(HIB_WAKE_STATUS) & 1);
    mcu_init_after_reset(cause == HAL_RESET_POWER_ON && !hibernated);
    if (hibernated) {
        bool watchdog = (OCP_SPARE_REG_8 & SPARE_REG_8_WDT_MASK) == SPARE_REG_8_WDT_MASK;
        cause = watchdog ? HAL_RESET_WATCHDOG : HAL_RESET_HIBERNATE;
    }
    reset_cause = (hal_reset_cause_t)cause;
}

hal_reset_cause_t hal_reset_cause(void) {
    return reset_cause;
}

void hal_unique_id(uint8_t id[20]) {
    for (unsigned int i = 0; i < 5; i++) {
        uint32_t word = GPRCM_DIEID(i);
        for (unsigned int k = 0; k < 4; k++) {
            id[4 * i + k] = (uint8_t)(word >> (8 * k));
        }
    }
}
