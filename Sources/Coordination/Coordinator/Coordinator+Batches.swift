import Synchronization
public import Tasks
public import Tensors
import Wire

/// Many tasks at once: what a recipe asks for in one go comes to the coordinator's thread in few pieces, and goes back in one.
extension Coordinator {
    /// So many tasks are handed over at a time; others have their turn between.
    private static let tasksPerTurn = 64
    /// So many handles are let go of at a time.
    private static let releasesPerTurn = 256

    /// Runs a program once for each work, as `run` does; those whose results are in the ledger are not run again.
    ///
    /// - Throws: the first error; the other runs are then cancelled.
    public nonisolated func run(_ program: Program, each works: [Work]) async throws -> [TaskOutputs] {
        let number = newWaiter()
        let outputs = try await withTaskCancellationHandler {
            try await self.begin(number, count: works.count)
            do {
                for start in stride(from: 0, to: works.count, by: Self.tasksPerTurn) {
                    let indices = start..<min(start + Self.tasksPerTurn, works.count)
                    let submissions = try indices.map { index in
                        (index, try Submission(program, works[index], programs: programs, hostBlobs: hostBlobs))
                    }
                    try await self.submit(try await withoutRecorded(submissions, of: number), of: number)
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

    /// Takes the outputs of those that are in the ledger, and leaves the others.
    private nonisolated func withoutRecorded(
        _ submissions: [(Int, Submission)],
        of number: Int
    ) async throws -> [(Int, Submission)] {
        let tasks = submissions.map(\.1.specification).filter { $0.keeping == .recorded }.map(\.task)
        guard let known = await ledger?.recorded(among: tasks), !known.isEmpty else { return submissions }
        var others: [(Int, Submission)] = []
        for (index, submission) in submissions {
            if known.contains(submission.specification.task), let values = try await recorded(submission.specification)
            {
                var handles: [Handle] = []
                for value in values { handles.append(try await share(value)) }
                await self.finish(handles, at: index, of: number)
            } else {
                others.append((index, submission))
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

    private func submit(_ submissions: [(Int, Submission)], of number: Int) throws {
        guard let batch = batches[number] else { return }
        for (index, submission) in submissions {
            // Nothing more need be prepared.
            if let error = batch.error { throw error }
            try requireService()
            try checkInputs(of: submission)
            batch.begin(submission.specification.task, at: index)
            submit(submission, waiter: number) { [self] result in
                switch result {
                case .success(let outputs):
                    finish(outputs.map { Handle($0.name, type: $0.type, keptBy: self) }, at: index, of: number)
                case .failure(let error): fail(number, error)
                }
            }
        }
    }

    private func finish(_ handles: [Handle], at index: Int, of number: Int) {
        guard let batch = batches[number] else { return }
        batch.finish(handles, at: index)
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
                    let some = Array(names.prefix(Self.releasesPerTurn))
                    names.removeFirst(some.count)
                    return (some, !names.isEmpty)
                }
                if isMore { coordinator.releaseLater() }
                for name in some { coordinator.handle(.released(name)) }
            }
        }
    }
}
