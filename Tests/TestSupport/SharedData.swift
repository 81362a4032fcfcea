import Foundation

/// A file of a folder `shared/data` that lies beside the checkout, or beside a folder around it.
///
/// - Returns: its path; nil where there is none, and tests of it are left out.
public func sharedData(_ path: String) -> String? {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.path != "/" {
        folder.deleteLastPathComponent()
        let file = folder.appendingPathComponent("shared/data/\(path)").path
        if FileManager.default.fileExists(atPath: file) { return file }
    }
    return nil
}
