import Synchronization
public import Tasks
public import Tensors
import Wire

/// Many tasks at once: what a recipe asks for in one go comes to the coordinator's thread in few pieces, and goes back in one.
extension Coordinator {
    /// So many tasks are handed over at a time; others have their turn between.
    private static let tasksPerTurn = 64
    private static let fusedTasksPerTurn = 16
    /// So many handles are let go of at a time.
    private static let releasesPerTurn = 256

    /// Runs a program once for each work, as `run` does; those whose results are in the ledger are not run again.
    ///
    /// Of a program that takes next to no time, several works that need not be recorded travel and run as one task. If that
    /// fails, each of them is tried on its own.
    ///
    /// - Throws: the first error; the other runs are then cancelled.
    public nonisolated func run(_ program: Program, each works: [Work]) async throws -> [TaskOutputs] {
        let number = newWaiter()
        let outputs = try await withTaskCancellationHandler {
            try await self.begin(number, count: works.count)
            do {
                var start = 0
                while start < works.count {
                    let size = await self.fusionSize(of: program, works[start...])
                    let end = min(start + max(Self.tasksPerTurn, size * Self.fusedTasksPerTurn), works.count)
                    let parts = try self.parts(program, works[start..<end], fusing: size)
                    try await self.submit(try await withoutRecorded(parts, of: number), of: number)
                    start = end
                }
            } catch {
                await self.fail(number, error)
            }
            return try await self.results(of: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.fail(number, CancellationError()) } }
        }
        return outputs.map { TaskOutputs(of: program, handles: $0) }
    }

    /// A task that a recipe asked for in one go with others.
    private struct Part: Sendable {
        /// What it does of all that was asked for.
        let works: ArraySlice<Work>
        /// What runs for each of these works.
        let program: Program
        let submission: Submission
    }

    private nonisolated func parts(_ program: Program, _ works: ArraySlice<Work>, fusing size: Int) throws -> [Part] {
        var parts: [Part] = []
        var rest = works
        while let first = rest.first {
            let (own, work, count) = fused(program, rest, size).map { ($0, $1, size) } ?? (program, first, 1)
            let submission = try Submission(own, work, workCount: count, programs: programs, hostBlobs: hostBlobs)
            parts.append(Part(works: rest.prefix(count), program: program, submission: submission))
            rest = rest.dropFirst(count)
        }
        return parts
    }

    /// The task that does the first works, so many of them; nil where each is better off alone.
    private nonisolated func fused(_ program: Program, _ works: ArraySlice<Work>, _ size: Int) -> (Program, Work)? {
        guard size > 1, works.count >= size, let first = works.first, Fusion.fits(first, program),
            let fused = fusedPrograms.program(program, size, sharing: Fusion.sharing(first), packed: programs),
            let work = Fusion.work(of: works.prefix(size))
        else { return nil }
        return (fused, work)
    }

    /// How many of some works of a program make one task.
    private func fusionSize(of program: Program, _ works: ArraySlice<Work>) -> Int {
        Fusion.size(
            of: program,
            sharing: works.first.map(Fusion.sharing) ?? [],
            running: life.scheduler.usualTime(of: program.hash),
            works: works.count,
            workers: life.scheduler.workerCount
        )
    }

    /// Takes the outputs of those that are in the ledger, and leaves the others.
    private nonisolated func withoutRecorded(_ parts: [Part], of number: Int) async throws -> [Part] {
        let tasks = parts.map(\.submission.specification).filter { $0.keeping == .recorded }.map(\.task)
        guard let known = await ledger?.recorded(among: tasks), !known.isEmpty else { return parts }
        var others: [Part] = []
        for part in parts {
            let specification = part.submission.specification
            if known.contains(specification.task), let handles = try await recorded(specification) {
                await self.finish([handles], of: part.works.indices, of: number)
            } else {
                others.append(part)
            }
        }
        return others
    }

    private func begin(_ number: Int, count: Int) throws {
        try requireService()
        // Whoever cancels later finds it.
        try Task.checkCancellation()
        batches[number] = TaskBatch(count: count)
    }

    private func submit(_ parts: [Part], of number: Int) throws {
        guard let batch = batches[number] else { return }
        for part in parts {
            // Nothing more need be prepared.
            if let error = batch.error { throw error }
            try requireService()
            try checkInputs(of: part.submission)
            batch.begin(part.submission.specification.task, at: part.works.startIndex)
            submit(part.submission, waiter: number) { [self] result in
                switch result {
                case .success(let outputs):
                    let handles = outputs.map { Handle($0.name, type: $0.type, keptBy: self) }
                    if part.works.count > 1 {
                        unstack(handles, for: part, of: number)
                    } else {
                        finish([handles], of: part.works.indices, of: number)
                    }
                case .failure(TaskError.failed) where part.works.count > 1:
                    // Each for itself, so that it is known which of them fails. Not amid the actions for an event.
                    loop.perform { self.assumeIsolated { $0.separate(part, of: number) } }
                case .failure(let error): fail(number, error)
                }
            }
        }
    }

    /// Submits the works of a part one by one.
    private func separate(_ part: Part, of number: Int) {
        fusedPrograms.fail(part.program)
        do {
            try submit(parts(part.program, part.works, fusing: 1), of: number)
        } catch {
            fail(number, error)
        }
    }

    /// Gives each work of a task its own outputs, of which nobody else need know: they are small, and mostly came along with the
    /// result.
    private func unstack(_ stacks: [Handle], for part: Part, of number: Int) {
        let works = part.works.indices
        let values = stacks.compactMap { store[$0.hash]?.tensor(of: $0.type) }
        if values.count == stacks.count { return finish(Self.rows(values, works.count), of: works, of: number) }
        // As from afar, where much is under way.
        Task {
            do {
                let values = try await concurrently(over: stacks) { try await $0.value }
                finish(Self.rows(values, works.count), of: works, of: number)
            } catch TaskError.lost {
                separate(part, of: number)
            } catch {
                fail(number, error)
            }
        }
    }

    /// What several works found, each of which has a row of each tensor.
    private static func rows(_ stacks: [TensorValue], _ count: Int) -> [[Handle]] {
        let rows = stacks.map(\.unstacked)
        return (0..<count).map { index in rows.map { Handle(holding: $0[index]) } }
    }

    private func finish(_ outputs: [[Handle]], of works: Range<Int>, of number: Int) {
        guard let batch = batches[number] else { return }
        for (index, handles) in zip(works, outputs) { batch.finish(handles, at: index) }
        guard batch.error == nil, let outputs = batch.outputs, let continuation = batch.continuation else { return }
        batches[number] = nil
        continuation.resume(returning: outputs)
    }

    private func fail(_ number: Int, _ error: any Error) {
        guard let batch = batches[number], batch.error == nil else { return }
        batch.fail(error)
        // Not amid the actions for an event, which may bring the outputs of others.
        loop.perform { self.assumeIsolated { $0.abandon(batch: number) } }
    }

    private func abandon(batch number: Int) {
        guard let batch = batches[number], let error = batch.error else { return }
        for task in batch.underWay { if let task { abandon(task, waiter: number) } }
        batch.isAbandoned = true
        guard let continuation = batch.continuation else { return }
        batches[number] = nil
        continuation.resume(throwing: error)
    }

    private func results(of number: Int) async throws -> [[Handle]] {
        if let batch = batches[number] {
            if batch.error == nil, let outputs = batch.outputs {
                batches[number] = nil
                return outputs
            }
            if batch.isAbandoned, let error = batch.error {
                batches[number] = nil
                throw error
            }
        }
        return try await withCheckedThrowingContinuation { batches[number]?.continuation = $0 }
    }

    // MARK: Handles

    /// Notes that one handle of this tensor is gone.
    public nonisolated func release(_ hash: Hash) {
        let isFirst = released.withLock { names in
            names.append(hash)
            return names.count == 1
        }
        if isFirst { releaseLater() }
    }

    private nonisolated func releaseLater() {
        loop.perform {
            self.assumeIsolated { coordinator in
                let (some, isMore) = coordinator.released.withLock { names in
                    // In no order; to take the last ones moves no others.
                    let some = Array(names.suffix(Self.releasesPerTurn))
                    names.removeLast(some.count)
                    return (some, !names.isEmpty)
                }
                if isMore { coordinator.releaseLater() }
                coordinator.handle(.released(some))
            }
        }
    }
}
