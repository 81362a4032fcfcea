import Synchronization
import Tasks
import Tensors

/// Keeps one tensor, remembers what was asked of it, and can do something whenever it is asked.
final class Keeper: TensorKeeper {
    private let tensor: TensorValue
    private let onValue: @Sendable () -> Void
    private let log = Mutex<[String]>([])

    init(_ tensor: TensorValue, onValue: @escaping @Sendable () -> Void = {}) {
        self.tensor = tensor
        self.onValue = onValue
    }

    /// What was asked, in order.
    var story: [String] { log.withLock { $0 } }

    func value(of hash: Hash, type: TensorType) async throws -> TensorValue {
        log.withLock { $0.append("value \(hash == tensor.hash) \(type)") }
        onValue()
        return tensor
    }

    func release(_ hash: Hash) {
        log.withLock { $0.append("release \(hash == tensor.hash)") }
    }
}
