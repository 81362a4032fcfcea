import Tensors

extension SafeTensors {
    /// The longest header that the format allows, in bytes.
    static let headerLimit = 100_000_000
    /// More axes than any tensor of ours has.
    static let rankLimit = 32

    /// Reads a file.
    ///
    /// Everything is checked: the header is strict JSON with distinct names; each tensor has as many bytes as its type
    /// and shape say; together they cover the rest of the file without gap or overlap.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - file: The path by which errors name it.
    /// - Throws: `DocumentError`.
    public init(bytes: [UInt8], file: String) throws(DocumentError) {
        func problem(_ what: String) -> DocumentError {
            .syntax(.file(file), format: "safetensors", problem: what)
        }
        guard bytes.count >= 8 else { throw problem("it has only \(bytes.count) bytes") }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(Self.headerLimit, bytes.count - 8)) else {
            throw problem("its header claims \(length) bytes, but \(bytes.count - 8) follow")
        }
        let start = 8 + Int(length)
        guard length > 0, bytes[8] == UInt8(ascii: "{") else { throw problem("its header does not begin with '{'") }
        let header = try Field(json: Array(bytes[8..<start])) { .character(file: file, line: $0, column: $1 + 8) }
        self.init([:])
        var ranges: [(name: String, range: Range<Int>)] = []
        guard case .mapping(let entries) = header.content else { throw problem("its header is not a mapping") }
        for entry in entries {
            if entry.key == Self.metadataKey {
                metadata = try Self.texts(entry.value)
                continue
            }
            let (type, range) = try Self.tensor(entry, dataCount: bytes.count - start)
            let content = Array(bytes[(start + range.lowerBound)..<(start + range.upperBound)])
            if type.element == .bool, content.contains(where: { $0 > 1 }) {
                throw problem("the truth values '\(entry.key)' are not all 0 or 1")
            }
            guard let value = TensorValue(type: type, bytes: content) else {
                throw problem("'\(entry.key)' is \(type), which takes \(type.byteCount) bytes, but has \(range.count)")
            }
            tensors[entry.key] = value
            ranges.append((entry.key, range))
        }
        ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var covered = 0
        for (name, range) in ranges {
            guard range.lowerBound == covered else {
                throw problem("'\(name)' begins at byte \(range.lowerBound) where \(covered) was expected")
            }
            covered = range.upperBound
        }
        guard covered == bytes.count - start else {
            throw problem("its tensors take \(covered) bytes, but \(bytes.count - start) are there")
        }
    }

    private static func texts(_ field: Field) throws(DocumentError) -> [String: String] {
        let section = try Section(field, path: metadataKey, keys: nil)
        var texts: [String: String] = [:]
        for key in section.keys {
            let path = section.path(of: key)
            let value = try section.required(key, "a text")
            guard case .quoted(let text) = value.content else {
                throw .value(value.place, key: path, expected: "a text", found: value.found)
            }
            texts[key] = text
        }
        return texts
    }

    private static func tensor(_ entry: Field.Entry, dataCount: Int) throws(DocumentError) -> (TensorType, Range<Int>) {
        let section = try Section(entry.value, path: entry.key, keys: ["dtype", "shape", "data_offsets"])
        let type = try section.required("dtype", "an element type")
        let name = try type.text(section.path(of: "dtype"), "an element type")
        guard let element = elements.first(where: { $0.name == name })?.element else {
            throw .unknownName(
                type.place,
                kind: "element type that is read here",
                plural: "element types",
                name: name,
                known: elements.map(\.name)
            )
        }
        let shapeField = try section.required("shape", "a list of sizes")
        let sizes = try integers(shapeField, section.path(of: "shape"), of: "sizes")
        guard sizes.count <= rankLimit else {
            throw .excessive(shapeField.place, what: "'\(entry.key)' has \(sizes.count) axes", limit: "\(rankLimit)")
        }
        var byteCount = element.byteCount
        for size in sizes {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
            guard !overflow else {
                throw .excessive(shapeField.place, what: "'\(entry.key)' is too large", limit: "\(dataCount) bytes")
            }
            byteCount = product
        }
        let offsetField = try section.required("data_offsets", "a list of two offsets")
        let offsets = try integers(offsetField, section.path(of: "data_offsets"), of: "two offsets")
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataCount else {
            throw .value(
                offsetField.place,
                key: section.path(of: "data_offsets"),
                expected: "two offsets in order, at most \(dataCount)",
                found: "\(offsets)"
            )
        }
        return (TensorType(element, Shape(sizes)), offsets[0]..<offsets[1])
    }

    private static func integers(_ field: Field, _ path: String, of what: String) throws(DocumentError) -> [Int] {
        var numbers: [Int] = []
        for item in try field.list(path, of: what) { numbers.append(try item.integer(path, in: 0...Int.max)) }
        return numbers
    }
}
