public import Tensors

/// What a finished task left, by name.
public struct TaskOutputs: Sendable {
    private let ports: [Port]
    /// One handle for each output of the program, in order.
    public let handles: [Handle]

    /// The outputs of `program`.
    ///
    /// - Precondition: there is one handle for each output.
    public init(of program: Program, handles: [Handle]) {
        precondition(handles.count == program.outputs.count, "one handle for each output")
        ports = program.outputs
        self.handles = handles
    }

    /// The output of this name.
    ///
    /// - Precondition: the program has such an output.
    public subscript(name: String) -> Handle {
        guard let index = ports.firstIndex(where: { $0.name == name }) else {
            let names = ports.map(\.name).joined(separator: ", ")
            preconditionFailure("the program has no output '\(name)', only [\(names)]")
        }
        return handles[index]
    }
}
