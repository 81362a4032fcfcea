/// The numbers that a key may have, with the words for it.
package enum NumberRange: Sendable, CustomStringConvertible {
    /// Any.
    case finite
    /// More than 0.
    case positive
    /// 0 or more.
    case notNegative
    /// More than 0 and at most 1: a share of something.
    case share
    /// More than 0 and less than 1: a share that leaves something over.
    case part
    /// 0 or more and less than 1: how much of an average is kept.
    case decay

    /// Whether a number is allowed. Infinity and NaN never are.
    package func contains(_ number: Double) -> Bool {
        guard number.isFinite else { return false }
        return switch self {
        case .finite: true
        case .positive: number > 0
        case .notNegative: number >= 0
        case .share: number > 0 && number <= 1
        case .part: number > 0 && number < 1
        case .decay: number >= 0 && number < 1
        }
    }

    /// As `a number above 0`.
    package var description: String {
        switch self {
        case .finite: "a number"
        case .positive: "a number above 0"
        case .notNegative: "a number from 0 up"
        case .share: "a number above 0 and up to 1"
        case .part: "a number above 0 and below 1"
        case .decay: "a number from 0 up and below 1"
        }
    }
}
