#include <string.h>

#include "cc3220.h"
#include "hal.h"

#define LINE       (128) // what one buffered write can take
#define FLASH_BASE (0x01000000u)

#define FMC2_START   (FLASH_KEY | 1u)
#define FMC_ERASE    (FLASH_KEY | 2u)
#define ERASE_FAULTS (0xA01u)  // access, voltage, erase verify
#define WRITE_FAULTS (0x2601u) // access, voltage, 0 to 1 attempted, program verify

extern const uint8_t _flash_image_end[], _flash_end[];

// The core fetches from this very flash: command and wait run in SRAM, with interrupts off.
static void __attribute__((noinline, section(".ramfunc")))
flash_command(volatile uint32_t *command, uint32_t value, uint32_t busy) {
    uint32_t state;
    __asm volatile("mrs %0, primask\n"
                   "cpsid i"
                   : "=r"(state)
                   :
                   : "memory");
    *command = value;
    while (*command & busy) {
    }
    __asm volatile("msr primask, %0" : : "r"(state) : "memory");
}

uint32_t hal_flash_begin(void) {
    uint32_t end = (uint32_t)_flash_image_end;
    return (end + HAL_FLASH_SECTOR - 1) & ~(HAL_FLASH_SECTOR - 1u);
}

uint32_t hal_flash_end(void) {
    uint32_t end = (uint32_t)_flash_end;
    return end < hal_flash_begin() ? hal_flash_begin() : end;
}

static bool in_range(uint32_t address, size_t len) {
    return address >= hal_flash_begin() && address <= hal_flash_end() && len <= hal_flash_end() - address;
}

bool hal_flash_erase(uint32_t address) {
    if (address % HAL_FLASH_SECTOR != 0 || !in_range(address, HAL_FLASH_SECTOR)) {
        return false;
    }
    FLASH_FCMISC = ERASE_FAULTS;
    FLASH_FMA = address;
    flash_command(&FLASH_FMC, FMC_ERASE, 2);
    return (FLASH_FCRIS & ERASE_FAULTS) == 0;
}

bool hal_flash_write(uint32_t address, const uint8_t *src, size_t len) {
    if (!in_range(address, len)) {
        return false;
    }
    while (len != 0) {
        uint32_t line = address & ~(LINE - 1u);
        uint32_t offset = address - line;
        uint32_t n = LINE - offset < len ? LINE - offset : len;
        // Only words that hold new bytes are written; 0xFF leaves its neighbours alone.
        FLASH_FCMISC = WRITE_FAULTS;
        FLASH_FMA = line;
        for (uint32_t word = offset / 4; word < (offset + n + 3) / 4; word++) {
            uint8_t bytes[4] = {0xFF, 0xFF, 0xFF, 0xFF};
            for (uint32_t i = 0; i < 4; i++) {
                uint32_t at = 4 * word + i;
                if (at >= offset && at < offset + n) {
                    bytes[i] = src[at - offset];
                }
            }
            uint32_t value;
            memcpy(&value, bytes, 4);
            FLASH_FWB(word) = value;
        }
        flash_command(&FLASH_FMC2, FMC2_START, 1);
        if (FLASH_FCRIS & WRITE_FAULTS) {
            return false;
        }
        address += n;
        src += n;
        len -= n;
    }
    return true;
}
