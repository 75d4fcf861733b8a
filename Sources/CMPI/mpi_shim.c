#include "CMPI.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if MARTLET_MPI
#include <mpi.h>

static MPI_Comm world = MPI_COMM_NULL;
static double limit = 25;

int mk_mpi_is_built(void) { return 1; }

// The others wait for a rank that ends with an error, and are ended with it.
static void finish_process(int status, void *unused) {
    (void)unused;
    int ended = 0;
    MPI_Finalized(&ended);
    if (ended) return;
    if (status) MPI_Abort(MPI_COMM_WORLD, status);
    MPI_Finalize();
}

int mk_mpi_start(int32_t *rank, int32_t *size) {
    int started = 0, given, code;
    MPI_Initialized(&started);
    if (!started && (code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given))) return code;
    if (world == MPI_COMM_NULL) {
        // A communicator of our own: a program's messages and ours do not meet.
        if ((code = MPI_Comm_dup(MPI_COMM_WORLD, &world))) return code;
        MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
        on_exit(finish_process, NULL);
    }
    int r = 0, n = 1;
    MPI_Comm_rank(world, &r);
    MPI_Comm_size(world, &n);
    *rank = r;
    *size = n;
    return 0;
}

void mk_mpi_abort(int32_t code) { MPI_Abort(MPI_COMM_WORLD, code); }

void mk_mpi_set_limit(double seconds) { limit = seconds; }

// Waits, at most so long that a rank which hangs is found out.
static int finish(MPI_Request *request) {
    struct timespec start, now, pause = {0, 20000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long tries = 0;; tries++) {
        int done = 0, code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (code || done) return code;
        if (tries % 1024 != 1023) continue;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double waited = (now.tv_sec - start.tv_sec) + 1e-9 * (now.tv_nsec - start.tv_nsec);
        if (waited > limit) return MK_MPI_TIMEOUT;
        if (waited > 0.002) nanosleep(&pause, NULL);
    }
}

int mk_mpi_gather_equal(const void *source, void *target, int32_t count) {
    MPI_Request request;
    int code = MPI_Iallgather(source, count, MPI_BYTE, target, count, MPI_BYTE, world, &request);
    return code ? code : finish(&request);
}

int mk_mpi_gather(const void *source, void *target, const int32_t *counts, const int32_t *places, int32_t rank) {
    MPI_Request request;
    int code = MPI_Iallgatherv(source, counts[rank], MPI_BYTE, target, counts, places, MPI_BYTE, world, &request);
    return code ? code : finish(&request);
}

int mk_mpi_exchange(
    const void *source, const int32_t *source_counts, const int32_t *source_places, void *target,
    const int32_t *target_counts, const int32_t *target_places) {
    MPI_Request request;
    int code = MPI_Ialltoallv(
        source, source_counts, source_places, MPI_BYTE, target, target_counts, target_places, MPI_BYTE, world, &request);
    return code ? code : finish(&request);
}

void mk_mpi_error_text(int code, char *text, size_t size) {
    char all[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    if (code == MK_MPI_TIMEOUT) {
        snprintf(text, size, "no answer within %.0f s", limit);
        return;
    }
    MPI_Error_string(code, all, &length);
    snprintf(text, size, "%s", all);
}
#else
int mk_mpi_is_built(void) { return 0; }
int mk_mpi_start(int32_t *rank, int32_t *size) { *rank = 0; *size = 1; return 0; }
void mk_mpi_abort(int32_t code) { exit(code); }
void mk_mpi_set_limit(double seconds) { (void)seconds; }
int mk_mpi_gather_equal(const void *source, void *target, int32_t count) {
    memcpy(target, source, (size_t)count);
    return 0;
}
int mk_mpi_gather(const void *source, void *target, const int32_t *counts, const int32_t *places, int32_t rank) {
    memcpy((char *)target + places[rank], source, (size_t)counts[rank]);
    return 0;
}
int mk_mpi_exchange(
    const void *source, const int32_t *source_counts, const int32_t *source_places, void *target,
    const int32_t *target_counts, const int32_t *target_places) {
    (void)target_counts;
    memcpy((char *)target + target_places[0], (const char *)source + source_places[0], (size_t)source_counts[0]);
    return 0;
}
void mk_mpi_error_text(int code, char *text, size_t size) {
    (void)code;
    snprintf(text, size, "built without MPI");
}
#endif
