#include "link_flow.h"

#define CREDITS_INITIAL (2)
#define CREDITS_RESERVE (2) // protects the commands
#define MIN_TX_INITIAL  (1536)

static link_status_t status;

void link_flow_reset(void) {
    status = (link_status_t){.credits = CREDITS_INITIAL, .min_tx = MIN_TX_INITIAL};
}

void link_flow_apply(const link_header_t *header) {
    status.credits = header->credits;
    status.dev_status = header->dev_status;
    status.tx_failure = header->tx_failure;
    status.nonblocking = header->nonblocking;
    if (header->min_tx != 0) { // it is a divisor
        status.min_tx = header->min_tx;
    }
}

int link_flow_cost(unsigned sd, int32_t nbytes) {
    if (nbytes < 0) {
        return nbytes == LINK_UNASKED && status.credits > 0;
    }
    if (nbytes > 0 && status.tx_failure >> (sd & LINK_SOCKET_MASK) & 1) {
        return LINK_E_TX_FAIL;
    }
    int cost = nbytes > 0 ? 1 + (nbytes - 1) / status.min_tx : 1;
    // A receive request may take the last one above the reserve, a send may not.
    int needed = nbytes > 0 ? cost : 0;
    return status.credits > CREDITS_RESERVE + needed ? cost : LINK_E_CREDITS;
}

void link_flow_take(unsigned credits) {
    status.credits -= credits;
}

const link_status_t *link_status(void) {
    return &status;
}
