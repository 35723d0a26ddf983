// Generated from protocol.json by `python -m cc32at.gen`: do not edit.
#ifndef FIRMWARE_LINK_PROTOCOL_H
#define FIRMWARE_LINK_PROTOCOL_H

// clang-format off

#define OP_DEVICE_INIT_COMPLETE    (0x0008u)
#define OP_DEVICE_ABORT            (0x000cu)
#define OP_DEVICE_DUMMY            (0x0063u)
#define OP_SOCKET_RECV_DONE        (0x100au)
#define OP_SOCKET_RECVFROM_DONE_V4 (0x100bu)
#define OP_SOCKET_RECVFROM_DONE_V6 (0x120bu)
#define OP_SOCKET_EV_ASYNC         (0x100fu)

// Events that complete the operation of a command.
#define OP_COMPLETIONS \
    0x0073u, /* DEVICE_STOP_DONE */ \
    0x1003u, /* SOCKET_ACCEPT_DONE_V4 */ \
    0x1006u, /* SOCKET_CONNECT_DONE */ \
    0x1007u, /* SOCKET_SELECT_DONE */ \
    0x100au, /* SOCKET_RECV_DONE */ \
    0x100bu, /* SOCKET_RECVFROM_DONE_V4 */ \
    0x1010u, /* SOCKET_CLOSE_DONE */ \
    0x1203u, /* SOCKET_ACCEPT_DONE_V6 */ \
    0x120bu, /* SOCKET_RECVFROM_DONE_V6 */ \
    0x1820u, /* NETAPP_DNS_BY_NAME_DONE_V4 */ \
    0x1822u, /* NETAPP_PING_REPORT */ \
    0x1835u, /* NETAPP_HOST_BY_SERVICE_DONE_V4 */ \
    0x187bu, /* NETAPP_RECEIVE */ \
    0x1a20u, /* NETAPP_DNS_BY_NAME_DONE_V6 */ \
    0x1a35u, /* NETAPP_HOST_BY_SERVICE_DONE_V6 */ \
    0x30c1u /* NETUTIL_CMD_DONE */

#define SYNC_OUT       (0x12344321u)
#define READ_REQUEST   (0x56788765u)
#define SYNC_IN        (0xabcddcbcu)
#define SYNC_IN_NO_SEQ (0xabcddcbau)
#define SYNC_MASK      (0x7fff7f7fu)

#define NWP_MAX_SOCKETS                            (16u)
#define NWP_SOCKET_ID_MASK                         (31u)
#define NWP_SOCKET_TYPE_RAW_TRANSCEIVER            (128u)
#define NWP_RESPONSE_SPECIFIC_HEADER_SIZE          (8u)
#define NWP_SYNC_TIMEOUT_MS                        (50u)
#define NWP_TIMEOUT_SHORT_MS                       (10000u)
#define NWP_ASYNC_MAX_PAYLOAD_WITH_REQUEST_HANDLER (1600u)
#define NWP_RECV_MAX_LEN_DOCUMENTED                (16000u)
#define NWP_FLOW_RESERVED_CREDITS                  (2u)
#define NWP_FLOW_INITIAL_CREDITS                   (2u)
#define NWP_FLOW_INITIAL_MIN_TX_PAYLOAD            (1536u)

#endif
