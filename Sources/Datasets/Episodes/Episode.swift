public import Tensors

/// Rows to learn from or to be measured on, inside a program.
public struct Examples: TensorGroup {
    /// The inputs, `f32 [rows, features]`.
    public var x: Tensor
    /// What is to be predicted: `i32 [rows]` for classes, `f32 [rows, outputs]` for numbers.
    public var y: Tensor

    /// Rows and their labels.
    public init(x: Tensor, y: Tensor) {
        self.x = x
        self.y = y
    }

    /// Both.
    public var tensors: [Tensor] { [x, y] }
    /// Other rows.
    public func with(_ tensors: [Tensor]) -> Examples { Examples(x: tensors[0], y: tensors[1]) }
}

/// A small learning task: a few examples to adapt to, and others to measure the adapted model on.
public struct Episode: TensorGroup {
    /// What a learner adapts to.
    public var support: Examples
    /// What it is then measured on.
    public var query: Examples

    /// A task of two parts.
    public init(support: Examples, query: Examples) {
        self.support = support
        self.query = query
    }

    /// The tensors of both parts.
    public var tensors: [Tensor] { support.tensors + query.tensors }
    /// Other parts.
    public func with(_ tensors: [Tensor]) -> Episode {
        Episode(support: support.with(Array(tensors[..<2])), query: query.with(Array(tensors[2...])))
    }
}

/// What the examples of an episode are labelled with.
public enum EpisodeKind: Hashable, Sendable {
    /// One of so many classes, `0..<ways`.
    case classification(ways: Int)
    /// So many numbers.
    case regression(outputs: Int)

    /// How many numbers a model has to say of each example.
    public var outputs: Int {
        switch self {
        case .classification(let ways): ways
        case .regression(let outputs): outputs
        }
    }
}

/// Where episodes come from: a distribution over small learning tasks, p(T) in the papers.
///
/// An episode is drawn inside the program that uses it, from a key alone: episode k depends on the seed and k only,
/// wherever it is drawn and whatever else is.
public protocol EpisodeSource: Sendable {
    /// What messages and saved models call it.
    var name: String { get }
    /// What the examples are labelled with.
    var kind: EpisodeKind { get }
    /// The names of the numbers that an example's input is made of, in order.
    var featureNames: [String] { get }
    /// The number of examples to adapt to, and of those to measure on.
    var rows: (support: Int, query: Int) { get }
    /// What all episodes are cut from. It is kept in the cluster, so that it travels once.
    var tables: [(name: String, value: TensorValue)] { get }

    /// Draws an episode, in the program of the key.
    ///
    /// - Parameters:
    ///   - key: Where it is drawn from.
    ///   - tables: One tensor for each of `tables`.
    /// - Returns: its examples.
    func episode(_ key: Key, from tables: [Tensor]) -> Episode
}

extension EpisodeSource {
    /// The shape of one example's input: `[features]`.
    public var exampleShape: Shape { [featureNames.count] }
}
