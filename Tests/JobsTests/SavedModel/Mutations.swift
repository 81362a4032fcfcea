import Foundation
import TestSupport
import Testing

@testable import Jobs

/// Expects that a model's folder is read or refused, never more, with any byte of its description changed or cut off.
func expectReadOrRefused(_ model: SavedModel) throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    try model.write(to: SavedModel.reserve(path))
    let json = try folder.bytes(of: "a/model.json")
    #expect(throws: Never.self) { try SavedModel(folder: path) }
    for index in json.indices where index % 3 == 0 {
        var mutant = json
        mutant[index] ^= 1 << UInt8(index % 7)
        for candidate in [mutant, Array(json[..<index])] {
            try Data(candidate).write(to: URL(fileURLWithPath: "\(path)/model.json"))
            do { _ = try SavedModel(folder: path) } catch { #expect(!"\(error)".isEmpty) }
        }
    }
}
