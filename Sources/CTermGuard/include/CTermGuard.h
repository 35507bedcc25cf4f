#pragma once
void termguard_restore(void);
