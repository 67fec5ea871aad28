// Counts the words of standard input, several tasks at once: `martlet run Examples/WordCount < README.md`.

actor Counter {
    private(set) var counts: [String: Int] = [:]
    func add(_ part: [String: Int]) { counts.merge(part, uniquingKeysWith: +) }
}

var lines: [String] = []
while let line = readLine() { lines.append(line) }

let counter = Counter()
await withTaskGroup(of: Void.self) { group in
    for start in stride(from: 0, to: lines.count, by: 100) {
        let part = lines[start..<min(start + 100, lines.count)]
        group.addTask {
            var counts: [String: Int] = [:]
            for word in part.joined(separator: "\n").split(whereSeparator: { !$0.isLetter }) {
                counts[word.lowercased(), default: 0] += 1
            }
            await counter.add(counts)
        }
    }
}
let most = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 10 : 10
let sorted = await counter.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
for (word, count) in sorted.prefix(most) {
    print(count, word)
}
