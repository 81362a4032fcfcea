import Wire

/// How many bytes may be under way from one source, so that the way between is busy, and nothing else has to wait for long behind
/// them.
///
/// After Shalunov et al. 2012 (LEDBAT, RFC 6817): the quickest answer tells how long the way is; what others take longer, they
/// have waited. While that is short, more may be under way, else half as much.
package struct Pace: Hashable, Sendable {
    /// The fewest bytes.
    package static var least: Int { 1 << 15 }
    /// The most bytes.
    package static var most: Int { 1 << 20 }
    /// How long a piece may wait behind others.
    package static var patience: Duration { .milliseconds(400) }

    /// Bytes that may be under way.
    package private(set) var window: Int
    private var quickest: Duration?
    /// Bytes that were asked for before the last time that there were too many, and so say nothing new.
    private var stale = 0

    /// The pace to begin with: on one machine the highest, else one at which 1 Mbit/s brings an answer in half a second.
    package init(isNearby: Bool) { window = isNearby ? Self.most : 1 << 16 }

    /// The bytes of a piece.
    package var piece: Int { min(window / 4, WireLimits.frame) }

    /// An answer has come.
    ///
    /// - Parameters:
    ///   - byteCount: Its bytes.
    ///   - duration: The time since it was asked for.
    ///   - underWay: Bytes of answers that are still to come.
    package mutating func answered(_ byteCount: Int, after duration: Duration, underWay: Int) {
        let shortest = min(duration, quickest ?? duration)
        quickest = shortest
        guard stale <= 0 else {
            stale -= byteCount
            return
        }
        if duration - shortest > Self.patience {
            window = max(window / 2, Self.least)
            stale = underWay
        } else {
            window = min(window + byteCount, Self.most)
        }
    }
}
