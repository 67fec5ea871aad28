// Counts the words of a large text: a static Swift program with dictionaries, strings and sorting.
import Glibc

struct Count {
    let word: Substring
    var occurrences: Int
    var firstLine: Int
}

func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { break }
        bytes.append(contentsOf: buffer[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}

guard CommandLine.arguments.count > 1, let text = contents(of: CommandLine.arguments[1]) else {
    print("usage: words FILE")
    exit(64)
}
var counts: [Substring: Count] = [:]
var lines = 0
for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    lines += 1
    for word in line.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
        counts[word, default: Count(word: word, occurrences: 0, firstLine: lines)].occurrences += 1
    }
}
let sorted = counts.values.sorted {
    ($1.occurrences, $0.word) < ($0.occurrences, $1.word)
}
print("\(lines) lines, \(text.utf8.count) bytes, \(text.count) characters, \(counts.count) words")
for count in sorted.prefix(200) {
    print("\(count.word): \(count.occurrences), first in line \(count.firstLine)")
}
let total = sorted.reduce(0) { $0 + $1.occurrences }
let mean = Double(total) / Double(max(1, counts.count))
print("mean \(mean), longest \(sorted.max { $0.word.count < $1.word.count }?.word ?? "")")
print("lowercased: \(Set(sorted.map { $0.word.lowercased() }).count)")
