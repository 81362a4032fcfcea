import Coordination
import Foundation
import Jobs
import Synchronization
import Tasks

/// Shows progress on standard error: a bar that is drawn again and again in a terminal, else a line for each tenth.
final class ProgressDisplay: Sendable {
    private let plan: TrainingPlan
    private let isTerminal: Bool
    private let state: Mutex<State>

    private struct State {
        var meter: ProgressMeter
        var tenthsTold = 0
        var waitingTold = true
    }

    /// Shows where training begins.
    init(_ plan: TrainingPlan) {
        self.plan = plan
        isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        state = Mutex(State(meter: ProgressMeter(plan.start, at: .now)))
    }

    /// Trains, and shows how far it is.
    ///
    /// - Parameters:
    ///   - cluster: Where the tasks run.
    ///   - ledger: Where the cluster writes down what is done.
    ///   - status: How the cluster stands, which is asked for a few times a second.
    /// - Returns: the model, and what there is to say of it.
    /// - Throws: what training throws.
    func train(
        on cluster: some Cluster,
        ledger: Ledger,
        status: @escaping @Sendable () async -> ClusterStatus
    ) async throws -> (model: SavedModel, report: Report) {
        defer { StandardError.leaveBar() }
        return try await withThrowingTaskGroup(of: (model: SavedModel, report: Report)?.self) { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    look(at: await status())
                    try await Task.sleep(for: Self.pause)
                }
                return nil
            }
            group.addTask { [self] in
                try await plan.train(on: cluster) { self.update($0, reused: ledger.reused) }
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            throw CancellationError()
        }
    }

    private func look(at status: ClusterStatus) {
        state.withLock { state in
            let running = status.running.map { running in
                running.total > 0 ? plan.share(of: running.role) * Double(running.step) / Double(running.total) : 0
            }
            state.meter.look(
                workers: status.workers.count,
                underWay: running.reduce(0, +),
                running: status.running.map(\.role.description),
                at: .now
            )
            show(&state)
        }
    }

    private func update(_ progress: TrainingProgress, reused: Int) {
        state.withLock { state in
            state.meter.update(progress, reused: reused, at: .now)
            // In a terminal the next look draws it; but there may be none after the end.
            if !isTerminal || progress.isOver { show(&state) }
        }
    }

    private func show(_ state: inout State) {
        let line = state.meter.line
        if isTerminal { return StandardError.draw(line.bar(width: Self.terminalWidth)) }
        let tenths = line.percent / 10
        guard tenths > state.tenthsTold || (line.isWaiting && !state.waitingTold) else {
            if !line.isWaiting { state.waitingTold = false }
            return
        }
        state.tenthsTold = max(tenths, state.tenthsTold)
        state.waitingTold = line.isWaiting
        StandardError.say(line)
    }

    private static let pause = Duration.milliseconds(200)

    private static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
