package import Wire

/// How often a log may be told of what anybody can cause, so that strangers do not fill a disk. A value: what happened and the
/// time go in, what to say comes out.
package struct Complaints: Sendable {
    /// What may be told in one period; the rest is only counted.
    package static let most = 5
    /// After so long it begins anew.
    package static let period = Duration.seconds(10)

    private var start: Instant?
    private var told = 0
    private var withheld = 0

    /// Nothing was told.
    package init() {}

    /// Notes a complaint.
    ///
    /// - Returns: whether it may be told.
    package mutating func note(at now: Instant) -> Bool {
        if start == nil { start = now }
        guard told < Self.most else {
            withheld += 1
            return false
        }
        told += 1
        return true
    }

    /// How many were withheld in a period that is over; nil when it is not, or there were none.
    package mutating func summary(at now: Instant) -> Int? {
        guard let start, start.duration(to: now) >= Self.period else { return nil }
        let count = withheld
        self = Complaints()
        return count == 0 ? nil : count
    }
}
