import Foundation
import Jobs

/// A file that a command writes where the user says.
enum OutputFile {
    /// Writes a text into a file, which then appears under its name all at once. What a link leads to is replaced, not the
    /// link; a device or a pipe is written to.
    ///
    /// - Throws: `Refusal` when it cannot be written.
    static func write(_ text: String, to path: String) throws(Refusal) { try write(Data(text.utf8), to: path) }

    /// As the other form, for bytes.
    ///
    /// - Throws: `Refusal` when it cannot be written.
    static func write(_ content: Data, to path: String) throws(Refusal) {
        guard !path.isEmpty else { throw Refusal("--output is empty, but must be the name of a file.") }
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        var found = stat()
        let isOther = stat(place.path, &found) == 0 && found.st_mode & S_IFMT != S_IFREG
        do {
            if isOther {
                guard found.st_mode & S_IFMT != S_IFDIR else { throw Refusal("it is a folder") }
                let file = try FileHandle(forWritingTo: place)
                try file.write(contentsOf: content)
                try file.close()
            } else {
                try content.write(to: place, options: .atomic)
            }
        } catch {
            throw Refusal("\(path): cannot be written: \(reason(of: error)). Choose another place with --output.")
        }
    }

    /// The system's words for what lies behind an error, in as far as there are any.
    private static func reason(of error: any Error) -> String {
        if let refusal = error as? Refusal { return refusal.description }
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error
        guard let code = (cause as? POSIXError)?.code else { return "the system refuses" }
        return String(cString: strerror(code.rawValue)).lowercased()
    }
}
