/* Covers: fork wait4 */
/* Many processes: in a row, at once, in depth, in a tree, as zombies, each with memory of its own. */
#include "processes.h"

static pid_t children[200];

static void in_a_row(void) {
    pid_t last = 0;
    int same = 0, sum = 0;
    for (int i = 0; i < 500; i++) {
        pid_t made;
        CHILD(made) _exit(i & 0x7f);
        sum += WEXITSTATUS(status_of(made));
        same += made == last;
        last = made;
    }
    say("500 in a row: sum %d, the same number twice in a row %d times", sum, same);
}
static void at_once(void) {
    int sum = 0, twice = 0;
    gate door = make_gate();
    for (int i = 0; i < 200; i++) CHILD(children[i]) {
        pass(door);
        _exit(i & 0x7f);
    }
    for (int i = 0; i < 200; i++)
        for (int j = 0; j < i; j++) twice += children[i] == children[j];
    for (int i = 0; i < 200; i++) let(door);
    for (int i = 0; i < 200; i++) {
        int status;
        wait(&status);
        sum += WEXITSTATUS(status);
    }
    say("200 at once: sum %d, numbers twice %d", sum, twice);
    SHOW(wait(NULL));
}
static int chain(int depth) {
    pid_t made;
    volatile char frame[2000];
    frame[0] = depth;
    if (depth == 0) return 0;
    CHILD(made) _exit(chain(depth - 1));
    return WEXITSTATUS(status_of(made)) + (frame[0] == depth);
}
static int tree(int depth) {
    int sum = 1;
    pid_t made[2];
    if (depth == 0) return 1;
    for (int i = 0; i < 2; i++) CHILD(made[i]) _exit(tree(depth - 1));
    for (int i = 0; i < 2; i++) sum += WEXITSTATUS(status_of(made[i]));
    return sum;
}
static void zombies(void) {
    int sum = 0;
    for (int i = 0; i < 150; i++) CHILD(children[i]) _exit(i);
    for (int i = 0; i < 150; i++) waitid(P_PID, children[i], NULL, WEXITED | WNOWAIT);
    pid_t made;
    CHILD(made) {
        SHOW(wait(NULL)); /* its parent's are none of its */
    }
    reap("while there are 150", made);
    for (int i = 149; i >= 0; i--) sum += WEXITSTATUS(status_of(children[i])) == i;
    say("zombies %d", sum);
    SHOW(wait(NULL));
}
/* Each writes its part of memory that all began with; some run while others are made. */
static void memory(void) {
    enum { pages = 512 };
    int wrong = 0;
    unsigned *at = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < pages; i++) at[i * 1024] = i;
    for (int n = 0; n < 12; n++) {
        CHILD(children[n]) {
            unsigned seed = n * 2654435761u + 1;
            for (int i = 0; i < 3000; i++) {
                seed = seed * 1103515245 + 12345;
                at[(seed >> 16) % pages * 1024 + 1 + n] = seed;
            }
            int bad = 0;
            for (int i = 0; i < pages; i++) {
                bad += at[i * 1024] != (unsigned)(i + (i < n ? 5000 : 0)); /* as of when it was made */
                for (int other = 0; other < 12; other++) bad += other != n && at[i * 1024 + 1 + other] != 0;
            }
            _exit(bad != 0);
        }
        at[n * 1024] += 5000; /* the parent goes on writing */
    }
    for (int n = 0; n < 12; n++) wrong += status_of(children[n]) != 0;
    for (int i = 0; i < pages; i++) wrong += at[i * 1024] != (unsigned)(i + (i < 12 ? 5000 : 0));
    say("memory wrong %d", wrong);
    munmap(at, pages * 4096);
}
/* A dozen generations, each of which dies when its child lives; the last sees all that was written. */
static void generations(void) {
    int ends[2];
    char words[64] = "", got[64] = "";
    pipe(ends);
    pid_t made;
    CHILD(made) {
        for (int i = 0; i < 12; i++) {
            pid_t next;
            words[i] = 'a' + i;
            CHILD(next) break;
            if (next) _exit(0);
        }
        write(ends[1], words, strlen(words));
        _exit(0);
    }
    status_of(made);
    close(ends[1]);
    for (long count, length = 0; (count = read(ends[0], got + length, 63 - length)) > 0;) length += count;
    say("generations: %s", got);
    close(ends[0]);
    int orphans = 0;
    while (wait(NULL) > 0) orphans++;
    say("orphans %d", orphans);
}
static void executing(void) {
    int sum = 0;
    for (int i = 0; i < 60; i++) {
        pid_t made = i % 2 ? fork() : vfork();
        if (made == 0) {
            execl("/proc/self/exe", "self", "exit", NULL);
            _exit(1);
        }
        children[i % 4] = made;
        if (i % 4 == 3) for (int j = 0; j < 4; j++) sum += WEXITSTATUS(status_of(children[j]));
    }
    say("executed: sum %d", sum);
}
/* Signals to many. */
static void killing(void) {
    int count = 0;
    for (int i = 0; i < 100; i++) {
        CHILD(children[i]) for (;;) pause();
        setpgid(children[i], children[0]);
    }
    SHOW(kill(-children[0], SIGSTOP));
    int status;
    for (int i = 0; i < 100; i++) waitpid(children[i], &status, WUNTRACED), count += WIFSTOPPED(status);
    say("stopped %d", count);
    SHOW(kill(-children[0], SIGTERM));
    SHOW(waitpid(children[7], NULL, WNOHANG));
    SHOW(kill(-children[0], SIGCONT));
    count = 0;
    for (int i = 0; i < 100; i++) count += WTERMSIG(status_of(children[i])) == SIGTERM;
    say("ended %d", count);
}

int main(int count, char **arguments) {
    if (count > 1) return 2;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    in_a_row();
    at_once();
    say("chain %d", chain(60));
    say("tree %d", tree(6));
    zombies();
    memory();
    generations();
    executing();
    killing();
    return 0;
}
