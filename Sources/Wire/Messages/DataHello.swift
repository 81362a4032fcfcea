import CProtobuf

/// A worker's first words on a data connection: to which session it belongs.
package struct DataHello: Hashable, Sendable {
    /// The session, never 0.
    package var session: UInt64
    /// The secret of the session's `Welcome`.
    package var token: UInt64

    /// A data connection of a session.
    package init(session: UInt64, token: UInt64) {
        self.session = session
        self.token = token
    }
}

extension DataHello: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__DataHello>) { troupe__data_hello__init(cell) }

    func write(to cell: inout Troupe__DataHello, in _: inout Arena) throws(WireError) {
        cell.session = session
        cell.token = token
    }

    init(reading cell: Troupe__DataHello) throws(WireError) {
        guard cell.session != 0 else { throw .field("session", "is 0") }
        session = cell.session
        token = cell.token
    }
}
