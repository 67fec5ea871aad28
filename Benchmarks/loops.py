# Five loops, CPU-bound and allocation-bound; prints "NAME MIN MEDIAN P90" in milliseconds for each.
import json, re, time


def recursion():
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
    return fibonacci(24)


def dictionary():
    words = {}
    for number in range(120000):
        key = "key %d" % (number % 30000)
        words[key] = words.get(key, 0) + number
    return len(words)


def objects():
    chains = []
    for number in range(60000):
        chains.append([number, (number, str(number)), {"next": chains[-1] if chains else None}])
        if number % 1000 == 0:
            chains = chains[-10:]
    return len(chains)


def text():
    document = json.dumps([{"id": n, "name": "item %d" % n, "tags": ["a", "b", str(n)]} for n in range(8000)])
    return len(json.loads(document)), len(re.findall(r"item (\d+)", document))


def numbers():
    value = 1
    for number in range(1, 2500):
        value *= number
    return value.bit_length(), sorted((number * 7919) % 100003 for number in range(100000))[5]


for loop in (recursion, dictionary, objects, text, numbers):
    times = []
    for _ in range(9):
        start = time.perf_counter()
        loop()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(loop.__name__, "%.2f %.2f %.2f" % (times[0], times[4], times[8]))
