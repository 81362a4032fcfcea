import Foundation

/// A file that a job names.
public struct FilePath: Sendable, Hashable {
    /// The path as it was written.
    public var path: String
    /// The file itself. A path in a job file is relative to that file's folder, one in `--set` to the current folder.
    public var file: String
    /// Where the path was written.
    public var place: Place

    /// Reads a path.
    ///
    /// - Throws: `DocumentError`, also when there is no such file.
    init(reading field: Field, _ key: String, job: String) throws(DocumentError) {
        path = try field.text(key, "the path of a file")
        place = field.place
        switch place {
        case .option: file = path
        case .character, .file:
            file = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: job).deletingLastPathComponent()).path
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else {
            throw .value(place, key: key, expected: "a file that exists", found: "'\(file)', which does not")
        }
    }
}
