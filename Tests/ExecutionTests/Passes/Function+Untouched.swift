@testable import Tensors

extension Function {
    /// A function as it is written, before any pass.
    static func untouched(_ types: [TensorType], _ body: ([Tensor]) -> [Tensor]) throws -> Function {
        let trace = Trace(from: SourceLine(#fileID, #line))
        return try trace.function(returning: body(types.map { trace.parameter($0) })).function
    }

    /// The function as a program of unnamed inputs and outputs.
    func program() throws -> Program {
        try Program(
            inputs: parameters.indices.map { "\($0)" },
            outputs: results.indices.map { "\($0)" },
            function: self
        )
    }
}
