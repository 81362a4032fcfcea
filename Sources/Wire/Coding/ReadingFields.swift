import CProtobuf
import Tensors

/// Reads text.
func read(
    _ text: UnsafeMutablePointer<CChar>?,
    _ field: String,
    atMost limit: Int
) throws(WireError) -> String {
    guard let text else { throw .field(field, "is missing") }
    guard let string = String(validatingCString: text) else { throw .field(field, "is not UTF-8") }
    guard string.utf8.count <= limit else { throw .tooLarge(field, bytes: string.utf8.count, limit: limit) }
    return string
}

/// Reads a list of texts.
func read(
    _ count: Int,
    _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ field: String,
    atMost limit: Int
) throws(WireError) -> [String] {
    var strings: [String] = []
    strings.reserveCapacity(count)
    for (index, text) in UnsafeBufferPointer(start: texts, count: count).enumerated() {
        do {
            strings.append(try read(text, "", atMost: limit))
        } catch {
            throw error.inside("\(field)[\(index)]")
        }
    }
    return strings
}

/// Reads a digest.
func read(_ data: ProtobufCBinaryData, _ field: String) throws(WireError) -> Hash {
    guard let hash = Hash(digest: UnsafeRawBufferPointer(start: data.data, count: data.len)) else {
        throw .field(field, "has \(data.len) bytes where a digest has \(Hash.byteCount)")
    }
    return hash
}

/// Reads a list of digests.
func read(
    _ count: Int,
    _ data: UnsafeMutablePointer<ProtobufCBinaryData>?,
    _ field: String,
    atMost limit: Int
) throws(WireError) -> [Hash] {
    guard count <= limit else { throw .tooMany(field, limit: limit) }
    var hashes: [Hash] = []
    hashes.reserveCapacity(count)
    for (index, item) in UnsafeBufferPointer(start: data, count: count).enumerated() {
        do {
            hashes.append(try read(item, ""))
        } catch {
            throw error.inside("\(field)[\(index)]")
        }
    }
    return hashes
}

/// Reads a number.
func read(
    _ number: some FixedWidthInteger,
    _ field: String,
    in range: ClosedRange<Int> = 0...Int.max
) throws(WireError) -> Int {
    guard let value = Int(exactly: number), range.contains(value) else {
        throw .field(field, "is \(number), which is not in \(range)")
    }
    return value
}

extension String {
    /// The text without zero characters, cut at a character so that it has at most so many bytes of UTF-8.
    func clipped(to byteCount: Int) -> String {
        if utf8.count <= byteCount && !utf8.contains(0) { return self }
        var kept = ""
        var count = 0
        for scalar in unicodeScalars where scalar.value != 0 {
            count += String(scalar).utf8.count
            if count > byteCount { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}
