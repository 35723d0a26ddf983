// The chip, as the rest of the port sees it: start-up, time, sleep, resets, flash.
#ifndef CC3220_HAL_HAL_H
#define CC3220_HAL_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- Sleep ---

#define HAL_FOREVER (0xFFFFFFFFu)

// Sleep until an interrupt has called hal_wake(), or until ms have passed. A wake before the call
// counts: test the condition, then wait, in a loop, and nothing is lost in between.
void hal_wait(uint32_t ms);

// Sleep for that long, whatever wakes. With interrupts off it is hal_delay_us().
void hal_sleep_us(uint32_t us);

extern volatile uint8_t hal_woken;

static inline void hal_wake(void) {
    hal_woken = 1;
}

// --- Time since start. Nothing ticks: SysTick runs freely and wraps every 0.21 s ---

void hal_time_init(void);
uint32_t hal_ticks_us(void);
uint64_t hal_ticks_us_64(void);
uint32_t hal_ticks_ms(void);
uint32_t hal_ticks_cpu(void);
void hal_delay_us(uint32_t us); // busy

// --- Clocks, pads ---

// Gate a peripheral's clock on (also in sleep), wait for it, pulse its reset.
void hal_clock_on(uint32_t arcm_offset);
void hal_clock_off(uint32_t arcm_offset);
bool hal_clock_is_on(uint32_t arcm_offset);
// Write mode, drive and pull; the ROM's output override goes away with it.
void hal_pad(unsigned int pad, uint32_t config);

// --- Start, reset, identity ---

typedef enum {
    HAL_RESET_POWER_ON = 0,
    HAL_RESET_LPDS = 1,
    HAL_RESET_CORE = 3,
    HAL_RESET_APPS = 4,
    HAL_RESET_WATCHDOG = 5,
    HAL_RESET_SOFT_MCU = 6,
    HAL_RESET_SECURE_INIT = 7,
    HAL_RESET_HIBERNATE = 8,
} hal_reset_cause_t;

void hal_mcu_init(void);
hal_reset_cause_t hal_reset_cause(void);
void hal_unique_id(uint8_t id[20]);

// The whole chip through a short hibernate; the network processor is stopped first. AIRCR does
// not work on this family.
__attribute__((noreturn)) void hal_reset(void);
// Hibernate; the RTC wakes the chip after ms (HAL_FOREVER: only the reset pin does).
__attribute__((noreturn)) void hal_hibernate(uint32_t ms);

// --- On-chip flash beyond the image (CC3220SF) ---

#define HAL_FLASH_SECTOR (2048)
uint32_t hal_flash_begin(void);         // first free sector's address
uint32_t hal_flash_end(void);           // equal to the above where there is no flash
bool hal_flash_erase(uint32_t address); // one sector
bool hal_flash_write(uint32_t address, const uint8_t *src, size_t len); // any alignment

#endif // CC3220_HAL_HAL_H
