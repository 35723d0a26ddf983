#ifndef FIRMWARE_MODNWP_H
#define FIRMWARE_MODNWP_H

// Before the heap goes (soft reset): stops the NWP, so that nothing is received into buffers of the heap.
void nwp_deinit(void);

#endif
