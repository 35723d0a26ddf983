// What each received header says, and the transmit credits (nwp-protocol.md 4.1, 4.2).
#ifndef FIRMWARE_LINK_LINK_FLOW_H
#define FIRMWARE_LINK_LINK_FLOW_H

#include "link.h"
#include "link_io.h"

void link_flow_reset(void);
void link_flow_apply(const link_header_t *header);

// Credits for link_post(): how many it takes, or an error.
int link_flow_cost(unsigned sd, int32_t nbytes);
void link_flow_take(unsigned sd, unsigned credits);

bool link_flow_is_open(unsigned sd);

#endif
