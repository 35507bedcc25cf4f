#pragma once
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

// A home router that speaks UPnP IGD, as miniupnpc knows it.
struct candela_router {
    struct UPNPUrls urls;
    struct IGDdatas data;
    char inside[64];   // our address on its network
    char outside[64];  // its address on the other side; empty when it does not tell
};

// Looks for a connected router for at most twice so many milliseconds; 1 when there is one, which
// must be freed. `from` is the address to search from, or NULL.
//
// Routers of version 2 must answer to a search for version 1 (UPnP Device Architecture 1.1, section
// 1.3.3); those that do not get a search of their own. Each of miniupnpc's further searches would
// take as long again where there is no router.
static inline int candela_router_find(struct candela_router *router, int milliseconds,
                                      const char *from) {
    int error = 0;
    memset(router, 0, sizeof *router);
    static const char *const types[] = {
        "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "urn:schemas-upnp-org:device:InternetGatewayDevice:2", NULL};
    struct UPNPDev *devices = upnpDiscoverDevices(types, milliseconds, from, NULL,
                                                  UPNP_LOCAL_PORT_ANY, 0, 2, &error, 0);
    if (!devices) return 0;
#if MINIUPNPC_API_VERSION >= 18
    // 1: connected, 2: connected with an outside address of a private network.
    int kind = UPNP_GetValidIGD(devices, &router->urls, &router->data, router->inside,
                                sizeof router->inside, router->outside, sizeof router->outside);
    int isConnected = kind == 1 || kind == 2;
#else
    int kind = UPNP_GetValidIGD(devices, &router->urls, &router->data, router->inside,
                                sizeof router->inside);
    int isConnected = kind == 1;
#endif
    freeUPNPDevlist(devices);
    if (!isConnected) {
        if (kind != 0) FreeUPNPUrls(&router->urls);
        return 0;
    }
    return 1;
}

// Asks for the router's outside address, which stays empty when it does not tell.
static inline void candela_router_ask_outside(struct candela_router *router) {
    char outside[64] = "";
    int code = UPNP_GetExternalIPAddress(router->urls.controlURL, router->data.first.servicetype,
                                         outside);
    if (code != UPNPCOMMAND_SUCCESS) outside[0] = 0;
    outside[sizeof outside - 1] = 0;
    memcpy(router->outside, outside, sizeof outside);
}

// Maps a UDP port, or renews its lease; 0, or a code of UPnP (positive) or of miniupnpc (negative).
static inline int candela_router_map(struct candela_router *router, unsigned inside,
                                     unsigned outside, unsigned seconds) {
    char in[8], out[8], lease[16];
    snprintf(in, sizeof in, "%u", inside & 0xFFFF);
    snprintf(out, sizeof out, "%u", outside & 0xFFFF);
    snprintf(lease, sizeof lease, "%u", seconds);
    return UPNP_AddPortMapping(router->urls.controlURL, router->data.first.servicetype, out, in,
                               router->inside, "Candela", "UDP", NULL, lease);
}

// Removes the mapping of a UDP port; codes as above.
static inline int candela_router_unmap(struct candela_router *router, unsigned outside) {
    char out[8];
    snprintf(out, sizeof out, "%u", outside & 0xFFFF);
    return UPNP_DeletePortMapping(router->urls.controlURL, router->data.first.servicetype, out,
                                  "UDP", NULL);
}

static inline void candela_router_free(struct candela_router *router) {
    FreeUPNPUrls(&router->urls);
}

// What a code of UPnP means; NULL when miniupnpc does not know it.
static inline const char *candela_router_error(int code) { return strupnperror(code); }

// The state of the system's clock: 1 when something keeps it right, 0 when nothing does, -1 unknown.
// `error_us` is the largest error that the kernel believes in, in microseconds.
static inline int candela_clock_state(long *error_us) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int code = adjtimex(&state);
    if (code < 0) return -1;
    *error_us = state.maxerror;
    return code != TIME_ERROR && !(state.status & STA_UNSYNC);
}
