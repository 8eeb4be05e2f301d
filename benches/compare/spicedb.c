/* Calls SpiceDB, which is a shared library here, and times the calls from as near as a caller can be.
 *
 * It obeys commands on standard input and answers on standard output, all numbers little-endian as the machine has them:
 *
 *   command    u32 verb, u32 count, then as many requests as `count` says, each u32 length and bytes
 *   answer     u64 wall time and u64 CPU time of the process in nanoseconds, both of all calls together, then for each
 *              call u32 whether it was refused, u32 length and bytes: the response, or the text of the error
 *
 * The verbs are those of `enum verb`. START takes one request, the library's options as JSON, and answers with what the
 * library says; STOP takes one request without bytes; NOTHING and SPENT take none, whatever the count, and answer for none.
 * Requests are read before the clock starts, and answers written and freed after it stops.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum verb { START, STOP, NOTHING, WRITE_SCHEMA, WRITE_RELATIONSHIPS, CHECK_PERMISSION, SPENT, VERBS };

typedef char *start_function(const char *options);
typedef char *dispose_function(unsigned long long handle);
typedef void free_function(void *pointer);
typedef void call_function(unsigned long long handle, const void *request, int request_length, void **response,
                           int *response_length, char **error);

struct call {
    char *request;
    uint32_t request_length;
    void *response;
    int response_length;
    char *error;
};

static start_function *start;
static dispose_function *dispose;
static free_function *free_text, *free_bytes;
static call_function *functions[VERBS];
static unsigned long long handle;
static FILE *answers;

static void fail(const char *what)
{
    fprintf(stderr, "spicedb driver: %s\n", what);
    exit(1);
}

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL)
        fail(dlerror());
    return symbol;
}

static void load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail(dlerror());
    start = find(library, "spicedb_start");
    dispose = find(library, "spicedb_dispose");
    free_text = find(library, "spicedb_free");
    free_bytes = find(library, "spicedb_free_bytes");
    functions[WRITE_SCHEMA] = find(library, "spicedb_schema_write_schema");
    functions[WRITE_RELATIONSHIPS] = find(library, "spicedb_permissions_write_relationships");
    functions[CHECK_PERMISSION] = find(library, "spicedb_permissions_check_permission");
}

static uint64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Nothing where a command could begin is the end. */
static int read_number(uint32_t *number)
{
    return fread(number, sizeof *number, 1, stdin) == 1;
}

static uint32_t expect_number(void)
{
    uint32_t number;
    if (!read_number(&number))
        fail("a command ends too early");
    return number;
}

static void write_bytes(const void *bytes, size_t length)
{
    if (length > 0 && fwrite(bytes, length, 1, answers) != 1)
        fail("nobody reads the answers");
}

static void write_times(uint64_t wall_ns, uint64_t cpu_ns)
{
    write_bytes(&wall_ns, sizeof wall_ns);
    write_bytes(&cpu_ns, sizeof cpu_ns);
}

static void write_answer(uint32_t is_refused, const void *bytes, uint32_t length)
{
    write_bytes(&is_refused, sizeof is_refused);
    write_bytes(&length, sizeof length);
    write_bytes(bytes, length);
}

static struct call *read_calls(uint32_t count)
{
    struct call *calls = calloc(count ? count : 1, sizeof *calls);
    if (calls == NULL)
        fail("out of memory");
    for (uint32_t place = 0; place < count; place++) {
        struct call *call = &calls[place];
        call->request_length = expect_number();
        /* One byte more, which is zero: options are a C string. */
        call->request = calloc(call->request_length + 1, 1);
        if (call->request == NULL)
            fail("out of memory");
        if (call->request_length > 0 && fread(call->request, call->request_length, 1, stdin) != 1)
            fail("a request ends too early");
    }
    return calls;
}

/* The library's answer to START and STOP, which is JSON, its success and its handle included. */
static void answer_text(char *text)
{
    if (text == NULL)
        fail("the library says nothing");
    const char *found = strstr(text, "\"handle\":");
    if (found != NULL)
        handle = strtoull(found + strlen("\"handle\":"), NULL, 10);
    write_times(0, 0);
    write_answer(strstr(text, "\"success\":true") == NULL, text, (uint32_t)strlen(text));
    free_text(text);
}

static void make_calls(call_function *function, struct call *calls, uint32_t count)
{
    uint64_t cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID), wall_ns = now(CLOCK_MONOTONIC);
    for (struct call *call = calls; call < calls + count; call++)
        function(handle, call->request, (int)call->request_length, &call->response, &call->response_length, &call->error);
    wall_ns = now(CLOCK_MONOTONIC) - wall_ns;
    cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;

    write_times(wall_ns, cpu_ns);
    for (struct call *call = calls; call < calls + count; call++) {
        if (call->error != NULL)
            write_answer(1, call->error, (uint32_t)strlen(call->error));
        else
            write_answer(0, call->response, (uint32_t)call->response_length);
        if (call->error != NULL)
            free_text(call->error);
        if (call->response != NULL)
            free_bytes(call->response);
    }
}

/* What a call into the library costs that finds nothing to do there. */
static void call_nothing(uint32_t count)
{
    uint64_t cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID), wall_ns = now(CLOCK_MONOTONIC);
    for (uint32_t place = 0; place < count; place++)
        free_bytes(NULL);
    wall_ns = now(CLOCK_MONOTONIC) - wall_ns;
    write_times(wall_ns, now(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns);
}

static void obey(uint32_t verb, uint32_t count)
{
    if (verb == NOTHING) {
        call_nothing(count);
        return;
    }
    if (verb == SPENT) {
        write_times(0, now(CLOCK_PROCESS_CPUTIME_ID));
        return;
    }
    if (verb >= VERBS || (verb <= STOP && count != 1))
        fail("no such command");
    struct call *calls = read_calls(count);
    if (verb == START)
        answer_text(start(calls->request));
    else if (verb == STOP)
        answer_text(dispose(handle));
    else
        make_calls(functions[verb], calls, count);
    for (uint32_t place = 0; place < count; place++)
        free(calls[place].request);
    free(calls);
}

int main(int count, char **arguments)
{
    if (count != 2)
        fail("usage: spicedb LIBRARY");
    /* Whatever the library prints goes to standard error. */
    answers = fdopen(dup(STDOUT_FILENO), "wb");
    if (answers == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        fail("no standard output");
    load(arguments[1]);
    uint32_t verb;
    while (read_number(&verb)) {
        obey(verb, expect_number());
        if (fflush(answers) != 0)
            fail("nobody reads the answers");
    }
    return 0;
}
