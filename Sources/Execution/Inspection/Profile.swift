public import Tensors

/// How long each part of a program takes on this machine.
public struct Profile: Sendable, CustomStringConvertible {
    /// A node, or a chain of element-wise nodes.
    public struct Row: Sendable, Hashable {
        /// How many loops are around.
        public var depth: Int
        /// What is done.
        public var operation: String
        /// The types of what goes in and what comes out.
        public var types: String
        /// How often it is done in a run.
        public var count: Int
        /// All its times in a run, without what is inside it: the median of the runs, in microseconds.
        public var microseconds: Double
    }

    /// The parts in order; a loop is followed by what is inside it.
    public let rows: [Row]
    /// How many runs there were.
    public let runs: Int
    /// The median of whole runs, in microseconds. Taking the times costs some 0.1 µs for each time that something is done.
    public let microseconds: Double

    /// Runs a program, once to warm up and then as often as asked, and takes the time of each part.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - inputs: One value for each input; see `Program.sampleInputs`.
    ///   - runs: How often it is run, at least once.
    ///   - limits: What it may ask for.
    /// - Throws: `ExecutionError` when the program breaks a limit or an input has another type.
    public init(
        of program: Program,
        on inputs: [TensorValue],
        runs: Int,
        limits: ExecutionLimits = ExecutionLimits()
    ) throws(ExecutionError) {
        precondition(runs > 0, "a profile is of one run at least")
        let outline = Outline()
        let compiled = try CompiledProgram(program, limits: limits, outline: outline)
        let items = outline.items
        var times = items.map { _ in [Int]() }
        var counts = items.map { _ in 0 }
        var totals: [Int] = []
        for run in 0...runs {
            let start = ContinuousClock.now
            _ = try compiled.run(inputs)
            let took = ContinuousClock.now - start
            let taken = items.map { $0.stopwatch.taken() }
            guard run > 0 else { continue }
            totals.append(Int(took / .nanoseconds(1)))
            for (index, own) in Self.own(taken.map(\.nanoseconds), depths: items.map(\.depth)).enumerated() {
                times[index].append(own)
                counts[index] = taken[index].count
            }
        }
        rows = items.indices.map { index in
            Row(
                depth: items[index].depth,
                operation: items[index].operation,
                types: items[index].types,
                count: counts[index],
                microseconds: Self.median(times[index])
            )
        }
        self.runs = runs
        microseconds = Self.median(totals)
    }

    init(rows: [Row], runs: Int, microseconds: Double) {
        self.rows = rows
        self.runs = runs
        self.microseconds = microseconds
    }

    /// Times without those of what is inside: of what follows, one loop deeper, up to the next that is not deeper.
    static func own(_ times: [Int], depths: [Int]) -> [Int] {
        var own = times
        var enclosing: [Int] = []
        for index in times.indices {
            enclosing.removeLast(enclosing.count - min(enclosing.count, depths[index]))
            if let loop = enclosing.last { own[loop] -= times[index] }
            enclosing.append(index)
        }
        return own
    }

    /// In microseconds.
    private static func median(_ nanoseconds: [Int]) -> Double {
        let sorted = nanoseconds.sorted()
        return Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2000
    }

    /// A table of the parts, and of all that have the same operator together.
    public var description: String {
        let all = max(microseconds, 1e-9)
        func numbers(_ time: Double) -> [String] { [time.fixed(2), (100 * time / all).fixed(1)] }
        var table = TextTable([
            .number("item"), .words("operation"), .words("types"), .number("count"), .number("µs"), .number("%"),
        ])
        for (number, row) in rows.enumerated() {
            let operation = String(repeating: "  ", count: row.depth) + row.operation
            table.append(["\(number)", operation, row.types, "\(row.count)"] + numbers(row.microseconds))
        }
        let rest = max(0, microseconds - rows.map(\.microseconds).reduce(0, +))
        table.append(["", "inputs and outputs", "", ""] + numbers(rest))
        table.append(["", "a run, the median of \(runs)", "", ""] + numbers(microseconds))
        var byOperation: [String: (count: Int, time: Double)] = [:]
        for row in rows {
            let name = row.operation.contains(" ") ? "element-wise chains" : row.operation
            byOperation[name, default: (0, 0)].count += row.count
            byOperation[name, default: (0, 0)].time += row.microseconds
        }
        var sums = TextTable([.words("all of one kind"), .number("count"), .number("µs"), .number("%")])
        for (name, sum) in byOperation.sorted(by: { ($1.value.time, $0.key) < ($0.value.time, $1.key) }) {
            sums.append([name, "\(sum.count)"] + numbers(sum.time))
        }
        return table.text + "\n\n" + sums.text
    }
}
