#include "places.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static mk_mpi_place alone;
static mk_mpi_place *own = &alone;
static int32_t own_rank = 0, rank_count = 1, place_count = 0;
static int32_t *rank_of;
static mk_mpi_place **place_of;

mk_mpi_place *mk_own_place(void) { return own; }
mk_mpi_place *mk_mpi_own_place(void) { return own; }

int mk_copy_place(int32_t rank, mk_mpi_place *place) {
    for (int index = 0; index < place_count; index++) {
        if (rank_of[index] != rank) continue;
        *place = *place_of[index];
        // It may be written meanwhile.
        place->function[sizeof place->function - 1] = place->work[sizeof place->work - 1] = 0;
        place->tensor[sizeof place->tensor - 1] = 0;
        return 1;
    }
    return 0;
}

// From here on: what a signal handler may do.

typedef struct {
    char text[1024];
    size_t length;
} line;

static void add(line *line, const char *text) {
    while (*text && line->length < sizeof line->text - 1) line->text[line->length++] = *text++;
}

static void add_number(line *line, int64_t number) {
    char digits[24];
    int place = sizeof digits - 1;
    digits[place] = 0;
    do { digits[--place] = '0' + number % 10; } while ((number /= 10) > 0 && place > 0);
    add(line, digits + place);
}

// Whether a process is gone, or waits for its parent to take note of that.
static int is_dead(int32_t process) {
    char text[512];
    line name = {"", 0};
    add(&name, "/proc/");
    if (kill(process, 0) != 0 && errno == ESRCH) return 1;
    add_number(&name, process);
    add(&name, "/stat");
    name.text[name.length] = 0;
    int file = open(name.text, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    // The state follows the name, which is in brackets and may have some in it.
    for (ssize_t place = count - 1; place > 1; place--) {
        if (text[place - 2] == ')' && text[place - 1] == ' ') return text[place] == 'Z' || text[place] == 'X';
    }
    return 0;
}

// Says which rank of this machine has died without a word, if one has. Whether one has died, with or without a word.
static int tell_of_death(void) {
    int has_died = 0;
    for (int index = 0; index < place_count; index++) {
        mk_mpi_place *place = place_of[index];
        if (place == own || place->state == MK_PLACE_ENDED) continue;
        if (place->state == MK_PLACE_SAID) {
            has_died = 1;
            continue;
        }
        if (place->process == 0 || !is_dead(place->process)) continue;
        has_died = 1;
        int32_t expected = 0;
        // One of the others says it for all.
        if (!__atomic_compare_exchange_n(
                &place->state, &expected, MK_PLACE_SAID, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
        mk_mpi_place last;
        mk_copy_place(rank_of[index], &last);
        line line = {"", 0};
        add(&line, "error: Step ");
        add_number(&line, last.step);
        if (last.function[0]) add(&line, ", "), add(&line, last.function);
        add(&line, ": rank "), add_number(&line, rank_of[index]), add(&line, " of "), add_number(&line, rank_count);
        add(&line, " (process "), add_number(&line, place->process), add(&line, ") has died while it ");
        add(&line, last.work[0] ? last.work : "began");
        if (last.tensor[0]) add(&line, ", at the tensor \""), add(&line, last.tensor), add(&line, "\"");
        add(&line, ". All ranks end.\n");
        ssize_t written = write(STDERR_FILENO, line.text, line.length);
        (void)written;
    }
    return has_died;
}

// What the signal did before ours, and below the program's.
static struct sigaction before, above;

static void pass_on(const struct sigaction *action, int number, siginfo_t *info, void *context) {
    // After a death no step can end. Those whom the launcher ends with it are not to be told of.
    if (tell_of_death()) {
        own->state = MK_PLACE_SAID;
        _exit(128 + number);
    }
    if (action->sa_flags & SA_SIGINFO) {
        action->sa_sigaction(number, info, context);
    } else if (action->sa_handler == SIG_DFL) {
        own->state = MK_PLACE_SAID;
        signal(number, SIG_DFL);
        raise(number);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, number);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    } else if (action->sa_handler != SIG_IGN) {
        action->sa_handler(number);
    }
}

// The launcher ends this rank.
static void end_below(int number, siginfo_t *info, void *context) {
    int code = errno;
    pass_on(&before, number, info, context);
    errno = code;
}

// The same above a handler of the program, which may come and go.
static void end_above(int number, siginfo_t *info, void *context) {
    int code = errno;
    pass_on(&above, number, info, context);
    errno = code;
}

static void install(struct sigaction *kept, void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, kept);
}

void mk_set_places(int32_t rank, int32_t all, int32_t count, int32_t *ranks, mk_mpi_place **places) {
    own_rank = rank;
    rank_count = all;
    rank_of = ranks;
    place_of = places;
    for (int index = 0; index < count; index++) {
        if (ranks[index] == rank) own = places[index];
    }
    own->process = getpid();
    place_count = count;
    install(&before, end_below);
}

void mk_mpi_watch(void) {
    struct sigaction now;
    if (place_count < 2 || sigaction(SIGTERM, NULL, &now) != 0) return;
    if ((now.sa_flags & SA_SIGINFO) && (now.sa_sigaction == end_below || now.sa_sigaction == end_above)) return;
    install(&above, end_above);
}
