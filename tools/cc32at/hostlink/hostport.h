// The port of firmware/link on a PC: every call goes to a function of the host program.
#ifndef CC32AT_HOSTLINK_HOSTPORT_H
#define CC32AT_HOSTLINK_HOSTPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _host_port_t {
    void (*open)(void);
    void (*close)(void);
    void (*power)(bool on);
    bool (*shutdown_ready)(void);
    void (*write)(const void *buf, size_t len);
    void (*read)(void *buf, size_t len);
    bool (*irq)(void);
    void (*irq_unmask)(void);
    uint32_t (*ticks_ms)(void);
    uint32_t (*idle)(uint32_t ms, uint32_t mask);
    bool (*pending_break)(void);
} host_port_t;

// The table is kept, not copied.
void host_port_set(const host_port_t *port);

#endif
