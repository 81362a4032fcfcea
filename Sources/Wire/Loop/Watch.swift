/// How long a thread that has nothing to do looks out for more before it falls asleep. A value: what happens and the time go in.
///
/// To fall asleep and be woken takes longer than many an answer takes to come, so that it pays to look out for a short one: a
/// task that does nothing is back in half the time. Where answers take longer, to look out would only take others' time. So
/// a thread does it as long as answers come soon.
struct Watch {
    /// What it waits for at most without sleeping.
    private static let most = Duration.microseconds(200)
    /// What comes so late was missed by little.
    private static let soon = Duration.microseconds(250)
    /// To look out for less than this is to look once.
    private static let least = Duration.microseconds(10)

    private var patience = most
    private var lastWork = Instant(nanoseconds: 0)
    private var hasWaited = false

    /// Something was to be done.
    mutating func work(_ now: Instant) {
        if hasWaited {
            let isSoon = lastWork.duration(to: now) <= Self.soon
            patience = isSoon ? Self.most : patience > Self.least ? patience / 2 : .zero
        }
        lastWork = now
        hasWaited = false
    }

    /// Nothing is to be done.
    ///
    /// - Returns: whether it is time to sleep until there is.
    mutating func isOver(_ now: Instant) -> Bool {
        hasWaited = true
        return lastWork.duration(to: now) >= patience
    }
}
