/// A JSON value to be written. The text is a function of the value alone: names are sorted, numbers shortest.
public enum JSON: Hashable, Sendable, CustomStringConvertible {
    case null
    case flag(Bool)
    case integer(Int)
    case unsigned(UInt64)
    /// A number; `null` when it is not finite, since JSON has no word for it.
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    /// A whole number without a point, and any other with one.
    static func wholeOrNumber(_ number: Double) -> JSON { Int(exactly: number).map(JSON.integer) ?? .number(number) }

    /// The value in one line, without spaces: the canonical form that hashes are made of.
    public var description: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The value over several lines, for people. Lists of plain values stay in one line.
    public var indented: String {
        var text = ""
        write(to: &text, indent: 0)
        return text + "\n"
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += "\(number)"
        case .unsigned(let number): text += "\(number)"
        case .number(let number): text += number.isFinite ? "\(number)" : "null"
        case .text(let string): Self.write(string, to: &text)
        case .list(let items):
            let inside = items.allSatisfy(\.isPlain) ? nil : indent
            Self.write(items, between: "[", and: "]", to: &text, indent: inside, spaced: indent != nil) { item, text in
                item.write(to: &text, indent: inside.map { $0 + 1 })
            }
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            Self.write(sorted, between: "{", and: "}", to: &text, indent: indent, spaced: indent != nil) { item, text in
                Self.write(item.key, to: &text)
                text += indent == nil ? ":" : ": "
                item.value.write(to: &text, indent: indent.map { $0 + 1 })
            }
        }
    }

    private var isPlain: Bool {
        switch self {
        case .list, .object: false
        default: true
        }
    }

    private static func write<Item>(
        _ items: [Item],
        between open: String,
        and close: String,
        to text: inout String,
        indent: Int?,
        spaced: Bool,
        item: (Item, inout String) -> Void
    ) {
        text += open
        for (index, one) in items.enumerated() {
            if index > 0 { text += spaced && indent == nil ? ", " : "," }
            if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
            item(one, &text)
        }
        if let indent, !items.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
