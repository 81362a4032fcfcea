import Foundation
import Glibc
import TestSupport

/// A disk that is a file, with a file system of its own, so that it can be copied at any moment as a failure of the power
/// would leave it: with what was written through, and without what only memory holds.
///
/// Needs root and loop devices. It is unmounted when nobody holds it any more.
final class LoopDisk: Sendable {
    /// Where its files are seen.
    let path: String
    private let image: String

    /// Whether this process may mount files.
    static let isPossible: Bool = {
        guard geteuid() == 0, let folder = try? Folder() else { return false }
        return (try? LoopDisk(in: folder, named: "probe")) != nil
    }()

    /// Makes an empty one.
    ///
    /// - Throws: `TimedOut` that says what the system says.
    convenience init(in folder: Folder, named name: String) throws {
        let image = "\(folder.path)/\(name).image"
        try SystemCommand.run("truncate", "--size", "24M", image)
        try SystemCommand.run("mkfs.ext4", "-q", "-F", image)
        try self.init(image: image, at: "\(folder.path)/\(name)")
    }

    private init(image: String, at path: String) throws {
        self.image = image
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try SystemCommand.run("mount", "-o", "loop", image, path)
    }

    deinit {
        _ = try? SystemCommand.run("umount", "--lazy", path)
        for rest in [image, path] { try? FileManager.default.removeItem(atPath: rest) }
    }

    /// Copies what a failure of the power would leave at this moment.
    ///
    /// - Parameter copy: The file for it.
    /// - Throws: `TimedOut` that says what the system says.
    func copy(to copy: String) throws { try SystemCommand.run("cp", "--sparse=always", image, copy) }

    /// The disk of a copy.
    ///
    /// - Throws: `TimedOut` that says what the system says.
    static func revived(_ copy: String, at path: String) throws -> LoopDisk { try LoopDisk(image: copy, at: path) }
}
