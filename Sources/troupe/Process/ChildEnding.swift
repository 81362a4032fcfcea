/// How a child process has ended, and what was seen of its memory.
struct ChildEnding: Equatable, CustomStringConvertible {
    /// How a process ends.
    enum Kind: Equatable {
        /// It returned a number.
        case returned(Int)
        /// A signal ended it.
        case signal(Int)
    }

    var kind: Kind
    /// The most memory that it was seen to use, in bytes; nil when nobody looked.
    var seenBytes: Int?
    /// Whether the kernel has killed a process of this machine for want of memory while it ran.
    var isShortOfMemory = false

    /// What follows a name in a sentence, as `was ended by signal 15`.
    var description: String {
        switch kind {
        case .returned(let number): return "returned \(number)"
        case .signal(9):
            let memory = seenBytes.map { ", when it had used \($0 >> 20) MiB or more" } ?? ""
            let reason =
                isShortOfMemory
                ? "; the kernel does so when memory runs out, and just did: give it more, or start fewer workers" : ""
            return "was killed by signal 9\(memory)\(reason)"
        case .signal(let number): return "was ended by signal \(number)"
        }
    }
}
