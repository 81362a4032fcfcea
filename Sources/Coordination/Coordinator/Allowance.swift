package import Wire

/// What somebody may send: all that was asked of it, and beyond that only so much. A value: what is asked, what comes and the
/// time go in, and whether it is too much comes out.
///
/// It is counted in points. A message costs one, and more if it brings bytes or tells of many things, so that points measure
/// the time that the coordinator spends on it: a few microseconds each.
package struct Allowance: Hashable, Sendable {
    /// Points that somebody has from the start, and gets back in time. A worker that comes back after its coordinator was
    /// away offers every result that was not accepted, thousands of them if its tasks are small; and one whose session has
    /// ended does not know it at once, and goes on as before.
    package static let reserve = 1 << 16
    /// Points that come back each second. A worker that has nothing to do needs 2 of them, for its heartbeats.
    package static let perSecond = 4_096
    /// The same for each session that it has: twice a second a heartbeat, which costs up to 17 points.
    package static let perSessionAndSecond = 64
    /// Points that it may have in all, however much it was asked for and has not sent.
    package static let most = 1 << 20
    /// Bytes that cost a point.
    package static let bytesPerPoint = 4_096
    /// Things in a message, as running tasks or outputs, that cost a point.
    package static let itemsPerPoint = 16

    /// Points that are left.
    package private(set) var points = Self.reserve
    private var lastRefill: Instant

    /// One who has sent nothing.
    package init(at now: Instant) { lastRefill = now }

    /// The points that a message costs.
    package static func cost(items: Int = 0, byteCount: Int = 0) -> Int {
        1 + items / itemsPerPoint + byteCount / bytesPerPoint
    }

    /// Something is asked for, whose answer costs so many points at most.
    package mutating func grant(_ points: Int) {
        if self.points < Self.most { self.points = min(self.points + min(points, Self.most), Self.most) }
    }

    /// Something has come.
    ///
    /// - Returns: whether that is allowed. If not, it costs nothing, but is not to be listened to either.
    package mutating func spend(_ points: Int, sessions: Int, at now: Instant) -> Bool {
        if self.points < points { refill(sessions: sessions, at: now) }
        guard self.points >= points else { return false }
        self.points -= points
        return true
    }

    /// What has come back since is only counted when it is needed.
    private mutating func refill(sessions: Int, at now: Instant) {
        let seconds = lastRefill.duration(to: now) / .seconds(1)
        let rate = Double(Self.perSecond + sessions * Self.perSessionAndSecond)
        let more = Int(min(max(seconds, 0) * rate, Double(Self.reserve)))
        // Else parts of a point would be lost, again and again.
        guard more > 0 else { return }
        lastRefill = now
        points = min(points + more, max(points, Self.reserve))
    }
}
