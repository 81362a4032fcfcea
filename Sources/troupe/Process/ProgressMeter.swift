import Jobs

/// What is known of a job's progress, and for how long somebody has worked on it. A value: what is seen goes in with the
/// time, lines come out.
struct ProgressMeter {
    private var progress: TrainingProgress
    /// nil before anybody looked.
    private var workers: Int?
    private var worked = Duration.zero
    private var noted: ContinuousClock.Instant
    /// A task that is lost takes the work back; a bar that goes back would only alarm.
    private var share = 0.0
    private var running: String?
    /// What an earlier run had done.
    private var before = (tasks: 0, share: 0.0)

    /// Nothing is done.
    init(_ progress: TrainingProgress, at now: ContinuousClock.Instant) {
        self.progress = progress
        noted = now
    }

    /// A task has finished.
    ///
    /// - Parameters:
    ///   - progress: What is finished.
    ///   - reused: Tasks of it that an earlier run had done.
    ///   - now: When that was.
    mutating func update(_ progress: TrainingProgress, reused: Int = 0, at now: ContinuousClock.Instant) {
        // As long as nothing else has come, all of it is an earlier run's.
        if progress.tasks <= reused { before = (progress.tasks, min(1, progress.share)) }
        pass(to: now, working: true)
        // Somebody has done it, whatever was seen before.
        if workers == 0 { workers = nil }
        self.progress = progress
        share = max(share, min(1, progress.share))
    }

    /// Somebody has looked at the cluster.
    ///
    /// - Parameters:
    ///   - workers: How many workers there are.
    ///   - underWay: What is done within tasks that run, as a part of all the work.
    ///   - running: What runs, in order.
    ///   - now: When that was.
    mutating func look(workers: Int, underWay: Double, running: [String] = [], at now: ContinuousClock.Instant) {
        pass(to: now, working: self.workers != 0 || workers > 0)
        self.workers = workers
        share = max(share, min(1, progress.share + underWay))
        // Between two short tasks there may be none; what was seen last still says where it is.
        if let first = running.first { self.running = first + (running.count > 1 ? " + \(running.count - 1)" : "") }
    }

    /// Time in which there was nobody to work says nothing about the pace.
    private mutating func pass(to now: ContinuousClock.Instant, working: Bool) {
        if working { worked += now - noted }
        noted = now
    }

    /// What to show.
    var line: ProgressLine {
        ProgressLine(
            progress: progress,
            share: share,
            before: before,
            workers: workers,
            elapsed: worked,
            running: running
        )
    }
}
