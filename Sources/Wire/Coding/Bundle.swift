import CProtobuf

/// Packed envelopes that travel as one: the `Bundle` of `Proto/envelope.proto`, written and read without packing or unpacking
/// what it holds.
enum Bundle {
    private static let number = Int(TROUPE__ENVELOPE__MESSAGE_BUNDLE.rawValue)
    /// The field of the envelope that holds a bundle, and that of the bundle that holds an envelope.
    private static let key: [UInt8] = {
        var key: [UInt8] = []
        append(varint: number << 3 | 2, to: &key)
        return key
    }()
    private static let envelopeKey: UInt8 = 1 << 3 | 2

    // MARK: Writing

    /// What an envelope of so many bytes adds to a bundle.
    static func byteCount(ofEnvelope count: Int) -> Int {
        let bits = Int.bitWidth - (count | 1).leadingZeroBitCount
        return 1 + (bits + 6) / 7 + count
    }

    /// An envelope that holds others.
    static func envelope(of envelopes: some Collection<[UInt8]>) -> [UInt8] {
        let byteCount = envelopes.reduce(0) { $0 + Self.byteCount(ofEnvelope: $1.count) }
        var bytes = key
        bytes.reserveCapacity(key.count + 10 + byteCount)
        append(varint: byteCount, to: &bytes)
        for envelope in envelopes {
            bytes.append(envelopeKey)
            append(varint: envelope.count, to: &bytes)
            bytes.append(contentsOf: envelope)
        }
        return bytes
    }

    private static func append(varint number: Int, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    // MARK: Reading

    /// The envelopes that an envelope holds, in order and where they lie; nil when it holds a message, or nothing.
    ///
    /// - Throws: `WireError` when it is too large, or holds a bundle and something else.
    static func envelopes(in envelope: UnsafeRawBufferPointer) throws(WireError) -> [UnsafeRawBufferPointer]? {
        guard envelope.count <= WireLimits.envelope else {
            throw .tooLarge("the envelope", bytes: envelope.count, limit: WireLimits.envelope)
        }
        var cursor = FieldCursor(envelope)
        var bundle: UnsafeRawBufferPointer?
        while let (number, content) = try cursor.next() {
            // Whatever is wrong with a single message is for its reader to say.
            guard number >= Self.number || bundle != nil else { return nil }
            guard number <= Self.number else { continue }
            guard bundle == nil else { throw .field("bundle", "excludes another field") }
            guard case .bytes(let bytes) = content else { throw .field("bundle", "has the wrong wire type") }
            bundle = bytes
        }
        guard let bundle else { return nil }
        do throws(WireError) { return try list(bundle) } catch { throw error.inside("bundle") }
    }

    private static func list(_ bundle: UnsafeRawBufferPointer) throws(WireError) -> [UnsafeRawBufferPointer] {
        var envelopes: [UnsafeRawBufferPointer] = []
        var cursor = FieldCursor(bundle)
        var count = 0
        while let (number, content) = try cursor.next() {
            count += 1
            guard count <= WireLimits.fields else { throw .tooMany("", limit: WireLimits.fields) }
            guard number == 1 else { continue }
            guard case .bytes(let envelope) = content else { throw .field("envelopes", "has the wrong wire type") }
            guard envelopes.count < WireLimits.bundled else { throw .tooMany("envelopes", limit: WireLimits.bundled) }
            envelopes.append(envelope)
        }
        guard !envelopes.isEmpty else { throw .field("envelopes", "is empty") }
        return envelopes
    }
}
