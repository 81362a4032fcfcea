import Foundation
import Testing
import Wire

/// Where a test's two sides meet. Every test body runs over each of them.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case inproc, ipc, tcp

    /// An address that no other test uses.
    func address() throws -> Address {
        switch self {
        case .inproc: try Address("inproc://\(UUID().uuidString)")
        case .ipc: try Address("ipc://\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString.prefix(13))")
        case .tcp: try Address("tcp://127.0.0.1:*")
        }
    }

    var testDescription: String { rawValue }
}
