// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "WordCount",
    targets: [.executableTarget(name: "wordcount")]
)
