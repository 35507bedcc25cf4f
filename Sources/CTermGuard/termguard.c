#include "CTermGuard.h"
void termguard_restore(void) {}
