import Tensors

extension Field {
    /// The value as a whole number.
    ///
    /// - Throws: `DocumentError.value` when it is something else, or out of range.
    package func integer(_ key: String, in range: ClosedRange<Int>) throws(DocumentError) -> Int {
        let expected =
            "a whole number from \(range.lowerBound) \(range.upperBound == .max ? "up" : "to \(range.upperBound)")"
        guard case .plain(let word) = content, let number = Int(word), range.contains(number) else {
            throw .value(place, key: key, expected: expected, found: found)
        }
        return number
    }

    /// The value as a seed: a whole number of 64 bits.
    package func seed(_ key: String) throws(DocumentError) -> UInt64 {
        guard case .plain(let word) = content, let number = UInt64(word) else {
            throw .value(place, key: key, expected: "a whole number from 0 to \(UInt64.max)", found: found)
        }
        return number
    }

    /// The value as a number.
    package func number(_ key: String, _ range: NumberRange) throws(DocumentError) -> Double {
        guard
            case .plain(let word) = content, word.allSatisfy(Self.numberLetters.contains), let number = Double(word),
            range.contains(number)
        else { throw .value(place, key: key, expected: range.description, found: found) }
        return number
    }

    /// The value as a truth value.
    package func flag(_ key: String) throws(DocumentError) -> Bool {
        switch content {
        case .plain("true"): return true
        case .plain("false"): return false
        default: throw .value(place, key: key, expected: "true or false", found: found)
        }
    }

    /// The value as a text. A plain number or word counts as one.
    package func text(_ key: String, _ expected: String) throws(DocumentError) -> String {
        switch content {
        case .plain(let text), .quoted(let text): return text
        default: throw .value(place, key: key, expected: expected, found: found)
        }
    }

    /// The value as one of a few words.
    package func word<Word: CaseIterable & RawRepresentable<String>>(_ key: String) throws(DocumentError) -> Word {
        let known = Word.allCases.map(\.rawValue)
        let text = try text(key, known.joined(separator: " or "))
        guard let word = Word(rawValue: text) else {
            let hint = known.closest(to: text).map { ". Did you mean '\($0)'?" } ?? ""
            throw .value(place, key: key, expected: known.joined(separator: " or "), found: found + hint)
        }
        return word
    }

    /// The value as a list.
    package func list(_ key: String, of what: String) throws(DocumentError) -> [Field] {
        guard case .list(let items) = content else {
            throw .value(place, key: key, expected: "a list of \(what)", found: found)
        }
        return items
    }

    /// The value as a choice with settings: either a bare name, or a mapping with that name as its only key.
    ///
    /// - Returns: the name, where it stands, and its settings: nothing for a bare name.
    package func choice(_ key: String, _ expected: String) throws(DocumentError) -> (name: String, Place, Field) {
        switch content {
        case .plain(let name), .quoted(let name):
            return (name, place, Field(.nothing, at: place))
        case .mapping(let entries):
            guard let entry = entries.first else { break }
            guard entries.count == 1 else {
                let names = entries.map { "'\($0.key)'" }.joined(separator: " and ")
                throw .refused(entries[1].place, "'\(key)' must be one choice, but is \(names). Keep one.")
            }
            return (entry.key, entry.place, entry.value)
        default: break
        }
        throw .value(place, key: key, expected: expected, found: found)
    }

    /// What a number is written with; leaves out `inf`, `nan` and hexadecimal.
    private static let numberLetters = Set("0123456789+-.eE")
}
