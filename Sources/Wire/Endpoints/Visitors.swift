/// The connections of a router, from when they come until they end, and by when each has to be admitted. A value: it is told
/// what happens, and says who has taken too long.
struct Visitors<Visitor: Hashable> {
    private struct Wait {
        let place: Int32
        let visitor: Visitor
        let deadline: Instant
    }

    /// How long one may stay without being admitted; nil for ever.
    private let patience: Duration?
    private var visitors: [Int32: Visitor] = [:]
    private var admitted: Set<Int32> = []
    /// Who came first has the first deadline.
    private var waits: [Wait] = []

    init(patience: Duration?) { self.patience = patience }

    /// How many there are.
    var count: Int { visitors.count }

    /// When the next one may have taken too long.
    var nextDeadline: Instant? { waits.first?.deadline }

    /// Who is at a place.
    subscript(place: Int32) -> Visitor? { visitors[place] }

    /// Somebody has come, to a place where nobody is any more.
    mutating func come(_ visitor: Visitor, at place: Int32, _ now: Instant) {
        visitors[place] = visitor
        admitted.remove(place)
        if let patience { waits.append(Wait(place: place, visitor: visitor, deadline: now.advanced(by: patience))) }
    }

    /// Whoever is at a place may stay.
    mutating func admit(_ place: Int32) { if visitors[place] != nil { admitted.insert(place) } }

    /// Whoever was at a place has gone.
    @discardableResult
    mutating func leave(_ place: Int32) -> Visitor? {
        admitted.remove(place)
        return visitors.removeValue(forKey: place)
    }

    /// Those who have taken too long by now, each once.
    mutating func overdue(at now: Instant) -> [Visitor] {
        let past = waits.prefix { $0.deadline <= now }
        waits.removeFirst(past.count)
        return past.filter { visitors[$0.place] == $0.visitor && !admitted.contains($0.place) }.map(\.visitor)
    }
}
