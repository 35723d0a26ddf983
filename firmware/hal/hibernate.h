// The 3.3 V hibernate domain: slow registers, the RTC, and the two ways to leave the program.
#ifndef CC3220_HAL_HIBERNATE_H
#define CC3220_HAL_HIBERNATE_H

#include <stdint.h>

// Both wait the 200 us that the domain needs before it may be touched again.
uint32_t hib_read(uint32_t address);
void hib_write(uint32_t address, uint32_t value);

#endif // CC3220_HAL_HIBERNATE_H
