/// Something made of tensors: what loops carry, what gradients are taken by, what lanes are cut from.
public protocol TensorGroup {
    /// The tensors in a fixed order.
    var tensors: [Tensor] { get }

    /// The same structure around other tensors.
    ///
    /// - Precondition: there are as many as in `tensors`.
    func with(_ tensors: [Tensor]) -> Self
}

extension Tensor: TensorGroup {
    /// The tensor alone.
    public var tensors: [Tensor] { [self] }
    /// The other tensor.
    public func with(_ tensors: [Tensor]) -> Tensor { tensors[0] }
}

extension Array: TensorGroup where Element: TensorGroup {
    /// The elements' tensors, one element after another.
    public var tensors: [Tensor] { flatMap(\.tensors) }
    /// The elements around other tensors.
    public func with(_ tensors: [Tensor]) -> [Element] {
        var rest = tensors[...]
        return map { element in
            let count = element.tensors.count
            defer { rest = rest.dropFirst(count) }
            return element.with([Tensor](rest.prefix(count)))
        }
    }
}

/// Two groups as one.
public struct Pair<First: TensorGroup, Second: TensorGroup>: TensorGroup {
    /// The first group.
    public var first: First
    /// The second group.
    public var second: Second

    /// Joins two groups.
    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    /// The tensors of the first, then of the second.
    public var tensors: [Tensor] { first.tensors + second.tensors }

    /// The groups around other tensors.
    public func with(_ tensors: [Tensor]) -> Pair {
        let count = first.tensors.count
        return Pair(first.with(Array(tensors[..<count])), second.with(Array(tensors[count...])))
    }
}

/// No tensors at all, for loops that stack nothing.
public struct Nothing: TensorGroup {
    /// The only value.
    public init() {}
    /// An empty list.
    public var tensors: [Tensor] { [] }
    /// The same.
    public func with(_ tensors: [Tensor]) -> Nothing { self }
}
