// Power of the network processor.
#ifndef CC3220_HAL_NWPPOWER_H
#define CC3220_HAL_NWPPOWER_H

#include <stdbool.h>

void nwp_power_off(void); // takes up to 0.6 s when the processor is running
void nwp_power_on(void);  // its first message comes hundreds of milliseconds later
bool nwp_shutdown_ready(void);

#endif // CC3220_HAL_NWPPOWER_H
