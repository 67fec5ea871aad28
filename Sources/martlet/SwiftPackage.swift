import Base
import Images
import LinuxABI
import LinuxHost

/// A folder with a Swift package, of which `swift build` makes the program.
struct SwiftPackage {
    private let folder: String
    private let swift: String
    /// `--product`
    private let product: String?

    /// `nil` where the path names no folder with a manifest.
    init?(at path: [UInt8], product: String?) throws(ImageFailure) {
        let manifest = path + Array("/Package.swift".utf8)
        guard (try? Host.status(of: manifest, .follow))?.kind == .regular else { return nil }
        guard let folder = String(validating: path, as: UTF8.self) else {
            throw ImageFailure(path, "is no name in UTF-8, which a Swift package's must be")
        }
        guard let swift = Host.executable(named: "swift") else {
            throw ImageFailure(
                path,
                "is a Swift package, and there is no 'swift' in PATH; install it from swift.org")
        }
        self.folder = folder
        self.swift = swift
        self.product = product
    }

    /// A program that was built, and folders of resources that it looks for beside itself.
    struct Product {
        let path: [UInt8]
        let resources: [[UInt8]]
    }

    /// Builds the product for release, with the standard library in it.
    func build() throws(ImageFailure) -> Product {
        let name: String
        if let product { name = product } else { name = try onlyExecutable() }
        let words = [
            "build", "--package-path", folder, "--configuration", "release",
            "--static-swift-stdlib", "--product", name,
        ]
        Descriptor.standardError.writeLine("martlet: building \(name) of \(folder)")
        _ = try output(words, "\(name) can't be built")
        let bin = try output(words + ["--show-bin-path"], "has no folder of products").last ?? ""
        let files = Array(bin.utf8)
        let names = (try? Host.names(inDirectory: files)) ?? []
        let program = files + [0x2f] + Array(name.utf8)
        guard Host.problem(with: program, for: .execution) == nil else {
            throw failure("\(name) is no program; name one with --product")
        }
        return Product(
            path: program,
            resources: names.filter { $0.suffix(10) == ArraySlice(".resources".utf8) }
                .map { files + [0x2f] + $0 })
    }
    private func onlyExecutable() throws(ImageFailure) -> String {
        let lines = try output(
            ["package", "--package-path", folder, "show-executables"], "can't be read")
        // "NAME", or "NAME (PACKAGE)" of another package.
        let names = lines.filter { !$0.isEmpty && !$0.contains(" ") }
        guard let first = names.first else { throw failure("has no program") }
        guard names.count == 1 else {
            throw failure(
                "has several programs, \(names.joined(separator: ", ")); name one with --product")
        }
        return first
    }

    /// The lines that swift prints; a failure shows them all.
    private func output(_ words: [String], _ problem: String) throws(ImageFailure) -> [String] {
        let command = try HostCommand(running: [swift] + words)
        guard command.succeeded else {
            command.show()
            throw failure("\(problem); what swift said is above")
        }
        return command.lines.map { String(decoding: $0, as: UTF8.self) }
    }
    private func failure(_ words: String) -> ImageFailure {
        ImageFailure(Array(folder.utf8), words)
    }
}

extension Contents {
    /// Builds the program of a Swift package's folder, and adds its resources; returns where it is, or `nil`
    /// where the path leads to no package.
    mutating func build(_ path: [UInt8]) throws(ImageFailure) -> [UInt8]? {
        guard let package = try SwiftPackage(at: path, product: product) else {
            guard product == nil else {
                throw ImageFailure(path, "is no Swift package, of which --product names a program")
            }
            return nil
        }
        let built = try package.build()
        files += built.resources
        return built.path
    }
}
