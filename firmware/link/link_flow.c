// The wire tells only how many credits there are in all, so who has them out is counted here. A socket whose
// peer does not read would otherwise have them all: a share is what the others leave, and they keep a frame
// each. What is missing besides what is out by the count is nobody's (what a closed socket still sends, the
// NWP's own): it is as if it did not exist.
#include <string.h>

#include "link_flow.h"
#include "protocol.h"

#define CREDITS_RESERVE ((int)NWP_FLOW_RESERVED_CREDITS) // protects the commands
#define CREDITS_KEPT    (1)    // no send takes the last one above the reserve: that is for a receive request
#define FULL_FRAME      (4096) // bytes: the longest payload of an AT command
#define TRANSCEIVER     NWP_SOCKET_TYPE_RAW_TRANSCEIVER // in a descriptor, above the id

static link_status_t status;

static struct {
    uint32_t open;
    uint16_t ids; // of the open sockets; 0 as long as nobody has said which are open
    uint16_t streams;
    uint8_t sockets; // number of `ids`
    uint8_t top;     // the most credits seen since the start
    uint8_t counted; // sum of `out`
    uint8_t out[LINK_SOCKETS];
    uint32_t sends;
    uint32_t last_send[LINK_SOCKETS]; // in `sends`
} flow;

void link_flow_reset(void) {
    status = (link_status_t){
        .credits = NWP_FLOW_INITIAL_CREDITS,
        .min_tx = NWP_FLOW_INITIAL_MIN_TX_PAYLOAD,
    };
    memset(&flow, 0, sizeof(flow));
    flow.open = ~0u;
}

// Open sockets

static unsigned id_of(unsigned sd) {
    return sd & (LINK_SOCKETS - 1);
}

static bool is_stream(unsigned sd) {
    return sd < LINK_SOCKETS && flow.streams >> sd & 1;
}

bool link_flow_is_open(unsigned sd) {
    unsigned bit = sd < LINK_SOCKETS                           ? sd
                   : (sd & ~(LINK_SOCKETS - 1)) == TRANSCEIVER ? sd - TRANSCEIVER + 16
                                                               : 32;
    return bit < 32 && flow.open >> bit & 1;
}

void link_sockets(uint32_t open, uint16_t streams) {
    flow.open = open;
    flow.ids = open | open >> 16;
    flow.streams = streams;
    flow.sockets = 0;
    for (unsigned id = 0; id < LINK_SOCKETS; id++) {
        if (flow.ids >> id & 1) {
            flow.sockets++;
        } else {
            flow.counted -= flow.out[id];
            flow.out[id] = 0;
        }
    }
}

// Shares

static unsigned cost_of(int32_t nbytes) {
    return nbytes > 0 ? 1 + (nbytes - 1) / status.min_tx : 1;
}

// What all sockets together can have out.
static unsigned pool(void) {
    unsigned all = status.credits + flow.counted;
    return all > CREDITS_RESERVE + CREDITS_KEPT ? all - CREDITS_RESERVE - CREDITS_KEPT : 0;
}

// What every open socket can have out whatever the others do: a full frame, as long as there is one for each.
static unsigned frame(void) {
    unsigned full = cost_of(FULL_FRAME);
    unsigned each = flow.sockets > 0 ? pool() / flow.sockets : full;
    return each > full ? full : each > 0 ? each : 1;
}

// What a socket can have out: what the others leave, who have or keep a frame each, but at least that frame.
static unsigned share(unsigned id) {
    unsigned least = frame();
    unsigned others = 0;
    for (uint32_t left = flow.ids & ~(1u << id), i = 0; left != 0; left >>= 1, i++) {
        if (left & 1) {
            others += flow.out[i] > least ? flow.out[i] : least;
        }
    }
    unsigned all = pool();
    return all > others + least ? all - others : least;
}

static bool has_room(unsigned sd, unsigned cost) {
    unsigned left = status.credits - (CREDITS_RESERVE + CREDITS_KEPT + cost);
    if (flow.sockets < 2 || left >= (flow.sockets - 1) * cost_of(FULL_FRAME)) {
        return true;
    }
    unsigned out = flow.out[id_of(sd)];
    // What cannot be cut may always go alone.
    return out + cost <= share(id_of(sd)) || (out == 0 && !is_stream(sd));
}

// Whose credits came back: of the sockets below their share the one that has sent last, else of all.
static unsigned giver(void) {
    unsigned best = LINK_SOCKETS;
    bool best_below = false;
    for (unsigned id = 0; id < LINK_SOCKETS; id++) {
        if (flow.out[id] == 0) {
            continue;
        }
        bool below = flow.out[id] < share(id);
        bool later = best < LINK_SOCKETS && (int32_t)(flow.last_send[id] - flow.last_send[best]) > 0;
        if (best == LINK_SOCKETS || below > best_below || (below == best_below && later)) {
            best = id;
            best_below = below;
        }
    }
    return best;
}

// The NWP has told a new number of credits.
static void count(unsigned credits) {
    unsigned rise = credits > status.credits ? credits - status.credits : 0;
    status.credits = credits;
    if (credits >= flow.top) {
        flow.top = credits;
        if (flow.counted > 0) {
            flow.counted = 0;
            memset(flow.out, 0, sizeof(flow.out));
        }
        return;
    }
    unsigned back = rise < flow.counted ? rise : flow.counted;
    flow.counted -= back;
    while (back > 0) {
        unsigned id = giver();
        unsigned n = back < flow.out[id] ? back : flow.out[id];
        flow.out[id] -= n;
        back -= n;
    }
}

void link_flow_apply(const link_header_t *header) {
    status.dev_status = header->dev_status;
    status.tx_failure = header->tx_failure;
    status.nonblocking = header->nonblocking;
    if (header->min_tx != 0) { // it is a divisor
        status.min_tx = header->min_tx;
    }
    count(header->credits);
}

int link_flow_cost(unsigned sd, int32_t nbytes) {
    if (nbytes < 0) {
        return nbytes == LINK_UNASKED && status.credits > 0;
    }
    if (nbytes == 0) {
        return status.credits > CREDITS_RESERVE ? 1 : LINK_E_CREDITS;
    }
    if (status.tx_failure >> (sd & LINK_SOCKET_MASK) & 1) {
        return LINK_E_TX_FAIL;
    }
    unsigned cost = cost_of(nbytes);
    return status.credits > CREDITS_RESERVE + cost && has_room(sd, cost) ? (int)cost : LINK_E_CREDITS;
}

int32_t link_room(unsigned sd, int32_t nbytes) {
    if (nbytes > 0 && is_stream(sd)) {
        int32_t most = share(sd) * status.min_tx;
        nbytes = nbytes < most ? nbytes : most;
    }
    int cost = link_flow_cost(sd, nbytes);
    return cost < 0 ? cost : nbytes;
}

void link_flow_take(unsigned sd, unsigned credits) {
    unsigned id = id_of(sd);
    status.credits -= credits;
    flow.counted += credits;
    flow.out[id] += credits;
    flow.last_send[id] = ++flow.sends;
}

const link_status_t *link_status(void) {
    return &status;
}
