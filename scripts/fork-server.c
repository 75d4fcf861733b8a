// For LD_PRELOAD: a command that waits before its `main`, and runs in a new copy of itself for each line of standard input.
// What the loader, the sanitizer and libraries do at the start is done once, which is most of the time of a short command;
// all else is as in a process of its own: memory, signals, limits, the exit code.
//
//     cc -shared -fPIC -O1 scripts/fork-server.c -o fork-server.so -ldl
//
// A line has the file for standard error and then the arguments, each followed by a tab; standard output goes to /dev/null.
// The answer on standard output is a line with the number of the process, and, when it has ended, one with its status as
// `waitpid` gives it. The processes of a server come one after the other.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 200 };

typedef int main_function(int, char **, char **);
static main_function *real_main;

static void opened_as(int number, const char *path, int flags) {
    int file = open(path, flags, 0600);
    if (file < 0) _exit(126);
    if (file != number) {
        dup2(file, number);
        close(file);
    }
}

static int served(int argc, char **argv, char **environment) {
    char *line = NULL, *words[MOST + 1] = {argv[0]};
    size_t room = 0;
    (void)argc;
    while (getline(&line, &room, stdin) > 0) {
        int count = 0;
        char *errors = strtok(line, "\t\n"), *rest = errors ? errors + strlen(errors) + 1 : NULL;
        // Arguments may be empty, which strtok would leave out.
        for (char *end; rest && count + 1 < MOST && (end = strchr(rest, '\t')); rest = end + 1) {
            *end = 0;
            words[++count] = rest;
        }
        words[count + 1] = NULL;
        pid_t child = fork();
        if (child == 0) {
            opened_as(0, "/dev/null", O_RDONLY);
            opened_as(1, "/dev/null", O_WRONLY);
            opened_as(2, errors, O_WRONLY | O_CREAT | O_TRUNC);
            // Swift reads its arguments from /proc otherwise.
            void (*set)(char **, int) = (void (*)(char **, int))dlsym(RTLD_DEFAULT, "_swift_stdlib_overrideUnsafeArgvArgc");
            if (set) set(words, count + 1);
            exit(real_main(count + 1, words, environment));
        }
        printf("%d\n", child);
        fflush(stdout);
        int status = 0;
        waitpid(child, &status, 0);
        printf("%d\n", status);
        fflush(stdout);
    }
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
