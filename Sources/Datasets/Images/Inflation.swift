import CImages

/// Bytes that were compressed with DEFLATE.
struct Inflation {
    /// How the stream begins and ends.
    enum Wrapping {
        /// Not at all, as in a zip archive.
        case bare
        /// With a header and a checksum, as gzip writes.
        case gzip
    }

    private let bytes: [UInt8]
    private let wrapping: Wrapping

    init(_ bytes: [UInt8], wrapping: Wrapping) {
        self.bytes = bytes
        self.wrapping = wrapping
    }

    /// The first `count` bytes.
    ///
    /// - Throws: `ImageError.damaged` when there are fewer, or what is compressed is not in order so far.
    func prefix(_ count: Int, at place: ImageError.Place) throws(ImageError) -> [UInt8] {
        let (inflated, _, outcome) = inflated(room: count)
        guard inflated.count == count else { throw .damaged(place, reason: Self.reason(outcome)) }
        return inflated
    }

    /// All bytes, of which there are exactly `count`.
    ///
    /// - Throws: `ImageError.damaged` when there are more or fewer, or a checksum is wrong.
    func all(_ count: Int, at place: ImageError.Place) throws(ImageError) -> [UInt8] {
        // One byte more, so that a stream that goes on is seen to do so.
        let (inflated, used, outcome) = inflated(room: count + 1)
        guard outcome == TROUPE_INFLATED else { throw .damaged(place, reason: Self.reason(outcome)) }
        guard inflated.count == count, used == bytes.count else {
            throw .damaged(place, reason: "it holds \(inflated.count) bytes and not \(count), or something after them")
        }
        return inflated
    }

    private func inflated(room: Int) -> (bytes: [UInt8], used: Int, outcome: troupe_inflation) {
        var output = [UInt8](repeating: 0, count: room)
        var used = 0
        var written = 0
        let kind = wrapping == .gzip ? TROUPE_GZIP : TROUPE_BARE
        let outcome = troupe_inflate(bytes, bytes.count, Int32(kind.rawValue), &output, room, &used, &written)
        output.removeLast(room - written)
        return (output, used, troupe_inflation(rawValue: UInt32(outcome)))
    }

    private static func reason(_ outcome: troupe_inflation) -> String {
        switch outcome {
        case TROUPE_INFLATION_SHORT, TROUPE_INFLATED: "it ends too early"
        case TROUPE_INFLATION_FULL: "it holds more than it says"
        case TROUPE_INFLATION_MEMORY: "there is no memory to unpack it"
        default: "what is compressed is not in order"
        }
    }

    /// Bytes that a compressed byte can stand for at most.
    static let mostExpansion = 1032
}

/// The CRC-32 of bytes, as zip and gzip have it.
func checksum(_ bytes: [UInt8]) -> UInt32 { troupe_crc32(bytes, bytes.count) }
