// A button makes an LED follow it, by an edge interrupt; another port by level.
#include "guest.h"

#define PORT(o) REG(GPIOA1 + (o))
#define BUTTON  0x20u
#define LED     0x02u

volatile uint32_t edges;

static void on_gpio(void) {
    PORT(0x41C) = BUTTON;
    edges++;
    PORT(LED << 2) = PORT(BUTTON << 2) ? LED : 0;
}

int main(void) {
    clock_on(0x58);
    PORT(0x400) = LED;
    PORT(0x408) = BUTTON; // both edges
    PORT(0x41C) = BUTTON;
    PORT(0x410) = BUTTON;
    handlers[16 + 1] = on_gpio;
    irq_enable(1);
    irq_on();
    PORT(0xFF << 2) = 0xFD; // only the output takes it
    result[0] = PORT(0xFF << 2);
    result[1] = 1;
    for (;;) {
        wfi();
    }
}
