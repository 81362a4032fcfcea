public import Tensors

/// Which bytes a program's run needs, what for and when.
public struct MemoryPlan: Sendable, CustomStringConvertible {
    /// A part of the arena that is taken for some time.
    public struct Buffer: Sendable, Hashable {
        /// The first byte, counted from the arena's.
        public var offset: Int
        /// As many bytes as were asked for, rounded up to whole cache lines of 64.
        public var byteCount: Int
        /// The numbers of the first and the last item between which it is taken.
        public var items: ClosedRange<Int>
    }

    /// Something that is done while it runs: a node, or a chain of element-wise nodes.
    public struct Item: Sendable, Hashable {
        /// How many loops are around.
        public var depth: Int
        /// What is done.
        public var operation: String
        /// The types of what goes in and what comes out.
        public var types: String
    }

    /// What is done, in order; a loop is followed by what is inside it.
    public let items: [Item]
    /// What is taken, in the order in which it is.
    public let buffers: [Buffer]
    /// The bytes of the arena: the end of the buffer that reaches furthest.
    public let arenaByteCount: Int
    /// What one run allocates: the arena, the registers of chains, and tables of addresses.
    public let runByteCount: Int
    /// What all runs share.
    public let constantByteCount: Int
    /// What goes in and what comes out.
    public let portByteCount: Int

    init(
        items: [Item],
        buffers: [Buffer],
        arenaByteCount: Int,
        runByteCount: Int,
        constantByteCount: Int,
        portByteCount: Int
    ) {
        self.items = items
        self.buffers = buffers
        self.arenaByteCount = arenaByteCount
        self.runByteCount = runByteCount
        self.constantByteCount = constantByteCount
        self.portByteCount = portByteCount
    }

    /// Compiles a program to see what it needs.
    ///
    /// - Throws: `ExecutionError.limit` or `.memory` when the program breaks a limit.
    public init(of program: Program, limits: ExecutionLimits = ExecutionLimits()) throws(ExecutionError) {
        let outline = Outline()
        let compiled = try CompiledProgram(program, limits: limits, outline: outline)
        let last = max(0, outline.items.count - 1)
        items = outline.items.map { Item(depth: $0.depth, operation: $0.operation, types: $0.types) }
        buffers = compiled.lifetimes.map {
            Buffer(offset: $0.offset, byteCount: $0.byteCount, items: $0.from...($0.to ?? last))
        }
        arenaByteCount = compiled.plan.arenaByteCount
        runByteCount = compiled.arenaByteCount
        constantByteCount = compiled.plan.constantByteCount
        portByteCount = (program.inputs + program.outputs).map(\.type.byteCount).reduce(0, +)
    }

    /// A table of what is done, one of the buffers, and the sums.
    public var description: String {
        var steps = TextTable([.number("item"), .words("operation"), .words("types")])
        for (number, item) in items.enumerated() {
            steps.append(["\(number)", String(repeating: "  ", count: item.depth) + item.operation, item.types])
        }
        var places = TextTable([
            .number("offset"), .number("bytes"), .number("from item"), .number("to item"), .words("taken for"),
        ])
        for buffer in buffers {
            places.append([
                "\(buffer.offset)", "\(buffer.byteCount)", "\(buffer.items.lowerBound)", "\(buffer.items.upperBound)",
                items.isEmpty ? "" : items[buffer.items.lowerBound].operation,
            ])
        }
        var sums = TextTable([.words("memory"), .number("bytes")])
        sums.append(["arena", "\(arenaByteCount)"])
        sums.append(["registers and addresses", "\(runByteCount - arenaByteCount)"])
        sums.append(["constants", "\(constantByteCount)"])
        sums.append(["inputs and outputs", "\(portByteCount)"])
        sums.append(["total", "\(runByteCount + constantByteCount + portByteCount)"])
        return [steps.text, places.text, sums.text].joined(separator: "\n\n")
    }
}
