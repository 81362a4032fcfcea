import Wire

/// How long workers have been here, all together, and how many of them were lost.
struct Attendance {
    /// What had been seen at some time.
    struct SoFar {
        var time: Duration = .zero
        var losses = 0
    }

    private var past = SoFar()
    private var since = Instant(nanoseconds: 0)
    private(set) var present = 0

    func soFar(at time: Instant) -> SoFar {
        SoFar(time: past.time + since.duration(to: time) * present, losses: past.losses)
    }

    mutating func join(at time: Instant) { change(by: 1, at: time) }

    mutating func leave(isLoss: Bool, at time: Instant) {
        change(by: -1, at: time)
        if isLoss { past.losses += 1 }
    }

    private mutating func change(by count: Int, at time: Instant) {
        past = soFar(at: time)
        since = time
        present += count
    }

    /// How probable it is that of `losses` workers at least `ofTask` are lost while they run one task, although it has
    /// nothing to do with it: each is lost in that share of the time that belongs to the task, `share`.
    ///
    /// The upper tail of the binomial distribution; 1 where as many were to be expected.
    static func chance(of ofTask: Int, among losses: Int, share: Double) -> Double {
        guard Double(ofTask) > Double(losses) * share, share < 1 else { return 1 }
        var (term, sum) = (1.0, 0.0)
        for index in 0..<ofTask { term *= Double(losses - index) / Double(index + 1) * share }
        // The exponent would be lost in the product where there are many losses.
        term *= (0..<(losses - ofTask)).reduce(1) { power, _ in power * (1 - share) }
        for count in ofTask...losses {
            sum += term
            term *= Double(losses - count) / Double(count + 1) * share / (1 - share)
        }
        return min(sum, 1)
    }
}
