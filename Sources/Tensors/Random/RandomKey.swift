/// The key of a stream of random numbers, outside of programs.
///
/// Streams are keyed by seed, role and purpose, never by run, worker or attempt. A key inside a program is a `Key`, and
/// both give the same numbers.
public struct RandomKey: Hashable, Sendable {
    /// The two words of the key.
    public let words: [UInt32]

    /// The key of a seed: its low and its high word.
    public init(seed: UInt64) {
        words = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    }

    private init(counter: [UInt32], parent: RandomKey) {
        words = Array(Philox.block(counter: counter, key: parent.words).prefix(2))
    }

    /// An independent key, by index, which is taken modulo 2³².
    public func child(_ index: Int) -> RandomKey {
        RandomKey(
            counter: [UInt32(truncatingIfNeeded: index), 0, 0, RandomDomain.splitByIndex.rawValue],
            parent: self
        )
    }

    /// An independent key, by name.
    public func child(_ name: String) -> RandomKey {
        RandomKey(counter: RandomDomain.counter(ofName: name), parent: self)
    }

    /// The first `count` words of the stream.
    public func bits(_ count: Int) -> [UInt32] {
        Philox.stream(counter: RandomDomain.drawCounter, key: words, count: count)
    }

    /// A random order of `0..<count`: the stable order of as many random words.
    public func permutation(_ count: Int) -> [Int] {
        let bits = bits(count)
        return (0..<count).sorted { (bits[$0], $0) < (bits[$1], $1) }
    }

    /// The key as an input of a program: `u32[2]`.
    public var value: TensorValue { TensorValue(words) }

    /// The keys of some children as an input of a program of as many lanes: `u32[count, 2]`.
    public func children(_ indices: Range<Int>) -> TensorValue {
        TensorValue(indices.flatMap { child($0).words }, shape: [indices.count, 2])
    }
}
