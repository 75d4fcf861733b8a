#pragma once
#include <stddef.h>
#include <stdint.h>

// What MartletDistributed needs of MPI, whose constants are macros. Functions that return an int return 0, or a code whose text
// mk_mpi_error_text gives. Without MPI (the trait of this name) none but mk_mpi_is_built does anything.

/// The code of a wait that ended without an answer.
#define MK_MPI_TIMEOUT (-77)

/// What a rank is at, for a message about it. Ranks of one machine see each other's in shared memory.
typedef struct {
    /// Its process.
    int32_t process;
    /// 0, 1 when it has ended, 2 when it has said why it ends all.
    int32_t state;
    /// The step, 0 before the first one.
    int64_t step;
    /// The step's function.
    char function[96];
    /// What it does: "computes its shards".
    char work[96];
    /// The path of the tensor that it is at.
    char tensor[256];
} mk_mpi_place;

/// What a rank answered to a roll call.
enum { MK_MPI_SILENT = 0, MK_MPI_WAITS = 1, MK_MPI_HAS_ENDED = 2 };

/// Whether the library was built with MPI.
int mk_mpi_is_built(void);
/// Begins, where that has not been done yet. It ends with the process; where that ends with an error, so do all ranks.
int mk_mpi_start(int32_t *rank, int32_t *size);
/// Ends the processes of all ranks, of which this one has said why.
void mk_mpi_abort(int32_t code);
/// How long a rank waits for the others, in seconds.
void mk_mpi_set_limit(double seconds);
/// Where this rank notes what it is at.
mk_mpi_place *mk_mpi_own_place(void);
/// Sees to it that a rank's death is told of. The launcher then ends the others with SIGTERM: the first one on a machine that
/// gets it says which rank died, and where. To be called before each step, since programs set handlers of their own.
void mk_mpi_watch(void);
/// Asks all ranks whether they wait, too, and says within `seconds` what each answered.
void mk_mpi_call_roll(double seconds, int32_t *answers);
/// What a rank is at: as it answered, or as far as this machine's memory tells. 0 where nothing is known.
int mk_mpi_place_of(int32_t rank, mk_mpi_place *place);
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
