import Tensors

extension Compiler {
    /// What is shared by a program and the bodies of its loops.
    final class Resources {
        var arena = Arena()
        var constants: [UInt8] = []
        var registerByteCount = 0
        var slotCount = 0
        var baseCount: Int
        private let inputCount: Int
        let memoryLimit: Int
        let options: CompilerOptions
        /// Who wants to see what is done; see `Outline`.
        let outline: Outline?
        private var placed: [[UInt8]: Int] = [:]

        init(inputCount: Int, memoryLimit: Int, options: CompilerOptions, outline: Outline?) {
            self.inputCount = inputCount
            self.options = options
            baseCount = Location.firstInputBase + inputCount
            self.memoryLimit = memoryLimit
            self.outline = outline
        }

        /// Whether something lies in an input of the program.
        func isInput(_ location: Location) -> Bool {
            (Location.firstInputBase..<(Location.firstInputBase + inputCount)).contains(location.base)
        }

        func newBase() -> Int {
            defer { baseCount += 1 }
            return baseCount
        }

        /// Puts bytes among the constants, equal ones once.
        func constant(_ bytes: [UInt8]) -> Location {
            if let offset = placed[bytes] { return Location(base: Location.constantBase, offset: offset) }
            let offset = constants.count
            placed[bytes] = offset
            constants += bytes
            constants += [UInt8](repeating: 0, count: Arena.aligned(constants.count) - constants.count)
            return Location(base: Location.constantBase, offset: offset)
        }
    }
}
