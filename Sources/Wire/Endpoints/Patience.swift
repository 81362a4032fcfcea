/// How long to wait for a sign of life before somebody is taken for gone, where the way between may be long and lose what is
/// sent.
///
/// TCP sends what was lost again after a pause that it has measured, then after twice as long, and so on (RFC 6298). So one who
/// lives is heard again within seven such pauses, unless the same packet is lost four times in a row: of those that lose one
/// packet in five every six hundredth does. Where ways are short the pause is 0.2 s, and nobody waits longer than usual.
package enum Patience {
    /// How often in a row a packet may be lost.
    private static let losses = 3
    /// The longest that anybody waits because of the way.
    package static let longest = Duration.seconds(15)

    /// How long to wait.
    ///
    /// - Parameters:
    ///   - usual: How long where the way is short.
    ///   - resendPause: After how long without an answer the system sends something again; nil when it does not tell, as on one
    ///     machine.
    /// - Returns: at least the usual time.
    package static func limit(usual: Duration, resendPause: Duration?) -> Duration {
        max(usual, min((resendPause ?? .zero) * (1 << losses - 1), longest))
    }
}
