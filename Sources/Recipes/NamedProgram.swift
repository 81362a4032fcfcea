public import Tensors

/// A program that tasks of a recipe run, with a name for people.
public struct NamedProgram: Sendable {
    /// What it is for, such as `fit`. No two of a recipe have the same.
    public let name: String
    /// The program.
    public let program: Program

    init(name: String, program: Program) {
        self.name = name
        self.program = program
    }
}

extension [NamedProgram] {
    /// Variants of one program: `fit`, `fit 2`, …
    static func numbered(_ name: String, _ programs: [Program]) -> [NamedProgram] {
        programs.enumerated().map { NamedProgram(name: $0 == 0 ? name : "\(name) \($0 + 1)", program: $1) }
    }
}

extension Array where Element: Hashable {
    /// Each element where it stands first.
    var distinct: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
