// For LD_PRELOAD: a command that runs in a new copy of its process for each line of standard input. What the loader, the
// sanitizer and libraries do at the start, and what the command does the first time (tables, conformances, its own kernels), is
// done once, which is most of the time of a short command. All else is as in a process of its own: memory, signals, limits, the
// exit code.
//
//     cc -shared -fPIC -O1 scripts/fork-server.c -o fork-server.so -ldl
//
// A line has the word `here`, `copy` or `lap`, the file for standard error and then the arguments, each followed by a tab;
// standard output goes to /dev/null. The answer on standard output is a line `p` with the number of the process, and, when the
// command has ended, a line `s` with its status as `waitpid` gives it. The commands of a server come one after the other.
//
// With `here` the command runs in the process of the server itself: its copies have later what it left. In place of the end of
// the process the server then goes on, deeper on the stack. The command must leave no threads, or only those that start again
// in a copy. With `lap` it runs in a copy that takes the next commands, too, as long as they are laps and not more than LAPS:
// half of the time of a short command is that of making a copy and of giving its memory back. Signals, reports of the
// sanitizer and limits end that copy, and so its lap, as they end any other; what ends it between laps is a line `s` alone.
// A server of laps has no `copy`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// What a copy ends with that has answered for all its laps: no command does.
enum { MOST = 200, LAPS = 25, ANSWERED = 77 };

typedef int main_function(int, char **, char **);
static main_function *real_main;
static char **real_environment;
static FILE *lines, *answers;
static int runs_here, laps;

static void opened_as(int number, const char *path, int flags) {
    int file = open(path, flags, 0600);
    if (file < 0) _exit(126);
    if (file != number) {
        dup2(file, number);
        close(file);
    }
}

// A stream for what the standard stream `number` was.
static FILE *taken(int number, const char *mode) {
    int file = fcntl(number, F_DUPFD_CLOEXEC, 100);
    FILE *stream = file < 0 ? NULL : fdopen(file, mode);
    if (!stream) _exit(126);
    return stream;
}

// Sets Swift's `CommandLine.arguments`, which has been read from `main`'s by now.
static void set_arguments(int count, char **words) {
    typedef struct { unsigned long word[2]; } text;
    typedef struct { void *array; text *texts; } texts;
    // What these are called where `swiftc` calls them: numbers and addresses go and come as in C.
    texts (*array_of)(long, void *) =
        (texts (*)(long, void *))dlsym(RTLD_DEFAULT, "$ss27_allocateUninitializedArrayySayxG_BptBwlF");
    text (*text_of)(const char *) = (text (*)(const char *))dlsym(RTLD_DEFAULT, "$sSS7cStringSSSPys4Int8VG_tcfC");
    void (*set)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "$ss11CommandLineO9argumentsSaySSGvsZ");
    void *type = dlsym(RTLD_DEFAULT, "$sSSN");
    if (!array_of || !text_of || !set || !type) _exit(125);
    texts made = array_of(count, type);
    for (int i = 0; i < count; i++) made.texts[i] = text_of(words[i]);
    set(made.array);
}

static void answer(char kind, int number) {
    fprintf(answers, "%c %d\n", kind, number);
    fflush(answers);
}

static void run(int count, char **words, const char *errors) {
    opened_as(2, errors, O_WRONLY | O_CREAT | O_TRUNC);
    set_arguments(count + 1, words);
    // Where the command goes on after its end, too, `exit` is the one below.
    exit(real_main(count + 1, words, real_environment));
}

static void serve(char *name) {
    for (;;) {
        char *line = NULL, *words[MOST + 1] = {name};
        size_t room = 0;
        if (getline(&line, &room, lines) <= 0) _exit(0);
        int count = 0, part = 0;
        char *place = NULL, *errors = NULL;
        // Arguments may be empty, which strtok would leave out.
        for (char *rest = line, *end; count + 1 < MOST && (end = strchr(rest, '\t')); rest = end + 1, part++) {
            *end = 0;
            if (part == 0) place = rest;
            else if (part == 1) errors = rest;
            else words[++count] = rest;
        }
        if (!errors) _exit(126);
        words[count + 1] = NULL;
        int is_lap = !strcmp(place, "lap");
        runs_here = !strcmp(place, "here");
        if (laps > 0 && !is_lap) _exit(125);
        if (runs_here || laps > 0) {
            answer('p', getpid());
            run(count, words, errors);
        }
        pid_t child = fork();
        if (child == 0) {
            laps = is_lap;
            if (is_lap) answer('p', getpid());
            run(count, words, errors);
        }
        if (!is_lap) answer('p', child);
        int status = 0;
        waitpid(child, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != ANSWERED) answer('s', status);
        free(line);
    }
}

// The end of a command, also where the command itself calls it.
void exit(int code) {
    if (runs_here || laps > 0) {
        answer('s', (code & 0xff) << 8);
        if (!runs_here && laps++ == LAPS) _exit(ANSWERED);
        serve("martlet");
    }
    void (*end)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");
    end(code);
    abort();
}

static int served(int argc, char **argv, char **environment) {
    (void)argc;
    real_environment = environment;
    lines = taken(0, "r");
    answers = taken(1, "w");
    opened_as(0, "/dev/null", O_RDONLY);
    opened_as(1, "/dev/null", O_WRONLY);
    serve(argv[0]);
    return 0;
}

int __libc_start_main(
    main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*ending)(void), void *end
) {
    typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    unsetenv("LD_PRELOAD");
    return start(served, argc, argv, init, fini, ending, end);
}
