#pragma once

// Asks the processor to bring the cache line of an address near; any address will do, also none.
static inline void candela_will_use(const void *place) { __builtin_prefetch(place, 0, 3); }
