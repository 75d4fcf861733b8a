#pragma once
#include <stddef.h>
#include <stdint.h>

// What MartletDistributed needs of MPI, whose constants are macros. Each function returns 0, or a code whose text
// mk_mpi_error_text gives. Without MPI (the trait of this name) none but mk_mpi_is_built does anything.

/// The code of a wait that ended without an answer.
#define MK_MPI_TIMEOUT (-77)

/// Whether the library was built with MPI.
int mk_mpi_is_built(void);
/// Begins, where that has not been done yet. It ends with the process; where that ends with an error, so do all ranks.
int mk_mpi_start(int32_t *rank, int32_t *size);
/// Ends the processes of all ranks.
void mk_mpi_abort(int32_t code);
/// How long a rank waits for the others, in seconds.
void mk_mpi_set_limit(double seconds);
/// Gathers `count` bytes of each rank on all.
int mk_mpi_gather_equal(const void *source, void *target, int32_t count);
/// Gathers `counts[rank]` bytes of each rank on all, at `places[rank]`.
int mk_mpi_gather(const void *source, void *target, const int32_t *counts, const int32_t *places, int32_t rank);
/// Sends each rank its part, and gets a part of each.
int mk_mpi_exchange(
    const void *source, const int32_t *source_counts, const int32_t *source_places, void *target,
    const int32_t *target_counts, const int32_t *target_places);
/// Writes what a code means, at most `size` bytes with a zero.
void mk_mpi_error_text(int code, char *text, size_t size);
