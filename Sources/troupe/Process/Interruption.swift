import Dispatch
import Foundation
import Synchronization

/// The user, or whoever manages the process, wants it to end.
struct Interruption: Error, CustomStringConvertible {
    /// One of `signals`.
    let number: Int32

    /// What happened, in a word.
    var word: String { number == SIGINT ? "Interrupted" : "Terminated" }

    var description: String { "\(word): nothing was saved." }

    /// Ctrl-C, a polite request, and a terminal that was closed.
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Runs something that is cancelled when the process is told to end; a second signal ends it on the spot, unless it
    /// comes with the first: some programs send each signal twice.
    ///
    /// - Parameters:
    ///   - remark: What is said when the process is told to end, if that may take a while.
    ///   - body: What to run.
    /// - Returns: what the body returns, even if it was told to stop and did so in good order.
    /// - Throws: `Interruption` when the body was told to stop and threw; else what it throws.
    static func cancels<Result: Sendable>(
        remark: String? = nil,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        let received = Received()
        let sources = signals.map { number in
            // Otherwise the default action ends the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                switch received.note(number) {
                case .first:
                    if let remark { StandardError.say(remark) }
                    task.cancel()
                case .echo: break
                case .insistent:
                    StandardError.leaveBar()
                    _exit(128 + number)
                }
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in signals { signal(number, SIG_DFL) }
        }
        do {
            return try await task.value
        } catch {
            if let number = received.first { throw Interruption(number: number) }
            throw error
        }
    }

    /// The first signal that came, and when.
    private final class Received: Sendable {
        enum Kind { case first, echo, insistent }

        private let signal = Mutex<(number: Int32, came: ContinuousClock.Instant)?>(nil)
        private static let echo = Duration.milliseconds(10)

        var first: Int32? { signal.withLock { $0?.number } }

        /// Notes a signal.
        func note(_ number: Int32) -> Kind {
            signal.withLock { signal in
                let now = ContinuousClock.now
                guard let first = signal else {
                    signal = (number, now)
                    return .first
                }
                return now - first.came < Self.echo ? .echo : .insistent
            }
        }
    }
}
