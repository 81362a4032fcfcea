extension Field {
    /// Reads a JSON document (RFC 8259): strictly, names distinct, and no deeper than a job may be.
    ///
    /// - Parameters:
    ///   - json: The text, UTF-8.
    ///   - place: Makes the place of a line and column, both from 1, columns in bytes.
    /// - Throws: `DocumentError.syntax`, `.duplicateKey` or `.excessive`.
    package init(json: [UInt8], at place: (_ line: Int, _ column: Int) -> Place) throws(DocumentError) {
        // A view that does not outlive this initialiser.
        self = try withoutActuallyEscaping(place) { place throws(DocumentError) in
            var scanner = JSONScanner(bytes: json, place: place)
            return try scanner.document()
        }
    }
}

/// Walks over the bytes of a JSON document once.
private struct JSONScanner {
    let bytes: [UInt8]
    let place: (Int, Int) -> Place
    var position = 0
    var line = 1
    var lineStart = 0

    init(bytes: [UInt8], place: @escaping (Int, Int) -> Place) {
        self.bytes = bytes
        self.place = place
    }

    var here: Place { place(line, position - lineStart + 1) }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func document() throws(DocumentError) -> Field {
        let field = try value(depth: 0)
        skipSpace()
        guard next == nil else { throw problem("there is more after the end of the value") }
        return field
    }

    private mutating func value(depth: Int) throws(DocumentError) -> Field {
        skipSpace()
        let start = here
        guard depth < Field.depthLimit else {
            throw .excessive(start, what: "the values are nested too deeply", limit: "a depth of \(Field.depthLimit)")
        }
        switch next {
        case UInt8(ascii: "{"): return Field(.mapping(try entries(depth: depth)), at: start)
        case UInt8(ascii: "["): return Field(.list(try items(depth: depth)), at: start)
        case UInt8(ascii: "\""): return Field(.quoted(try string()), at: start)
        default: return Field(try bare(), at: start)
        }
    }

    private mutating func entries(depth: Int) throws(DocumentError) -> [Field.Entry] {
        position += 1
        var entries: [Field.Entry] = []
        var seen: Set<String> = []
        if closes(UInt8(ascii: "}")) { return entries }
        repeat {
            skipSpace()
            let start = here
            guard next == UInt8(ascii: "\"") else { throw problem("expected a name in quotes") }
            let key = try string()
            guard seen.insert(key).inserted else { throw .duplicateKey(start, key: key) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw problem("expected ':' after a name") }
            entries.append(Field.Entry(key, at: start, try value(depth: depth + 1)))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard closes(UInt8(ascii: "}")) else { throw problem("expected ',' or '}'") }
        return entries
    }

    private mutating func items(depth: Int) throws(DocumentError) -> [Field] {
        position += 1
        var items: [Field] = []
        if closes(UInt8(ascii: "]")) { return items }
        repeat {
            items.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard closes(UInt8(ascii: "]")) else { throw problem("expected ',' or ']'") }
        return items
    }

    private mutating func string() throws(DocumentError) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw problem("a text is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20:
                position -= 1
                throw problem("a text has an unescaped control character")
            default: content.append(byte)
            }
        }
        throw problem("a text is not closed")
    }

    private mutating func escape(into content: inout [UInt8]) throws(DocumentError) {
        guard let letter = next else { throw problem("a text is not closed") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        case UInt8(ascii: "b"): content.append(8)
        case UInt8(ascii: "f"): content.append(12)
        case UInt8(ascii: "n"): content.append(10)
        case UInt8(ascii: "r"): content.append(13)
        case UInt8(ascii: "t"): content.append(9)
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), take(UInt8(ascii: "\\")) {
                guard take(UInt8(ascii: "u")) else { throw problem("half of a surrogate pair is missing") }
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw problem("half of a surrogate pair is missing")
            }
            content += text.utf8
        default:
            position -= 1
            throw problem("there is no such escape")
        }
    }

    private mutating func codeUnit() throws(DocumentError) -> UInt16 {
        guard
            position + 4 <= bytes.count, bytes[position..<position + 4].allSatisfy({ $0 != UInt8(ascii: "+") }),
            let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw problem("expected four hexadecimal digits after \\u") }
        position += 4
        return unit
    }

    /// A number, `true`, `false` or `null`.
    private mutating func bare() throws(DocumentError) -> Field.Content {
        let start = position
        while let byte = next, Self.wordBytes.contains(byte) { position += 1 }
        let letters = bytes[start..<position]
        let word = String(decoding: letters, as: UTF8.self)
        switch word {
        case "null": return .nothing
        case "true", "false": return .plain(word)
        default:
            guard Self.isNumber(letters) else {
                position = start
                throw problem(next == nil ? "the text ends where a value should be" : "expected a value")
            }
            return .plain(word)
        }
    }

    /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = word
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !leadingZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\n"):
                position += 1
                (line, lineStart) = (line + 1, position)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func closes(_ byte: UInt8) -> Bool {
        skipSpace()
        return take(byte)
    }

    private func problem(_ what: String) -> DocumentError { .syntax(here, format: "JSON", problem: what) }

    private static let wordBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.".utf8)
}
