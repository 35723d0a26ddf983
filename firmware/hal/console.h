// UARTA0 with its rings: the AT port, and the REPL's terminal while that runs.
#ifndef CC3220_HAL_CONSOLE_H
#define CC3220_HAL_CONSOLE_H

#include "uart.h"

#define CONSOLE_BAUD (115200)

extern uart_t console;

void console_open(volatile int *stop_char, void (*on_stop)(void));

#endif // CC3220_HAL_CONSOLE_H
