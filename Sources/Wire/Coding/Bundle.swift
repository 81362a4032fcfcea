import CProtobuf

/// Packed envelopes that travel as one: the `Bundle` of `Proto/envelope.proto`, written and read without packing or unpacking
/// what it holds.
enum Bundle {
    private static let number = Int(TROUPE__ENVELOPE__MESSAGE_BUNDLE.rawValue)
    /// The field of the envelope that holds a bundle, and that of the bundle that holds an envelope.
    private static let (key, envelopeKey): ([UInt8], UInt8) = (varint(number << 3 | 2), 1 << 3 | 2)

    // MARK: Writing

    /// What an envelope of so many bytes adds to a bundle.
    static func byteCount(ofEnvelope count: Int) -> Int { 1 + varint(count).count + count }

    /// An envelope that holds others.
    static func envelope(of envelopes: some Collection<[UInt8]>) -> [UInt8] {
        let byteCount = envelopes.reduce(0) { $0 + Self.byteCount(ofEnvelope: $1.count) }
        var bytes = key + varint(byteCount)
        bytes.reserveCapacity(bytes.count + byteCount)
        for envelope in envelopes {
            bytes.append(envelopeKey)
            bytes += varint(envelope.count)
            bytes += envelope
        }
        return bytes
    }

    private static func varint(_ number: Int) -> [UInt8] {
        var (bytes, rest): ([UInt8], Int) = ([], number)
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
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
