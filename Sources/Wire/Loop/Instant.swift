import Glibc

/// A point of monotonic time, which no one sets back: nanoseconds since an arbitrary origin.
package struct Instant: InstantProtocol, Sendable {
    /// Nanoseconds since the origin.
    package var nanoseconds: Int

    /// A point of time; tests choose their own origin.
    package init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

    /// The present, by the kernel's monotonic clock.
    package static var now: Instant {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux.
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }

    /// The instant that is so much later; as late as can be told when that is beyond 292 years.
    package func advanced(by duration: Duration) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(Self.nanoseconds(of: duration))
        return Instant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// How much later another instant is.
    package func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }

    /// Orders by time.
    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    private static func nanoseconds(of duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        guard seconds.magnitude < 1 << 33 else { return seconds < 0 ? .min : .max }
        return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
}
