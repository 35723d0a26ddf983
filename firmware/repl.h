// The prompt on the AT port.
#ifndef CC3220_REPL_H
#define CC3220_REPL_H

#include <stdint.h>

#include "py/mpconfig.h"

typedef enum {
    REPL_TO_AT,  // Ctrl-D, or a line for the AT application, which is in the input again
    REPL_TO_RAW, // Ctrl-A
    REPL_RESET,  // the program asked for a soft reset
} repl_exit_t;

repl_exit_t repl_friendly(void);

// The raw prompt, and who came there by accident: noise and a host at another speed send Ctrl-A, too. Until a
// block of source has come whole it waits REPL_RAW_MS, and an AT line where a block is to begin ends it at
// once; both with a line that begins with #. After that it waits for ever.
#define REPL_RAW_MS (10000)
repl_exit_t repl_raw(void);
void repl_abandon(void); // an exception has left it

// What mp_hal_stdin_rx_chr() asks: how many ms it may wait; with 0, what to return instead of a byte; what to
// return for a byte.
#if MICROPY_HW_ENABLE_REPL
uint32_t repl_patience(void);
int repl_way_out(void);
int repl_sees(uint8_t c);
#else
#define repl_patience() (0xFFFFFFFFu)
#define repl_way_out()  (0)
#define repl_sees(c)    (c)
#endif

#endif // CC3220_REPL_H
