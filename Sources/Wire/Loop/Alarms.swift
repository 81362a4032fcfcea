/// A deadline that was set on a loop.
package struct Alarm: Hashable, Sendable {
    fileprivate let number: Int
}

/// The deadlines of a loop, the next one last. There are few of them.
struct Alarms {
    private var entries: [(deadline: Instant, alarm: Alarm, ring: () -> Void)] = []
    private var count = 0

    /// When the next one rings.
    var next: Instant? { entries.last?.deadline }

    mutating func add(at deadline: Instant, _ ring: @escaping () -> Void) -> Alarm {
        count += 1
        let alarm = Alarm(number: count)
        // Among equal deadlines the one that was set first rings first.
        let place = entries.firstIndex { $0.deadline <= deadline } ?? entries.endIndex
        entries.insert((deadline, alarm, ring), at: place)
        return alarm
    }

    mutating func remove(_ alarm: Alarm) { entries.removeAll { $0.alarm == alarm } }

    /// Takes out the next one that is due.
    mutating func popDue(at now: Instant) -> (() -> Void)? {
        guard let last = entries.last, last.deadline <= now else { return nil }
        entries.removeLast()
        return last.ring
    }
}
