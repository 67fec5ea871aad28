// A static Swift program: arrays, dictionaries, strings, arguments, an error and an exit status.
import Glibc

struct Refused: Error { let name: String }

func greet(_ name: String) throws(Refused) -> String {
    guard name != "nobody" else { throw Refused(name: name) }
    return "hello \(name)"
}

var lengths: [String: Int] = [:]
for argument in CommandLine.arguments.dropFirst() { lengths[argument] = argument.count }
for (word, length) in lengths.sorted(by: { $0.key < $1.key }) { print("\(word): \(length)") }
let squares = (1...1000).map { $0 * $0 }
print("sum of squares \(squares.reduce(0, +)), half \(Double(squares[9]) / 3)")
print((try? greet("unikernel")) ?? "refused")
do {
    print(try greet("nobody"))
} catch {
    print("refused: \(error.name)")
}
exit(7)
