import Foundation

/// A file that a job names.
public struct FilePath: Sendable, Hashable {
    /// The path as it was written.
    public var path: String
    /// The file itself. A path in a job file is relative to that file's folder, one in `--set` to the current folder.
    public var file: String
    private var key: String
    private var place: Place

    static let expected = "the path of a file of comma-separated values"
    /// What an error says that a path must be which leads nowhere.
    package static let existing = "a file that exists"

    /// Reads a path; see `checkExists`.
    ///
    /// - Throws: `DocumentError` when it is no path.
    init(
        reading field: Field,
        _ key: String,
        job: String,
        expected: String = FilePath.expected
    ) throws(DocumentError) {
        path = try field.text(key, expected)
        (place, self.key) = (field.place, key)
        switch place {
        case .option(_, nil): file = path
        case .option(_, let folder?):
            file = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).path
        case .character, .file:
            file = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: job).deletingLastPathComponent()).path
        }
    }

    /// Reads the path of a file that is there.
    ///
    /// - Throws: `DocumentError` when it is no path, or there is no such file.
    static func existing(
        reading field: Field,
        _ key: String,
        job: String,
        expected: String
    ) throws(DocumentError) -> FilePath {
        let path = try FilePath(reading: field, key, job: job, expected: expected)
        try path.checkExists()
        return path
    }

    /// Whether both are one file; where it was written does not matter.
    public static func == (one: FilePath, other: FilePath) -> Bool { one.file == other.file && one.path == other.path }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(file)
        hasher.combine(path)
    }

    /// - Throws: `DocumentError` when there is no such file.
    func checkExists() throws(DocumentError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
            throw .value(place, key: key, expected: Self.existing, found: "'\(file)', which does not")
        }
        guard !isFolder.boolValue else {
            throw .value(place, key: key, expected: "a file", found: "'\(file)', which is a folder")
        }
    }
}
