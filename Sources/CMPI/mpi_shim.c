#include "CMPI.h"
#include "places.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if MARTLET_MPI
#include <mpi.h>

static MPI_Comm world = MPI_COMM_NULL;
static double limit = 25;
static int own_rank = 0, rank_count = 1;

// What ranks tell each other beside the work.
enum { NOTICE = 7 };
typedef struct {
    int32_t kind, unused;
    mk_mpi_place place;
} notice;
// What was heard of each rank.
static notice *heard;
// What was sent last, while MPI may still read it.
static notice sent[2];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static void rest(long nanoseconds) {
    struct timespec pause = {0, nanoseconds};
    nanosleep(&pause, NULL);
}

int mk_mpi_is_built(void) { return 1; }

static void tell_all(int kind, notice *message) {
    message->kind = kind;
    message->place = *mk_own_place();
    for (int rank = 0; rank < rank_count; rank++) {
        MPI_Request request;
        if (rank == own_rank) continue;
        if (MPI_Isend(message, sizeof *message, MPI_BYTE, rank, NOTICE, world, &request) == 0) MPI_Request_free(&request);
    }
}

// Takes notices. Returns how many ranks are heard of.
static int listen(void) {
    int there = 1;
    while (MPI_Iprobe(MPI_ANY_SOURCE, NOTICE, world, &there, MPI_STATUS_IGNORE) == 0 && there) {
        MPI_Status status;
        notice message;
        if (MPI_Recv(&message, sizeof message, MPI_BYTE, MPI_ANY_SOURCE, NOTICE, world, &status)) break;
        heard[status.MPI_SOURCE] = message;
    }
    int count = 0;
    for (int rank = 0; rank < rank_count; rank++) count += rank != own_rank && heard[rank].kind != MK_MPI_SILENT;
    return count;
}

void mk_mpi_call_roll(double seconds, int32_t *answers) {
    tell_all(MK_MPI_WAITS, &sent[0]);
    heard[own_rank] = sent[0];
    double end = now() + seconds;
    while (listen() < rank_count - 1 && now() < end) rest(1000000);
    for (int rank = 0; rank < rank_count; rank++) answers[rank] = heard[rank].kind;
}

int mk_mpi_place_of(int32_t rank, mk_mpi_place *place) {
    if (heard[rank].kind != MK_MPI_SILENT) {
        *place = heard[rank].place;
        return 1;
    }
    return mk_copy_place(rank, place);
}

// The others wait for a rank that ends with an error, and are ended with it. One that ends well waits for the others: they may
// have to hear that it is at its end.
static void finish_process(int status, void *unused) {
    (void)unused;
    int ended = 0;
    MPI_Finalized(&ended);
    if (ended) return;
    if (status) mk_mpi_abort(status);
    mk_own_place()->state = MK_PLACE_ENDED;
    tell_all(MK_MPI_HAS_ENDED, &sent[1]);
    double end = now() + limit;
    while (1) {
        int others = 0;
        listen();
        for (int rank = 0; rank < rank_count; rank++) others += rank != own_rank && heard[rank].kind == MK_MPI_HAS_ENDED;
        if (others == rank_count - 1) break;
        if (now() > end) {
            fprintf(stderr, "error: rank %d has ended, and others have not within %.0f s.\n", own_rank, limit);
            mk_mpi_abort(1);
        }
        rest(200000);
    }
    MPI_Finalize();
}

static int share_places(void) {
    MPI_Comm machine;
    MPI_Win window;
    void *own;
    int code, count;
    if ((code = MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine))) return code;
    MPI_Comm_size(machine, &count);
    if ((code = MPI_Win_allocate_shared(sizeof(mk_mpi_place), 1, MPI_INFO_NULL, machine, &own, &window))) return code;
    memset(own, 0, sizeof(mk_mpi_place));
    int32_t *ranks = malloc(count * sizeof *ranks);
    mk_mpi_place **places = malloc(count * sizeof *places);
    int32_t rank = own_rank;
    if (!ranks || !places) return MPI_ERR_NO_MEM;
    if ((code = MPI_Allgather(&rank, 1, MPI_INT32_T, ranks, 1, MPI_INT32_T, machine))) return code;
    for (int neighbour = 0; neighbour < count; neighbour++) {
        MPI_Aint size;
        int unit;
        if ((code = MPI_Win_shared_query(window, neighbour, &size, &unit, &places[neighbour]))) return code;
    }
    // The window stays until the process ends: the places are needed to the last.
    mk_set_places(own_rank, rank_count, count, ranks, places);
    return MPI_Barrier(machine);
}

int mk_mpi_start(int32_t *rank, int32_t *size) {
    int started = 0, given, code;
    MPI_Initialized(&started);
    if (!started && (code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given))) return code;
    if (world == MPI_COMM_NULL) {
        // A communicator of our own: a program's messages and ours do not meet.
        if ((code = MPI_Comm_dup(MPI_COMM_WORLD, &world))) return code;
        MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
        MPI_Comm_rank(world, &own_rank);
        MPI_Comm_size(world, &rank_count);
        if (!(heard = calloc(rank_count, sizeof *heard))) return MPI_ERR_NO_MEM;
        if ((code = share_places())) return code;
        on_exit(finish_process, NULL);
    }
    *rank = own_rank;
    *size = rank_count;
    return 0;
}

void mk_mpi_abort(int32_t code) {
    mk_own_place()->state = MK_PLACE_SAID;
    MPI_Abort(MPI_COMM_WORLD, code);
    _exit(code);
}

void mk_mpi_set_limit(double seconds) { limit = seconds; }

// Waits, at most so long that a rank which hangs is found out. The first that finds out calls the roll. A rank that has ended
// will not come; what it sent before may still be on its way.
static int finish(MPI_Request *request) {
    double start = now(), end = start + limit;
    int has_heard = 0;
    for (long tries = 0;; tries++) {
        int done = 0, code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (code || done) return code;
        // Where there are more ranks than cores, the one that is waited for needs this one.
        if (tries > 256) sched_yield();
        if (tries % 1024 != 1023) continue;
        double time = now();
        if (!has_heard && listen() > 0) {
            has_heard = 1;
            for (int rank = 0; rank < rank_count; rank++) {
                if (rank != own_rank && heard[rank].kind == MK_MPI_WAITS) return MK_MPI_TIMEOUT;
            }
            if (time + 1 < end) end = time + 1;
        }
        if (time > end) return MK_MPI_TIMEOUT;
        if (time > start + 0.002) rest(20000);
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
void mk_mpi_call_roll(double seconds, int32_t *answers) { (void)seconds; answers[0] = MK_MPI_WAITS; }
int mk_mpi_place_of(int32_t rank, mk_mpi_place *place) { return mk_copy_place(rank, place); }
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
