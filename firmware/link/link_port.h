// What the link needs from the hardware. The port provides these functions (hal/lspi.c on the chip, the
// host library on a PC); firmware/link provides the rest.
#ifndef FIRMWARE_LINK_LINK_PORT_H
#define FIRMWARE_LINK_LINK_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reasons for which link_port_idle() returns. They are levels: a bit stays set while its reason lasts.
#define LINK_WAKE_NWP (0x01u) // link_port_irq() is true
#define LINK_WAKE_UART                                                                                       \
    (0x02u) // the console's line discipline has something for its reader, or a break was seen
#define LINK_WAKE_TX (0x04u) // the console's transmit ring is at most half full

#define LINK_FOREVER (0xffffffffu)

// The SPI block and the NWP's interrupt, which stays masked until link_port_power_on()
// (cc3220-hardware.md 4.3).
void link_port_open(void);
void link_port_close(void);

// Power sequences of the NWP (cc3220-hardware.md 4.1, 4.2). Powering off waits, for a bounded time, for an
// NWP that may be running; it masks the interrupt. Powering on unmasks it.
void link_port_power_off(void);
void link_port_power_on(void);

// True when NWP_LPDS_WAKEUP_CFG reads 0x20: power may be removed (nwp-protocol.md 1.3).
bool link_port_shutdown_ready(void);

// One transfer. `len` is a multiple of 4, `buf` need not be aligned. No limit but size_t: the port splits.
void link_port_write(const void *buf, size_t len);
void link_port_read(void *buf, size_t len);

// True while the NWP has a message for us and we are not reading one. It is told to look again, after a
// complete message was read, by the unmask.
bool link_port_irq(void);
void link_port_irq_unmask(void);

// Milliseconds, wrapping at 2^32.
uint32_t link_port_ticks_ms(void);

// Sleeps until a reason of `mask` is there or `ms` milliseconds have passed, without losing an interrupt
// between the test and the sleep. Returns the reasons of `mask` that are there now, maybe none: it may
// return early (whenever link_port_break() becomes true, for one). ms = 0 only looks, and echoes nothing.
// LINK_FOREVER has no limit.
uint32_t link_port_idle(uint32_t ms, uint32_t mask);

// True if mp_handle_pending() has something to do (KeyboardInterrupt, a scheduled callback): long waits end.
bool link_port_break(void);

#endif
