import Tensors

/// What is wrong with keys or their files.
public enum KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A name that no key may have.
    case badName(String)
    /// There is a key of this name, and nobody said that it may be replaced.
    case exists(path: String)
    /// There is no such file.
    case missing(path: String, hint: String)
    /// There is no such folder.
    case noFolder(path: String)
    /// A file of a key is needed, and this is a folder.
    case isFolder(path: String, example: String)
    /// Others than the owner may read or change a file or folder.
    case exposed(path: String, mode: String, remedy: String)
    /// A file or folder belongs to somebody else.
    case foreign(path: String)
    /// A file does not hold what it should.
    case malformed(path: String, reason: String)
    /// A secret key is needed, and this is the public half of one.
    case publicHalf(path: String, name: String)
    /// A public key is needed, and this is the secret half of one.
    case secretHalf(path: String)
    /// What was given is neither a public key, nor a file or a name of one.
    case unknown(String)
    /// No key that may take part has this name.
    case notAuthorized(String, authorized: [String])
    /// Two keys of the list would have one name.
    case nameTaken(String, key: String)
    /// The system refuses.
    case failed(path: String, action: String, reason: String)
    /// The installed ZeroMQ cannot encrypt, or the system has no more sockets.
    case library(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .badName(let name):
            "'\(name.printable)' is no name of a key. Write 1 to 64 letters, digits, dots, dashes and underscores, with a letter or "
                + "a digit first."
        case .exists(let path):
            "\(path) exists, and a key that is lost cannot be had again. Choose another name, add --keep to use it as it is, or "
                + "--replace to make a new one in its place."
        case .missing(let path, let hint): "There is no file \(path). \(hint)"
        case .noFolder(let path):
            "There is no folder \(path). `troupe keys generate NAME` makes it, with a key in it; --folder names another."
        case .isFolder(let path, let example):
            "\(path) is a folder, and the file of a key is needed. Give one in it, such as \(example)."
        case .exposed(let path, let mode, let remedy):
            "\(path) is not for its owner alone: its mode is \(mode). Run: \(remedy)"
        case .foreign(let path):
            "\(path) belongs to another user, who could have put anything into it. Make a key of your own."
        case .malformed(let path, let reason): "\(path) is no file of keys as this version writes it: \(reason)."
        case .publicHalf(let path, let name):
            "\(path) is the public half of the key '\(name)', for the other side. Give the secret half, which is called "
                + "\(name).secret and lies where the key was made."
        case .secretHalf(let path):
            "\(path) is the secret half of a key, which stays where it was made. Give the public half, whose name ends in .public."
        case .unknown(let text):
            "'\(text.printable)' is neither a public key of 64 hexadecimal digits, nor the file of one, nor a name in this folder."
        case .notAuthorized(let name, let authorized):
            "Nobody called '\(name.printable)' is authorized.\(authorized.closest(to: name).map { " Did you mean '\($0)'?" } ?? "") "
                + "Authorized: \(authorized.isEmpty ? "nobody" : authorized.joined(separator: ", "))."
        case .nameTaken(let name, let key):
            "The name '\(name)' is that of another authorized key, \(key). Give another one with --name, or revoke that key first."
        case .failed(let path, let action, let reason): "\(path) cannot be \(action): \(reason.lowercased())."
        case .library(let sentence): sentence
        }
    }
}
