#pragma once
#include "include/CMPI.h"

// What the ranks of this machine are at, and what says so when one of them dies.

enum { MK_PLACE_ENDED = 1, MK_PLACE_SAID = 2 };

/// Where the ranks of this machine note what they are at: `count` of them, with their numbers.
void mk_set_places(int32_t own, int32_t all, int32_t count, int32_t *ranks, mk_mpi_place **places);
mk_mpi_place *mk_own_place(void);
/// 0 for a rank of another machine.
int mk_copy_place(int32_t rank, mk_mpi_place *place);
