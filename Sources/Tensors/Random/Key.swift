/// The key of a stream of random numbers inside a program: a `u32[2]` tensor, so that it can be split in loops and lanes.
public struct Key: TensorGroup {
    /// The two words, `u32[2]`.
    public let tensor: Tensor

    /// A key that came in as an input.
    public init(_ tensor: Tensor) { self.tensor = tensor }

    /// The tensor alone.
    public var tensors: [Tensor] { [tensor] }
    /// Another key.
    public func with(_ tensors: [Tensor]) -> Key { Key(tensors[0]) }

    /// An independent key, by name.
    public subscript(name: String) -> Key {
        child(counter: tensor.constant(RandomDomain.counter(ofName: name), shape: [4]))
    }

    /// An independent key, by index, which is taken modulo 2³².
    public func child(_ index: Int) -> Key {
        child(
            counter: tensor.constant(
                [UInt32(truncatingIfNeeded: index), 0, 0, RandomDomain.splitByIndex.rawValue],
                shape: [4]
            )
        )
    }

    /// An independent key, by an index that is only known when the program runs: `i32[]`, not negative, or `u32[]`.
    public func child(_ index: Tensor) -> Key {
        let rest = index.constant([0, 0, RandomDomain.splitByIndex.rawValue] as [UInt32], shape: [3])
        return child(counter: concatenate([index.converted(to: .u32).reshaped([1]), rest], axis: 0))
    }

    private func child(counter: Tensor) -> Key {
        Key(Trace.apply(RandomBits(count: 2), [tensor, counter])[0])
    }

    /// Random words, `u32` of this shape.
    public func bits(_ shape: Shape) -> Tensor {
        if let excess = TensorType(.u32, shape).excess {
            return tensor.invalid(RandomBits.name, because: "the result of shape \(shape) \(excess)")
        }
        let counter = tensor.constant(RandomDomain.drawCounter, shape: [4])
        return Trace.apply(RandomBits(count: shape.count), [tensor, counter])[0].reshaped(shape)
    }

    /// Numbers spread evenly over [0, 1), `f32` of this shape: the top 24 bits of each word, divided by 2²⁴.
    public func uniform(_ shape: Shape) -> Tensor {
        bits(shape).shiftedRight(by: 8).converted(to: .f32) * 0x1p-24
    }

    /// Numbers of the standard normal distribution, `f32` of this shape.
    ///
    /// √2 (rounded to f32) times erf⁻¹(x) at the odd multiples x = (2k + 1) 2⁻²⁴ − 1 of the top 24 bits k, so that neither end is reached.
    public func normal(_ shape: Shape) -> Tensor { Self.normal(ofWords: bits(shape)) }

    /// The normal numbers that random words stand for.
    package static func normal(ofWords words: Tensor) -> Tensor {
        let top = words.shiftedRight(by: 8).converted(to: .i32)
        let odd = top + top + Double(1 - (1 << 24))
        return (odd.converted(to: .f32) * 0x1p-24).inverseErrorFunction * 2.0.squareRoot()
    }

    /// Whole numbers in `0..<bound`, `i32` of this shape: each word modulo `bound`.
    ///
    /// The lower numbers are more likely by at most `bound` / 2³². The bound is in 1...2³¹.
    public func integers(below bound: Int, _ shape: Shape) -> Tensor {
        guard (1...(1 << 31)).contains(bound) else {
            return tensor.invalid("integers", because: "there is no random number of 0..<\(bound) in an i32")
        }
        return remainder(bits(shape), by: Double(bound)).converted(to: .i32)
    }

    /// A random order of `0..<count`, `i32[count]`: the stable order of as many random words.
    public func permutation(_ count: Int) -> Tensor {
        sorted([bits([count]), tensor.iota(.i32, [count], axis: 0)], axis: 0)[1]
    }
}
