/// Named tensors in a fixed order: a model's parameters, their gradients, an optimiser's moments.
///
/// A name is a path such as `layers.0.weight`.
public struct Parameters: TensorGroup {
    /// The paths, in order.
    public private(set) var names: [String]
    /// The tensors, in the order of the names.
    public private(set) var tensors: [Tensor]

    /// No parameters.
    public init() {
        names = []
        tensors = []
    }

    /// Names tensors.
    ///
    /// - Precondition: there is one tensor for each name, and no name twice.
    public init(names: [String], tensors: [Tensor]) {
        precondition(names.count == tensors.count && Set(names).count == names.count, "one tensor for each name")
        self.names = names
        self.tensors = tensors
    }

    /// The tensor of this name.
    ///
    /// - Precondition: there is one when it is read.
    public subscript(name: String) -> Tensor {
        get {
            guard let index = names.firstIndex(of: name) else {
                preconditionFailure("there is no parameter '\(name)', only [\(names.joined(separator: ", "))]")
            }
            return tensors[index]
        }
        set {
            if let index = names.firstIndex(of: name) {
                tensors[index] = newValue
            } else {
                names.append(name)
                tensors.append(newValue)
            }
        }
    }

    /// Name by name, as a program gives them.
    package var outputs: [(name: String, tensor: Tensor)] { zip(names, tensors).map { (name: $0, tensor: $1) } }

    /// The same names around other tensors.
    public func with(_ tensors: [Tensor]) -> Parameters { Parameters(names: names, tensors: tensors) }

    /// The parameters below a path, named without it.
    public func below(_ path: String) -> Parameters {
        let pairs = zip(names, tensors).filter { $0.0.hasPrefix(path + ".") }
        return Parameters(names: pairs.map { String($0.0.dropFirst(path.count + 1)) }, tensors: pairs.map(\.1))
    }

    /// Adds all of another's parameters below a path.
    public mutating func add(_ others: Parameters, below path: String) {
        for (name, tensor) in zip(others.names, others.tensors) { self[path + "." + name] = tensor }
    }

    /// Applies a function to each tensor.
    public func map(_ transform: (Tensor) -> Tensor) -> Parameters { with(tensors.map(transform)) }

    /// Combines tensors of equal position.
    ///
    /// - Precondition: both have the same names.
    public func zipped(with other: Parameters, _ combine: (Tensor, Tensor) -> Tensor) -> Parameters {
        precondition(names == other.names, "parameters of unlike models")
        return with(zip(tensors, other.tensors).map(combine))
    }
}
