/// When a dealer tries again whose connections end one after the other before the router says a word, as those do that come
/// to a router without room. A value.
///
/// The library waits longer and longer for a router that is not there, but not for one that is there and closes what it has
/// accepted: hundreds of dealers would come ten times a second each.
struct Backoff {
    /// So many connections in a row may end in vain without a pause: a router that restarts needs a moment.
    static let free = 4
    /// The first pause, and the longest; each is twice the one before, more or less.
    static let shortest = Duration.milliseconds(250)
    static let longest = Duration.seconds(2)

    private var vain = 0
    private let share: Double

    /// Nothing was in vain yet.
    ///
    /// - Parameter lot: A random number, so that those who were sent away together do not come back together.
    init(lot: UInt32) { share = 0.75 + Double(lot) / Double(UInt32.max) / 2 }

    /// The router has said something.
    mutating func succeed() { vain = 0 }

    /// A connection has ended before the router said anything.
    ///
    /// - Returns: how long not to connect; nil to leave it to the library.
    mutating func fail() -> Duration? {
        vain += 1
        guard vain > Self.free else { return nil }
        let doublings = min(vain - Self.free - 1, 10)
        return min(Self.shortest * (1 << doublings), Self.longest) * share
    }
}
