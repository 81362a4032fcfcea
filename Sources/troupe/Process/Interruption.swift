import Dispatch
import Foundation
import Synchronization

/// The user, or whoever manages the process, wants it to end.
struct Interruption: Error, CustomStringConvertible {
    /// SIGINT or SIGTERM.
    let number: Int32

    var description: String {
        number == SIGINT ? "Interrupted: nothing was saved." : "Terminated: nothing was saved."
    }

    /// Runs something that is cancelled when the process is told to end; a second signal ends it on the spot.
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
        let sources = [SIGINT, SIGTERM].map { number in
            // Otherwise the default action ends the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if received.note(number) {
                    StandardError.leaveBar()
                    _exit(128 + number)
                }
                if let remark { StandardError.say(remark) }
                task.cancel()
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
        do {
            return try await task.value
        } catch {
            if let number = received.first { throw Interruption(number: number) }
            throw error
        }
    }

    /// The first signal that came.
    private final class Received: Sendable {
        private let number = Atomic<Int32>(0)

        var first: Int32? {
            let number = number.load(ordering: .relaxed)
            return number == 0 ? nil : number
        }

        /// Notes a signal.
        ///
        /// - Returns: whether there was one before.
        func note(_ signal: Int32) -> Bool {
            !number.compareExchange(expected: 0, desired: signal, ordering: .relaxed).exchanged
        }
    }
}
