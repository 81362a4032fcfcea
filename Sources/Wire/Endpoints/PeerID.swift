/// A connection to a router, for as long as it lasts. A peer that reconnects is a new one.
///
/// It says nothing about who the peer is; that is for `Hello` to tell.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    /// What the library calls the connection: a zero byte and a random 32-bit number, unless the peer chose it.
    let routingID: [UInt8]

    init(routingID: [UInt8]) { self.routingID = routingID }

    /// A peer as the library would name it, for simulations.
    package init(number: UInt32) {
        routingID = [0] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * (3 - $0))) }
    }

    /// Whether the peer chose it, which workers must not do.
    var isChosen: Bool { routingID.count != 5 || routingID[0] != 0 }

    /// As `peer 6b8b4567`.
    package var description: String {
        let digits = routingID.prefix(12).drop { $0 == 0 }.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "peer \(digits.joined())"
    }
}
