extension [UInt8] {
    /// Appends an integer's bytes, the least significant first.
    package mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends the 32 bytes of a digest.
    package mutating func append(_ digest: Hash) {
        Swift.withUnsafeTemporaryAllocation(byteCount: Hash.byteCount, alignment: 8) { bytes in
            if let start = bytes.baseAddress { digest.write(to: start) }
            append(contentsOf: bytes)
        }
    }
}
