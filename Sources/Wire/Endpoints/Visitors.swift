/// The connections of a router, from when they come until they end, and by when each has to be admitted. A value: it is told
/// what happens, and says who has taken too long.
struct Visitors<Visitor: Hashable> {
    private struct Wait {
        let place: Int32
        let visitor: Visitor
        let patience: Duration
        var deadline: Instant
        /// Whether it was asked how long the visitor's way is.
        var isFinal = false
    }

    /// How long one may stay without being admitted; nil for ever.
    private let patience: Duration?
    private var visitors: [Int32: Visitor] = [:]
    private var admitted: Set<Int32> = []
    /// Where those are who have been turned away, and have not gone.
    private var turnedAway: Set<Int32> = []
    /// By deadline.
    private var waits: [Wait] = []

    init(patience: Duration?) { self.patience = patience }

    /// How many there are, without those who have been turned away.
    var count: Int { visitors.count - turnedAway.count }

    /// When the next one may have taken too long.
    var nextDeadline: Instant? { waits.first?.deadline }

    /// Who is at a place.
    subscript(place: Int32) -> Visitor? { visitors[place] }

    /// Somebody has come, to a place where nobody is any more.
    mutating func come(_ visitor: Visitor, at place: Int32, _ now: Instant) {
        visitors[place] = visitor
        admitted.remove(place)
        turnedAway.remove(place)
        guard let patience else { return }
        wait(Wait(place: place, visitor: visitor, patience: patience, deadline: now.advanced(by: patience)))
    }

    private mutating func wait(_ wait: Wait) {
        let before = waits.lastIndex { $0.deadline <= wait.deadline }
        waits.insert(wait, at: before.map { $0 + 1 } ?? 0)
    }

    /// Whoever is at a place may stay.
    mutating func admit(_ place: Int32) { if visitors[place] != nil { admitted.insert(place) } }

    /// Whoever is at a place must go.
    ///
    /// - Returns: whether there is room for it to be told why. Few have it, so that however many come they take up few places.
    mutating func turnAway(_ place: Int32) -> Bool {
        guard visitors[place] != nil else { return false }
        turnedAway.insert(place)
        return turnedAway.count <= Self.mostFarewells
    }

    private static var mostFarewells: Int { 64 }

    /// Whoever was at a place has gone.
    @discardableResult
    mutating func leave(_ place: Int32) -> Visitor? {
        admitted.remove(place)
        turnedAway.remove(place)
        return visitors.removeValue(forKey: place)
    }

    /// Those who have taken too long by now, each once.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - limit: How long one may take whose way here is what it is, given how long is usual; asked once of each, when that is
    ///     over.
    /// - Returns: each with how long it might have taken.
    mutating func overdue(
        at now: Instant,
        limit: (Visitor, Duration) -> Duration = { $1 }
    ) -> [(visitor: Visitor, patience: Duration)] {
        var overdue: [(visitor: Visitor, patience: Duration)] = []
        while let next = waits.first, next.deadline <= now {
            waits.removeFirst()
            guard visitors[next.place] == next.visitor, !admitted.contains(next.place) else { continue }
            let patience = next.isFinal ? next.patience : limit(next.visitor, next.patience)
            guard patience > next.patience else {
                overdue.append((next.visitor, next.patience))
                continue
            }
            let deadline = next.deadline.advanced(by: patience - next.patience)
            wait(Wait(place: next.place, visitor: next.visitor, patience: patience, deadline: deadline, isFinal: true))
        }
        return overdue
    }
}
