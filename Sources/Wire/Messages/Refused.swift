import CProtobuf

/// What was sent cannot be accepted. Never answered itself.
package struct Refused: Hashable, Sendable {
    /// What kind of fault it is, for programs.
    package enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// Not a message, or a field with an impossible value.
        case malformed = 1
        /// More bytes, frames, fields or items than allowed.
        case tooLarge = 2
        /// A kind of message that the receiver does not know.
        case unknownMessage = 3
        /// Another version of the protocol.
        case unknownVersion = 4
        /// The raw frames are not those that the message announces.
        case wrongFrames = 5
        /// Not now: before `Hello`, of a past session, or from the wrong side.
        case unexpected = 6
        /// The worker would compute other bits.
        case numericsMismatch = 7
        /// There are as many workers as the coordinator takes.
        case full = 8
        /// The worker may not take part.
        case notAdmitted = 9
    }

    /// The kind of fault.
    package var code: Code
    /// What is wrong and what to do, for people; at most 4096 bytes.
    package var sentence: String
    /// The offending field as `assignment.inputs[2].name`, at most 256 bytes; empty when there is none.
    package var field: String

    /// A refusal; texts are cut to their limits.
    package init(_ code: Code, _ sentence: String, field: String = "") {
        self.code = code
        self.sentence = sentence.clipped(to: WireLimits.sentence)
        self.field = field.clipped(to: WireLimits.label)
    }
}

extension Refused: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Refused>) { troupe__refused__init(cell) }

    func write(to cell: inout Troupe__Refused, in arena: inout Arena) throws(WireError) {
        cell.code = Troupe__Refused__Code(rawValue: code.rawValue)
        cell.sentence = try arena.string(sentence, named: "sentence")
        cell.field = try arena.string(field, named: "field")
    }

    init(reading cell: Troupe__Refused) throws(WireError) {
        guard let code = Code(rawValue: cell.code.rawValue) else {
            throw .field("code", "is \(cell.code.rawValue), which is no code")
        }
        self.code = code
        sentence = try read(cell.sentence, "sentence", atMost: WireLimits.sentence)
        field = try read(cell.field, "field", atMost: WireLimits.label)
    }
}
