"""Runs one of python's own test modules, and writes a line for each test: its outcome, its name, and why it was
left out. `Scripts/test-python` runs it natively and as a unikernel, and compares the lines.

Usage: run_module.py MODULE SECONDS EXCLUSIONS      (such as test_os)

The lines go to standard output; what tests print themselves goes to standard error. A test that wants a network
is skipped at that point, with this as its reason: both sides stop at the same place, and what the module tests
besides is compared.
"""

import errno
import faulthandler
import fcntl
import fnmatch
import importlib
import os
import sys
import traceback
import unittest

module, limit = sys.argv[1], float(sys.argv[2])
with open(sys.argv[3], encoding="utf-8") as file:
    rules = [line.strip()[len("not-run "):].partition(": ") for line in file if line.startswith("not-run ")]

# Far above what tests open and close.
report = os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 500), "w", encoding="utf-8", errors="backslashreplace")
os.dup2(2, 1)
errors = os.dup(2)
os.chdir("/tmp")
# Says where it stands before the machine is stopped from outside.
faulthandler.dump_traceback_later(limit, exit=True, file=errors)


class Missing(unittest.SkipTest, OSError):
    """Skips the test; an OSError for those who can do without."""

    def __init__(self, reason, number):
        OSError.__init__(self, number, os.strerror(number))
        self.reason = reason

    def __str__(self):
        return self.reason


def refuse(name, reason, number):
    def refusal(*arguments, **named):
        raise Missing(reason, number)

    refusal.__name__ = refusal.__qualname__ = name
    return refusal


def without_network():
    import socket

    class LocalSocket(socket.socket):
        __slots__ = ()

        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            if fileno is None and family != socket.AF_UNIX:
                raise Missing("needs a network", errno.EAFNOSUPPORT)
            super().__init__(family, type, proto, fileno)

    LocalSocket.__name__ = LocalSocket.__qualname__ = "socket"
    socket.socket = LocalSocket
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo"):
        setattr(socket, name, refuse(name, "needs a network", errno.EAFNOSUPPORT))


def line(text):
    """One line of text that is the same in each run: addresses, process numbers and times are not."""
    return " ".join(str(text).split())


class Result(unittest.TestResult):
    def say(self, outcome, test, reason=""):
        report.write(f"{outcome} {line(test.id())}{': ' if reason else ''}{line(reason)}\n")
        report.flush()

    def explain(self, test, failure):
        sys.stderr.flush()
        text = f"\n{test.id()}:\n{self._exc_info_to_string(failure, test)}\n"
        os.write(errors, text.encode("utf-8", "backslashreplace"))

    def startTest(self, test):
        super().startTest(test)
        os.write(errors, f"{test.id()}\n".encode("utf-8", "backslashreplace"))

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("skip", test, reason)

    def addExpectedFailure(self, test, failure):
        self.say("expected-failure", test)

    def addUnexpectedSuccess(self, test):
        self.say("unexpected-success", test)

    def addFailure(self, test, failure):
        self.say("fail", test)
        self.explain(test, failure)

    def addError(self, test, failure):
        self.say("error", test)
        self.explain(test, failure)

    def addSubTest(self, test, subtest, failure):
        if failure is not None:
            self.say("fail" if issubclass(failure[0], test.failureException) else "error", subtest)
            self.explain(subtest, failure)


def leave_out(suite):
    """Skips the tests that are not to be run, with the reason that stands there."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            leave_out(test)
            continue
        reason = next((rule[2] for rule in rules if fnmatch.fnmatchcase(test.id(), rule[0])), None)
        if reason is not None:
            setattr(test, test._testMethodName, unittest.skip(reason)(lambda: None))


def main():
    without_network()
    from test import support
    from test.support import os_helper

    # No resource such as network, largefile or cpu; quiet, as `python3 -m test` is.
    support.use_resources = ()
    support.verbose = 0
    support.record_original_stdout(sys.stdout)
    result = Result()

    def run(suite):
        leave_out(suite)
        suite.run(result)

    # What a module's own `test_main` calls, by test.support.run_unittest.
    support._run_suite = run
    with os_helper.temp_cwd("work"):
        try:
            tests = importlib.import_module(f"test.{module}")
            if hasattr(tests, "test_main"):
                tests.test_main()
            else:
                loader = unittest.TestLoader()
                suite = loader.loadTestsFromModule(tests)
                for problem in loader.errors:
                    os.write(errors, problem.encode("utf-8", "backslashreplace"))
                run(suite)
        except unittest.SkipTest as reason:
            report.write(f"skip test.{module}: {line(reason)}\n")
        except BaseException as error:
            report.write(f"error test_main: {line(repr(error))}\n")
            os.write(errors, traceback.format_exc().encode("utf-8", "backslashreplace"))
    faulthandler.cancel_dump_traceback_later()
    report.write(f"end {result.testsRun}\n")
    report.flush()


main()
# Threads that a test forgot don't keep the machine.
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
