// UARTA0 with its rings: the AT port, and the REPL's terminal while that runs.
#ifndef CC3220_HAL_CONSOLE_H
#define CC3220_HAL_CONSOLE_H

#include "../link/atline.h"
#include "uart.h"

#define CONSOLE_BAUD (115200)

extern uart_t console;
extern atline_t console_line; // who reads it, and where in a line that is

// What has come is looked at, and echoed if that is on. Whether there is something for a reader:
// console_ready() tells it without an echo. Then console_patience_ms() without a byte may change it.
bool console_poll(void);
bool console_ready(void);
uint32_t console_patience_ms(void);

size_t console_read(uint8_t *dst, size_t len);     // what the line discipline gives, at most len
size_t console_read_raw(uint8_t *dst, size_t len); // what is there, for the prompts; ends the line discipline
void console_unget(const uint8_t *src, size_t len); // in front of that again; ends the line discipline
void console_drop(void);                            // what has come and is not read

void console_open(volatile int *stop_char, void (*on_stop)(void));

#endif // CC3220_HAL_CONSOLE_H
