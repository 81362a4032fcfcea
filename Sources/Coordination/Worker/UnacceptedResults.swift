import Tensors
import Wire

/// Results that the coordinator has not accepted: the worker keeps them, and offers them again to whoever admits it next.
struct UnacceptedResults {
    /// By task, each with its place in the order in which they were found.
    private var byTask: [Hash: (place: Int, result: TaskFinished)] = [:]
    private var count = 0
    /// How many of them have each output.
    private var outputs: [Hash: Int] = [:]
    /// What may be attached to all that were offered in this session, and what is attached to each of them.
    private var attachable = 0
    private var attached: [Hash: Int] = [:]

    /// In the order in which they were found.
    var inOrder: [TaskFinished] { byTask.values.sorted { $0.place < $1.place }.map(\.result) }

    /// The outputs of all.
    var blobs: Dictionary<Hash, Int>.Keys { outputs.keys }

    /// Whether a blob is an output of one.
    func hasOutput(_ blob: Hash) -> Bool { outputs[blob] != nil }

    /// Whether so much may ride along that the coordinator must be near.
    var isNearby: Bool { attachable >= WireLimits.attachedNearby }

    mutating func add(_ result: TaskFinished) {
        count += 1
        byTask[result.task] = (count, result)
        for output in result.outputs { outputs[output.tensor.name] = (outputs[output.tensor.name] ?? 0) + 1 }
    }

    /// The result of a task is asked for under another number.
    ///
    /// - Returns: the result; nil when there is none.
    mutating func renumber(_ task: Hash, _ attempt: Int) -> TaskFinished? {
        guard var known = byTask[task] else { return nil }
        known.result.attempt = attempt
        byTask[task] = known
        return known.result
    }

    /// A result need not be kept. An answer to an earlier offer does not count for one that was made again under another
    /// number.
    ///
    /// - Returns: the result; nil when there is none of that number.
    mutating func accept(_ task: Hash, _ attempt: Int) -> TaskFinished? {
        guard let (_, result) = byTask[task], result.attempt == attempt else { return nil }
        byTask[task] = nil
        attached[task] = nil
        for output in result.outputs {
            let count = (outputs[output.tensor.name] ?? 1) - 1
            outputs[output.tensor.name] = count == 0 ? nil : count
        }
        return result
    }

    /// Begins anew to count what is attached, of which there may be so many bytes.
    mutating func beginSession(attachable: Int) {
        self.attachable = attachable
        attached = [:]
    }

    /// Says which outputs of a result ride along: small ones, so that nobody has to ask for them, but not so many that others
    /// have to wait.
    mutating func attach(to result: TaskFinished) -> TaskFinished {
        var result = result
        if !attached.isEmpty { attached[result.task] = nil }
        var (count, byteCount) = (0, 0)
        let room = min(attachable - attached.values.reduce(0, +), WireLimits.frameBytes)
        for index in result.outputs.indices {
            let size = result.outputs[index].tensor.byteCount
            let fits =
                size <= min(WireLimits.attachedOutput, attachable / 4) && count < WireLimits.frames
                && byteCount + size <= room
            result.outputs[index].isAttached = fits
            guard fits else { continue }
            count += 1
            byteCount += size
        }
        if byteCount > 0, !isNearby { attached[result.task] = byteCount }
        return result
    }
}
