#define MICROPY_HW_BOARD_NAME "CC3220R"
#define MICROPY_HW_MCU_NAME   "CC3220R"

// What the AT application needs and no more: interpreter and heap share the SRAM.
#include "../boards/CC3220S_LAUNCHXL/mpconfig_small.h"
