import Tensors

/// A connection to a router, for as long as it lasts. A peer that reconnects is a new one.
///
/// It says nothing about who the peer is; that is for `Hello` to tell.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    /// The number that the library gave the connection, unless the peer chose its name.
    private let number: UInt32
    /// What the peer chose; empty if it did not.
    private let chosen: [UInt8]

    /// What the library calls the connection: a zero byte and a random 32-bit number, unless the peer chose it.
    init(routingID: UnsafeRawBufferPointer) {
        let isChosen = routingID.count != 5 || routingID[0] != 0
        number = isChosen ? 0 : UInt32(bigEndian: routingID.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
        chosen = isChosen ? Array(routingID) : []
    }

    init(routingID: [UInt8]) { self = routingID.withUnsafeBytes { PeerID(routingID: $0) } }

    /// A peer as the library would name it, for simulations.
    package init(number: UInt32) {
        self.number = number
        chosen = []
    }

    // swift-format-ignore: NoLeadingUnderscores
    /// What dictionaries ask for, some ten times for each message. Numbers that the library gives nobody chooses, so they need
    /// no hasher.
    package func _rawHashValue(seed: Int) -> Int {
        guard isChosen else { return UInt64(number).scattered(by: seed) }
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(chosen)
        return hasher.finalize()
    }

    /// Whether the peer chose it, which workers must not do.
    var isChosen: Bool { !chosen.isEmpty }

    var routingID: [UInt8] { isChosen ? chosen : [0] + withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// A part that tells the library to whom the rest of a message goes.
    var address: MessageCell {
        guard !isChosen else {
            return MessageCell(byteCount: chosen.count) { $0?.copyMemory(from: chosen, byteCount: chosen.count) }
        }
        return MessageCell(byteCount: 5) { target in
            target?.storeBytes(of: 0, as: UInt8.self)
            target?.storeBytes(of: number.bigEndian, toByteOffset: 1, as: UInt32.self)
        }
    }

    /// As `peer 6b8b4567`.
    package var description: String {
        let digits = routingID.prefix(12).drop { $0 == 0 }.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "peer \(digits.joined())"
    }
}
