// Tasks, task groups, actors, streams, sleeps and cancellation: the same lines on Linux and as a unikernel.
// Build: swiftc -O -parse-as-library -static-executable tasks.swift
actor Account {
    private var balance = 0
    private var history: [Int] = []
    func deposit(_ amount: Int) {
        balance += amount
        if amount % 1000 == 0 { history.append(amount) }
    }
    var summary: (Int, Int) { (balance, history.count) }
}

/// Keeps callers apart across suspension.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }
    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
    var count: Int { waiting.count }
}

func collatz(_ start: Int) -> Int {
    var (value, steps) = (start, 0)
    while value != 1 {
        value = value % 2 == 0 ? value / 2 : 3 * value + 1
        steps += 1
    }
    return steps
}

struct Refused: Error {}

@main
struct Main {
    static func groups() async {
        let longest = await withTaskGroup(of: (Int, Int).self) { group in
            for part in 0..<64 {
                group.addTask {
                    var best = (0, 0)
                    for start in (part * 1000 + 1)...(part * 1000 + 1000) {
                        let steps = collatz(start)
                        if steps > best.1 { best = (start, steps) }
                    }
                    return best
                }
            }
            var best = (0, 0)
            for await one in group where one.1 > best.1 || one.1 == best.1 && one.0 < best.0 {
                best = one
            }
            return best
        }
        print("group \(longest.0) \(longest.1)")
        do {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        if number == 7 { throw Refused() }
                        try await Task.sleep(nanoseconds: 30_000_000_000)
                        return number
                    }
                }
                for try await _ in group {}
            }
        } catch is Refused {
            print("group refused")
        } catch {
            print("group: \(error)")
        }
    }
    static func actors() async {
        let account = Account()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    for amount in 1...1000 { await account.deposit(amount) }
                }
            }
        }
        let summary = await account.summary
        print("actor \(summary.0) \(summary.1)")
        let gate = Gate()
        let passers = (0..<50).map { number in
            Task {
                await gate.pass()
                return number
            }
        }
        while await gate.count < 50 { await Task.yield() }
        await gate.open()
        var sum = 0
        for passer in passers { sum += await passer.value }
        print("gate \(sum)")
    }
    static func streams() async {
        let (numbers, input) = AsyncStream.makeStream(of: Int.self)
        let producers = (0..<4).map { part in
            Task.detached {
                for number in 0..<2500 {
                    input.yield(part * 2500 + number)
                    if number % 100 == 0 { try? await Task.sleep(nanoseconds: 100_000) }
                }
            }
        }
        Task {
            for producer in producers { await producer.value }
            input.finish()
        }
        var (count, sum) = (0, 0)
        for await number in numbers {
            count += 1
            sum += number
        }
        print("stream \(count) \(sum)")
    }
    static func sleeps() async {
        let clock = ContinuousClock()
        let elapsed = await clock.measure {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<200 { group.addTask { try? await Task.sleep(for: .milliseconds(50)) } }
            }
        }
        print("sleeps \(elapsed >= .milliseconds(50) && elapsed < .seconds(8))")
        let order = await withTaskGroup(of: Int.self) { group in
            for step in [3, 1, 2] {
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(150 * step))
                    return step
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        print("order \(order)")
        let sleeper = Task { try await Task.sleep(for: .seconds(30)) }
        sleeper.cancel()
        do {
            try await sleeper.value
            print("not cancelled")
        } catch {
            print("cancelled \(error is CancellationError)")
        }
    }
    static func values() async {
        async let left = (1...30).reduce(0, +)
        async let right = Task.detached(priority: .background) { (1...40).reduce(0, +) }.value
        print("async let \(await left + right)")
    }
    static func main() async {
        for _ in 0..<3 {
            await groups()
            await actors()
            await streams()
            await sleeps()
            await values()
        }
    }
}
