import Foundation

/// The README, as its blocks of code.
struct Readme {
    /// A block of code.
    struct Block {
        /// What stands behind the opening fence: `console`, `yaml`, `swift`, `sh`.
        let language: String
        /// Its lines.
        let lines: [String]

        /// Whether it starts a coordinator.
        var startsCluster: Bool { lines.contains { $0.hasPrefix("$ troupe coordinator") } }

        /// The commands of a console block, each with what it prints.
        var commands: [(arguments: [String], output: String)] {
            var commands: [(arguments: [String], output: String)] = []
            for line in lines {
                if line.hasPrefix("$ troupe ") {
                    commands.append((line.dropFirst("$ troupe ".count).split(separator: " ").map(String.init), ""))
                } else if !commands.isEmpty {
                    commands[commands.count - 1].output += line + "\n"
                }
            }
            return commands
        }
    }

    /// The repository that the tests were built from.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The blocks, in order.
    let blocks: [Block]

    /// Reads it.
    init() throws {
        let text = try String(contentsOf: Self.repository.appendingPathComponent("README.md"), encoding: .utf8)
        var blocks: [Block] = []
        var open: (language: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(Block(language: block.language, lines: block.lines))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        self.blocks = blocks
    }

    /// The blocks of a language, in order.
    func blocks(_ language: String) -> [Block] { blocks.filter { $0.language == language } }
}
