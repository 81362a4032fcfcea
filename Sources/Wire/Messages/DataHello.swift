import CProtobuf

/// A worker's first words on a data connection: to which session it belongs.
package struct DataHello: Hashable, Sendable {
    /// The session, never 0.
    package var session: UInt64
    /// The secret of the session's `Welcome`.
    package var token: UInt64
    /// Which data connection of the session it is, from 1.
    package var number: Int

    /// A data connection of a session.
    package init(session: UInt64, token: UInt64, number: Int = 1) {
        self.session = session
        self.token = token
        self.number = number
    }
}

extension DataHello: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__DataHello>) { troupe__data_hello__init(cell) }

    func write(to cell: inout Troupe__DataHello, in arena: inout Arena) throws(WireError) {
        cell.session = session
        cell.token = token
        cell.number = try arena.number(number, named: "number")
    }

    init(reading cell: Troupe__DataHello) throws(WireError) {
        guard cell.session != 0 else { throw .field("session", "is 0") }
        session = cell.session
        token = cell.token
        number = try read(cell.number, "number", in: 1...Int(UInt32.max))
    }
}
