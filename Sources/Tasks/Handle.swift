public import Tensors

/// Who keeps the tensors that handles stand for.
public protocol TensorKeeper: AnyObject, Sendable {
    /// The tensor of this name, fetched or computed again if need be.
    func value(of hash: Hash, type: TensorType) async throws -> TensorValue

    /// Tells that one handle of this tensor is gone.
    func release(_ hash: Hash)
}

/// A tensor that lies somewhere in the cluster. Its bytes move only when `value` is asked for.
///
/// A handle may be another task's input, so that large state stays on the workers. While a handle lives, its tensor is
/// kept, or can be computed again.
public final class Handle: Sendable {
    /// The name of the tensor's content.
    public let hash: Hash
    /// The tensor's type.
    public let type: TensorType
    private let keeper: any TensorKeeper

    /// A handle to a tensor that `keeper` keeps.
    public init(_ hash: Hash, type: TensorType, keptBy keeper: any TensorKeeper) {
        self.hash = hash
        self.type = type
        self.keeper = keeper
    }

    deinit { keeper.release(hash) }

    /// The tensor itself.
    ///
    /// - Throws: what the cluster throws when the tensor can neither be fetched nor computed again.
    public var value: TensorValue {
        get async throws { try await keeper.value(of: hash, type: type) }
    }
}
