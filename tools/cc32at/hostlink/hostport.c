#include "hostport.h"
#include "link_port.h"

static const host_port_t *host;

void host_port_set(const host_port_t *port) {
    host = port;
}

void link_port_open(void) {
    host->open();
}

void link_port_close(void) {
    host->close();
}

void link_port_power_off(void) {
    host->power(false);
}

void link_port_power_on(void) {
    host->power(true);
}

bool link_port_shutdown_ready(void) {
    return host->shutdown_ready();
}

void link_port_write(const void *buf, size_t len) {
    host->write(buf, len);
}

void link_port_read(void *buf, size_t len) {
    host->read(buf, len);
}

bool link_port_irq(void) {
    return host->irq();
}

void link_port_irq_unmask(void) {
    host->irq_unmask();
}

uint32_t link_port_ticks_ms(void) {
    return host->ticks_ms();
}

uint32_t link_port_idle(uint32_t ms, uint32_t mask) {
    return host->idle(ms, mask);
}

bool link_port_break(void) {
    return host->pending_break();
}
