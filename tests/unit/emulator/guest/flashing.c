// Erasing and programming the on-chip flash, from RAM.
#include "guest.h"

#define SECTOR  0x010F0000u
#define CTRL(o) REG(FLASH_CTRL + (o))
#define RAMFUNC __attribute__((section(".ramfunc"), long_call, noinline))

RAMFUNC static void erase(uint32_t address) {
    CTRL(0x14) = 0xA01;
    CTRL(0) = address;
    CTRL(8) = 0xA4420002;
    while (CTRL(8) & 2) {
    }
}

RAMFUNC static void program(uint32_t address, const uint32_t *words, uint32_t count) {
    CTRL(0x14) = 0x2601;
    CTRL(0) = address & ~0x7Fu;
    for (uint32_t i = 0; i < count; i++) {
        REG(FLASH_CTRL + 0x100 + ((address + 4 * i) & 0x7F)) = words[i];
    }
    result[8] = CTRL(0x30);
    CTRL(0x20) = 0xA4420001;
    while (CTRL(0x20) & 1) {
    }
}

RAMFUNC static void word(uint32_t address, uint32_t value, uint32_t key) {
    CTRL(0x14) = 0x2601;
    CTRL(0) = address;
    CTRL(4) = value;
    CTRL(8) = key | 1;
}

RAMFUNC static uint32_t call(uint32_t address) {
    return ((uint32_t(*)(void))(address | 1))();
}

int main(void) {
    static const uint32_t data[] = {0x11112222, 0x33334444, 0x55556666};
    static const uint32_t return_5 = 0x47702005; // movs r0, #5; bx lr
    static const uint32_t return_9 = 0x47702009;
    erase(SECTOR + 12);
    result[0] = REG(SECTOR);
    program(SECTOR + 8, data, 3);
    result[1] = REG(SECTOR + 8);
    result[2] = REG(SECTOR + 16);
    result[3] = CTRL(0xC) & 0x2601;
    program(SECTOR + 8, (const uint32_t[]){0xF1112222}, 1); // a bit from 0 to 1
    result[4] = CTRL(0xC) & 0x2601;
    result[5] = REG(SECTOR + 8);
    word(SECTOR + 64, 0xCAFEF00D, 0x12340000); // wrong key
    result[6] = REG(SECTOR + 64);
    word(SECTOR + 64, 0xCAFEF00D, 0xA4420000);
    result[7] = REG(SECTOR + 64);
    word(SECTOR + 128, return_5, 0xA4420000); // code, run, rewritten and run again
    result[9] = call(SECTOR + 128);
    erase(SECTOR);
    word(SECTOR + 128, return_9, 0xA4420000);
    result[10] = call(SECTOR + 128);
    word(0x20000000, 1, 0xA4420000);
    result[11] = CTRL(0xC) & 1;
    return 0;
}
