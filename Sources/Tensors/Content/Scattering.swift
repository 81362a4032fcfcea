extension UInt64 {
    /// The number's hash for dictionaries and sets, for numbers that nobody chooses so that they fall together: it takes a
    /// fraction of the time of a hasher.
    @inlinable
    package func scattered(by seed: Int) -> Int {
        let product = (self ^ UInt64(bitPattern: Int64(seed))).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
