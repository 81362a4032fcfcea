/// Philox 4x32-10: a random function from a key and a counter to four words.
///
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
public enum Philox {
    /// The four words of one counter.
    public static func block(counter: [UInt32], key: [UInt32]) -> [UInt32] {
        var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
        var (k0, k1) = (key[0], key[1])
        for _ in 0..<10 {
            let product0 = UInt64(c0) * 0xD251_1F53
            let product1 = UInt64(c2) * 0xCD9E_8D57
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: product1),
                UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: product0)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return [c0, c1, c2, c3]
    }

    /// The words of consecutive blocks: block b has the counter with b added to its first two words, taken as one 64-bit
    /// number, the low word first. Element i is word i mod 4 of block i div 4.
    public static func stream(counter: [UInt32], key: [UInt32], count: Int) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(count + 3)
        var low = UInt64(counter[1]) << 32 | UInt64(counter[0])
        while words.count < count {
            words += block(
                counter: [
                    UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32), counter[2], counter[3],
                ],
                key: key
            )
            low &+= 1
        }
        words.removeLast(words.count - count)
        return words
    }
}
