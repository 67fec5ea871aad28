"""Compares what run_module.py said natively and as a unikernel.

Usage: compare.py MODULE EXCLUSIONS NATIVE MARTLET COUNTS

Prints each difference; adds a line `PASSED FAILED SKIPPED` to COUNTS. Tests that agree are passed, also where both
fail; skips that agree are skipped.
"""

import collections
import fnmatch
import re
import sys

module, exclusions, native, martlet, counts = sys.argv[1:]


# Once a test asked for one of these, what else it and its threads say is left to chance.
missing = ("skip: needs a child process", "skip: needs a network")


def outcomes(path):
    """Each test's outcomes, and whether the module came to its end."""
    tests, ended = collections.defaultdict(list), False
    with open(path, encoding="utf-8", errors="backslashreplace") as file:
        for line in file:
            outcome, _, rest = line.rstrip("\n").partition(" ")
            if outcome == "end":
                ended = True
                continue
            name, colon, reason = rest.partition(": ") if outcome == "skip" else (rest, "", "")
            # Names of test files have the process's number.
            reason = re.sub(r"@test_\d+_tmp", "@test_N_tmp", reason)
            # Several threads of a test may each skip it.
            if outcome + colon + reason not in tests[name]:
                tests[name].append(outcome + colon + reason)
    for name, said in tests.items():
        tests[name] = [outcome for outcome in said if outcome in missing][:1] or said
    return tests, ended


class Exclusion:
    def __init__(self, kind, pattern, reason):
        self.kind, self.pattern, self.reason = kind, pattern, reason
        self.used, self.agreed = 0, 0


rules = []
with open(exclusions, encoding="utf-8") as file:
    for line in file:
        if line.startswith(("differs ", "unsteady ")):
            kind, _, rest = line.strip().partition(" ")
            pattern, _, reason = rest.partition(": ")
            if pattern.startswith(f"test.{module}."):
                rules.append(Exclusion(kind, pattern, reason))

(left, left_ended), (right, right_ended) = outcomes(native), outcomes(martlet)
passed = failed = skipped = both_fail = 0
for name in sorted(left | right):
    one, other = left.get(name, []), right.get(name, [])
    rule = next((rule for rule in rules if fnmatch.fnmatchcase(name, rule.pattern)), None)
    if rule is not None:
        rule.used += 1
        rule.agreed += one == other
        skipped += max(len(one), len(other))
        print(f"    left out: {name}: {rule.reason}")
        continue
    if one == other:
        for outcome in one:
            if outcome.startswith("skip"):
                skipped += 1
            else:
                passed += 1
                both_fail += outcome in ("fail", "error")
        if {"fail", "error"} & set(one):
            print(f"    fails natively too: {name}")
        continue
    failed += 1
    print(f"    differs: {name}: native {', '.join(one) or 'nothing'}; martlet {', '.join(other) or 'nothing'}")
for side, ended in ("native", left_ended), ("martlet", right_ended):
    if not ended:
        failed += 1
        print(f"    {side} did not come to the module's end")
for rule in rules:
    if not rule.used:
        failed += 1
        print(f"    there is no test {rule.pattern}, which is to be left out")
    elif rule.kind == "differs" and rule.used == rule.agreed:
        failed += 1
        print(f"    {rule.pattern} is to be left out, but agrees now")
print(f"{module}: {passed} agree, {failed} differ, {skipped} skipped" + (f" ({both_fail} fail natively too)" if both_fail else ""))
with open(counts, "a", encoding="utf-8") as file:
    file.write(f"{passed} {failed} {skipped}\n")
