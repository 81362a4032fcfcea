import Tensors

/// What is wrong with a job file, an option, or a file of a saved model.
///
/// Every case carries the place and what would be right there; `description` says both.
public enum DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be read at all.
    case unreadable(file: String, reason: String)
    /// The text breaks the rules of its format.
    case syntax(Place, format: String, problem: String)
    /// Something is too large or too deep to be what it should be.
    case excessive(Place, what: String, limit: String)
    /// A name that nothing has here.
    case unknownKey(Place, key: String, known: [String])
    /// A name stands twice in one mapping.
    case duplicateKey(Place, key: String)
    /// Something that has no default is missing.
    case missing(Place, key: String, expected: String)
    /// A value is not what it should be.
    case value(Place, key: String, expected: String, found: String)
    /// A word that names no recipe, data set, layer, …
    case unknownName(Place, kind: String, plural: String, name: String, known: [String])
    /// A statement that cannot hold, or two that exclude each other, in words of its own.
    case refused(Place, String)

    /// Place, what is wrong, what is allowed, in one line.
    public var description: String { sentence.printable }

    private var sentence: String {
        switch self {
        case .unreadable(let file, let reason):
            return "\(file): cannot be read: \(reason). Check the path and its permissions."
        case .syntax(let place, let format, let problem):
            return "\(place): this is not valid \(format): \(problem)."
        case .excessive(let place, let what, let limit):
            return "\(place): \(what); at most \(limit) is allowed."
        case .unknownKey(let place, let key, let known):
            let last = key.split(separator: ".").last.map(String.init) ?? key
            return "\(place): there is no key '\(key)' here.\(Self.hint(last, known)) "
                + "Keys: \(known.sorted().joined(separator: ", "))."
        case .duplicateKey(let place, let key):
            return "\(place): the key '\(key)' is given more than once. Keep one."
        case .missing(let place, let key, let expected):
            return "\(place): '\(key)' is missing. It must be \(expected)."
        case .value(let place, let key, let expected, let found):
            return "\(place): '\(key)' must be \(expected), but is \(found)\(found.hasSuffix("?") ? "" : ".")"
        case .unknownName(let place, let kind, let plural, let name, let known):
            return "\(place): there is no \(kind) '\(name)'.\(Self.hint(name, known)) "
                + "\(plural.prefix(1).uppercased() + plural.dropFirst()): \(known.sorted().joined(separator: ", "))."
        case .refused(let place, let what):
            return "\(place): \(what)"
        }
    }

    private static func hint(_ name: String, _ known: [String]) -> String {
        known.closest(to: name).map { " Did you mean '\($0)'?" } ?? ""
    }
}
