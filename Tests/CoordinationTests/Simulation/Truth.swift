import Coordination
import Tasks
import Tensors
import Wire

/// What tasks are and leave in the simulation: told by their hashes alone, as pure functions are.
enum Truth {
    /// What happens when a task runs.
    enum Nature {
        case healthy
        /// It fails wherever it runs.
        case failing
        /// It takes its worker with it.
        case deadly
        /// No worker takes it.
        case refused
        /// It fits only large workers.
        case large
    }

    static func nature(of task: Hash) -> Nature {
        switch task.bytes[0] {
        case 0..<8: .failing
        case 8..<12: .deadly
        case 12..<15: .refused
        case 15..<30: .large
        default: .healthy
        }
    }

    /// One or two tensors; now and then the task's own input, or a tensor that other tasks leave too.
    static func outputs(of task: Hash, inputs: [TensorBlob]) -> [TensorBlob] {
        let bytes = task.bytes
        let own = (0...Int(bytes[1]) % 2).map { index in
            tensor("output \(index) of \(task)", isLarge: (bytes[2] >> UInt8(index)) % 3 == 0)
        }
        switch bytes[3] {
        case 0..<20: return own + inputs.prefix(1)
        case 20..<50: return own + [value(Int(bytes[4]) % 3)]
        case 50..<60: return [value(Int(bytes[4]) % 3)]
        default: return own
        }
    }

    /// Whether its numbers are not finite, as those of a training that diverges.
    static func diverges(_ task: Hash) -> Bool { task.bytes[7] < 20 }

    /// What a broken worker finds, which nobody else does.
    static func lie(of task: Hash, by host: Int, _ types: [TensorType]) -> [TensorBlob] {
        types.enumerated().map { index, type in
            TensorBlob(name: Hash(of: Array("output \(index) of \(task) by broken \(host)".utf8)), type: type)
        }
    }

    /// How long the runs of a program take, as workers say: next to nothing, or some share of what is given ahead, or more.
    static func nanoseconds(of program: Hash) -> Int {
        [1, 2_000_000, 8_000_000, 100_000_000][Int(program.bytes[0]) % 4]
    }

    /// A tensor that a recipe has at hand.
    static func value(_ number: Int) -> TensorBlob { tensor("value \(number)", isLarge: number % 2 == 1) }

    private static func tensor(_ content: String, isLarge: Bool) -> TensorBlob {
        TensorBlob(name: Hash(of: Array(content.utf8)), type: TensorType(.f32, [isLarge ? 100_000 : 4]))
    }

    static func program(_ number: Int) -> ProgramBlob { programs[number] }

    private static let programs = (0..<30).map { number in
        let hash = Hash(of: Array("program \(number)".utf8))
        return ProgramBlob(hash: hash, name: Hash(of: Array("blob of program \(number)".utf8)), byteCount: 100)
    }

    static let programNames = Set(programs.map(\.name))
}
