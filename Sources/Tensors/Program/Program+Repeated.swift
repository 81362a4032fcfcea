extension Program {
    /// A program that does what this one does so many times, each time on inputs of its own: first come the inputs of the first
    /// time, then those of the second, and so on, and the outputs likewise. No bit differs from what this one computes.
    ///
    /// - Precondition: `count` is positive.
    /// - Throws: `ProgramError` when there are more tensors than a program can have.
    package func repeated(_ count: Int) throws(ProgramError) -> Program {
        precondition(count > 0, "a program runs once at least")
        let parameterCount = inputs.count
        let innerCount = function.types.count - parameterCount
        /// The number that a value of one time has among all.
        func number(_ value: Int, _ time: Int) -> Int {
            value < parameterCount
                ? time * parameterCount + value : count * parameterCount + time * innerCount + value - parameterCount
        }
        let times = 0..<count
        let repeated = try Function(
            parameters: times.flatMap { _ in function.parameters },
            steps: times.flatMap { time in
                function.nodes.map { ($0.primitive, $0.operands.map { number($0, time) }) }
            },
            results: times.flatMap { time in function.results.map { number($0, time) } }
        )
        return try Program(
            inputs: times.flatMap { time in inputs.map { "\($0.name) \(time)" } },
            outputs: times.flatMap { time in outputs.map { "\($0.name) \(time)" } },
            function: repeated
        )
    }
}
