import Synchronization
public import Tasks
public import Tensors
import Wire

/// What recipes ask of it.
extension Coordinator: Cluster {
    /// Keeps a tensor here, from where workers get it once each.
    public nonisolated func share(_ value: TensorValue) async throws -> Handle {
        let blob = Frame(value)
        let tensor = TensorBlob(name: blob.blobName, type: value.type)
        await keep(tensor, hostBlobs.place(blob, as: tensor.name))
        return Handle(tensor.name, type: tensor.type, keptBy: self)
    }

    /// Runs a program on whichever worker is free, again and again until one has done it; not at all if the result is in
    /// the ledger.
    ///
    /// - Throws: `TaskError`, `CancellationError`, or `LedgerError` when results cannot be made durable.
    public nonisolated func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let submission = try Submission(program, work, programs: programs, hostBlobs: hostBlobs)
        if let known = try await recorded(submission.specification) { return TaskOutputs(of: program, handles: known) }
        let number = newWaiter()
        let outputs = try await withTaskCancellationHandler {
            try await self.results(of: submission, waiter: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.abandon(submission.specification.task, waiter: number) } }
        }
        return TaskOutputs(of: program, handles: outputs.map { Handle($0.name, type: $0.type, keptBy: self) })
    }

    /// A recorded tensor of no more bytes goes with its handle. To keep it here for others takes longer than to name it anew each
    /// time it is an input.
    private static let mostHeld = 4 << 10

    /// The outputs of a task that is in the ledger.
    ///
    /// - Throws: `TaskError.shutDown`, or `CancellationError`, as when the task would be run.
    nonisolated func recorded(_ task: TaskSpecification) async throws -> [Handle]? {
        guard let ledger, task.keeping == .recorded else { return nil }
        try Task.checkCancellation()
        guard let values = try await ledger.outputs(of: task.task), values.map(\.type) == task.outputs,
            try await settle(task.task)
        else { return nil }
        var handles: [Handle] = []
        for value in values {
            handles.append(value.blobByteCount <= Self.mostHeld ? Handle(holding: value) : try await share(value))
        }
        return handles
    }

    /// Takes a result that is in the ledger for good.
    ///
    /// - Returns: false when it has just been written there and may yet be taken back. Whoever waits for the task gets what
    ///   counts.
    private func settle(_ task: Hash) throws -> Bool {
        try requireService()
        guard !life.scheduler.isUnsettled(task) else { return false }
        handle(.settled(task))
        return true
    }

    /// Writes the snapshot down, if there is a ledger.
    ///
    /// - Throws: `LedgerError`.
    public nonisolated func save(_ snapshot: Snapshot, as name: String) async throws {
        try await ledger?.save(snapshot, as: name)
    }

    /// The snapshot that was written down last; nil when there is none, or no ledger.
    ///
    /// - Throws: `LedgerError`.
    public nonisolated func snapshot(_ name: String) async throws -> Snapshot? { try await ledger?.snapshot(name) }

    nonisolated func newWaiter() -> Int { waiterCount.add(1, ordering: .relaxed).newValue }

    private func keep(_ tensor: TensorBlob, _ blob: Frame) {
        store[tensor.name] = blob
        handle(.shared(tensor))
    }

    private func results(of submission: Submission, waiter number: Int) async throws -> [TensorBlob] {
        try requireService()
        // From here to the continuation nothing else runs; whoever cancels later finds it.
        try Task.checkCancellation()
        try checkInputs(of: submission)
        return try await withCheckedThrowingContinuation { continuation in
            submit(submission, waiter: number) { self.resume(continuation, with: $0) }
        }
    }

    /// Lets a recipe go on at the end of this turn. To wake its thread takes a while; those whose results came together are woken
    /// together, and after what the workers are told.
    private func resume(
        _ continuation: CheckedContinuation<[TensorBlob], any Error>,
        with result: Result<[TensorBlob], any Error>
    ) {
        resumptions.append((continuation, result))
        guard resumptions.count == 1 else { return }
        // What is for workers is sent at the end of a turn, too, and so at its very end recipes go on.
        loop.atEndOfTurn { [self] in loop.atEndOfTurn { self.assumeIsolated { $0.resumeAll() } } }
    }

    private func resumeAll() {
        let some = resumptions
        resumptions = []
        for (continuation, result) in some { continuation.resume(with: result) }
    }

    /// Hands a task over. `take` is called once: when there are outputs, or there will be none.
    func submit(
        _ submission: Submission,
        waiter number: Int,
        take: @escaping (Result<[TensorBlob], any Error>) -> Void
    ) {
        let task = submission.specification.task
        var waiters = taskWaiters[task] ?? []
        waiters.append((number, take))
        taskWaiters[task] = waiters
        for (name, blob) in submission.given { store[name] = blob }
        handle(.submitted(submission.specification, given: submission.given.map(\.name)))
    }

    /// What a task needs and is nowhere.
    func checkInputs(of submission: Submission) throws {
        let specification = submission.specification
        // Those that are given are known as soon as it is.
        for input in submission.kept where !life.scheduler.knows(input.name) {
            throw TaskError.lost("\(input.type) \(input.name.short), an input of \(specification.role)")
        }
    }

    func requireService() throws {
        guard life.farewell == nil else { throw failure ?? TaskError.shutDown as any Error }
    }

    func abandon(_ task: Hash, waiter number: Int) {
        guard var waiters = taskWaiters[task], let index = waiters.firstIndex(where: { $0.number == number }) else {
            return
        }
        // Who asked for it twice gives it up twice.
        let waiter = waiters.remove(at: index)
        taskWaiters[task] = waiters.isEmpty ? nil : waiters
        waiter.take(.failure(CancellationError()))
        handle(.abandoned(task))
    }
}

extension Coordinator: TensorKeeper {
    /// The tensor of this name: from here, from a worker that has it, or computed again.
    ///
    /// - Throws: `TaskError.lost` when it is nowhere, `TaskError.shutDown`, or `CancellationError`.
    public nonisolated func value(of hash: Hash, type: TensorType) async throws -> TensorValue {
        let number = newWaiter()
        let blob = try await withTaskCancellationHandler {
            try await self.blob(hash, waiter: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.stopWaiting(for: hash, waiter: number) } }
        }
        guard let value = blob.tensor(of: type) else {
            throw TaskError.lost("\(type) \(hash.short): its bytes are those of another tensor")
        }
        return value
    }

    private func blob(_ hash: Hash, waiter number: Int) async throws -> Frame {
        try requireService()
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            blobWaiters[hash, default: []].append((number, continuation))
            handle(.wanted(hash))
        }
    }

    /// The scheduler goes on to get the blob, which is of no use to anybody and so is forgotten when it comes.
    private func stopWaiting(for hash: Hash, waiter number: Int) {
        guard let index = blobWaiters[hash]?.firstIndex(where: { $0.number == number }) else { return }
        blobWaiters[hash]?.remove(at: index).continuation.resume(throwing: CancellationError())
        if blobWaiters[hash]?.isEmpty ?? false { blobWaiters[hash] = nil }
    }
}
