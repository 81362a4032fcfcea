import CProtobuf

/// The last message before a connection is closed.
package struct Goodbye: Hashable, Sendable {
    /// Why the sender leaves.
    package enum Reason: UInt32, Hashable, Sendable, CaseIterable {
        /// There is no more work; a worker that hears this ends.
        case done = 1
        /// The sender was told to stop; a worker may wait for the coordinator to come back.
        case stopping = 2
    }

    /// Why.
    package var reason: Reason

    /// A farewell.
    package init(_ reason: Reason) { self.reason = reason }
}

extension Goodbye: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Goodbye>) { troupe__goodbye__init(cell) }

    func write(to cell: inout Troupe__Goodbye, in _: inout Arena) throws(WireError) {
        cell.reason = Troupe__Goodbye__Reason(rawValue: reason.rawValue)
    }

    init(reading cell: Troupe__Goodbye) throws(WireError) {
        guard let reason = Reason(rawValue: cell.reason.rawValue) else {
            throw .field("reason", "is \(cell.reason.rawValue), which is no reason")
        }
        self.reason = reason
    }
}
