public import Tensors

/// Who keeps the tensors that handles stand for.
public protocol TensorKeeper: AnyObject, Sendable {
    /// The tensor of this name, fetched or computed again if need be.
    func value(of hash: Hash, type: TensorType) async throws -> TensorValue

    /// Tells that one handle of this tensor is gone.
    func release(_ hash: Hash)
}

/// A tensor that lies somewhere in the cluster, and whose bytes move only when `value` is asked for; or a small one that the
/// handle holds itself.
///
/// A handle may be another task's input, so that large state stays on the workers. While a handle lives, its tensor is
/// kept, or can be computed again.
public final class Handle: Sendable {
    private enum Place: Sendable {
        case kept(Hash, by: any TensorKeeper)
        case held(TensorValue)
    }

    private let place: Place
    /// The tensor's type.
    public let type: TensorType

    /// A handle to a tensor that `keeper` keeps.
    public init(_ hash: Hash, type: TensorType, keptBy keeper: any TensorKeeper) {
        place = .kept(hash, by: keeper)
        self.type = type
    }

    /// A handle that holds the tensor itself, of which nobody else need know.
    package init(holding value: TensorValue) {
        place = .held(value)
        type = value.type
    }

    deinit { if case .kept(let hash, let keeper) = place { keeper.release(hash) } }

    /// The name of the tensor's content. Computed anew each time where the handle holds the tensor: about a nanosecond per byte.
    public var hash: Hash {
        switch place {
        case .kept(let hash, _): hash
        case .held(let value): value.hash
        }
    }

    /// The tensor if the handle holds it itself; nil where the cluster keeps it.
    package var held: TensorValue? { if case .held(let value) = place { value } else { nil } }

    /// The tensor itself.
    ///
    /// - Throws: what the cluster throws when the tensor can neither be fetched nor computed again.
    public var value: TensorValue {
        get async throws {
            switch place {
            case .kept(let hash, let keeper): try await keeper.value(of: hash, type: type)
            case .held(let value): value
            }
        }
    }
}
