/// The first mistake that was made while a program was traced.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line of the trace, loop or transform whose body made the mistake; of the innermost one.
    public var line: SourceLine
    /// The layers around the mistake, outermost first.
    public var path: [String]
    /// The primitive, its operands, and what does not fit.
    public var shape: ShapeError

    /// As `Recipes/Fit.swift:41: layers.1 (dense): dot_general(f32[32, 64], f32[32, 10]): …`.
    public var description: String {
        "\(line): " + (path.isEmpty ? "" : path.joined(separator: " / ") + ": ") + shape.description
    }
}

/// A line of Swift code.
public struct SourceLine: Hashable, Sendable, CustomStringConvertible {
    /// The module and the file, as `#fileID` has them.
    public var file: String
    /// The line, counted from 1.
    public var line: Int

    /// A line of a file.
    public init(_ file: StaticString, _ line: Int) {
        self.file = file.description
        self.line = line
    }

    /// As `Recipes/Fit.swift:41`.
    public var description: String { "\(file):\(line)" }
}
