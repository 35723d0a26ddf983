// The prompt on the AT port.
#ifndef CC3220_REPL_H
#define CC3220_REPL_H

typedef enum {
    REPL_TO_AT,  // Ctrl-D, or a line for the AT application, which is in the input again
    REPL_TO_RAW, // Ctrl-A
    REPL_RESET,  // the program asked for a soft reset
} repl_exit_t;

repl_exit_t repl_friendly(void);

#endif // CC3220_REPL_H
