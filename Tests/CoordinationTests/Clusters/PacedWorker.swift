import Execution
import Synchronization
import Tasks
import Tensors
import Wire

@testable import Coordination

/// A worker of small tasks that says how long each took, whatever the machine is busy with, and refuses some.
final class PacedWorker: Sendable {
    private let dealer: DealerService
    private let store: Store
    private let work: Task<Counts, any Error>

    /// What it does when it is asked for an output.
    enum Handing {
        case gives
        /// It says that it has none.
        case lacks
        case ignores
    }

    /// What it has done.
    struct Counts: Equatable {
        var done = 0
        var failed = 0
        /// Outputs that it was asked for.
        var fetched = 0
    }

    /// A worker that has begun to work.
    ///
    /// - Parameters:
    ///   - crew: For whose coordinator.
    ///   - pace: How long it says that a task took.
    ///   - attaches: Whether outputs ride along with its results; else they have to be fetched.
    ///   - refuses: Which tasks fail there.
    ///   - hands: What it does when it is asked for an output.
    /// - Throws: when there is no room for another thread or socket.
    init(
        for crew: Crew,
        pace: Duration,
        attaches: Bool = true,
        refuses: @escaping @Sendable (Assignment) -> Bool = { _ in false },
        hands: @escaping @Sendable (TensorBlob) -> Handing = { _ in .gives }
    ) async throws {
        let dealer = try DealerService(on: Loop(name: "paced"), in: crew.transport)
        try await dealer.connect(to: crew.address)
        self.dealer = dealer
        let store = Store(hands: hands)
        self.store = store
        work = Task { try await Self.work(dealer, crew, store, pace, attaches, refuses) }
    }

    /// How many outputs it was asked for.
    var requestCount: Int { get async { await store.count } }

    /// Waits until the coordinator says goodbye, and closes the connection.
    ///
    /// - Returns: what it has done.
    func end() async throws -> Counts {
        let counts = try await work.value(within: .seconds(10))
        await dealer.close()
        return counts
    }

    private static func work(
        _ dealer: DealerService,
        _ crew: Crew,
        _ store: Store,
        _ pace: Duration,
        _ attaches: Bool,
        _ refuses: (Assignment) -> Bool
    ) async throws -> Counts {
        let executor = TaskExecutor(memoryLimit: 1 << 30)
        var blobs: [Hash: Frame] = [:]
        var counts = Counts()
        for await event in dealer.events {
            if case .connected = event {
                let hello = Hello(
                    numericsVersion: numericsVersion,
                    name: "paced",
                    build: "",
                    slots: 8,
                    cores: 1,
                    memoryLimitBytes: 0,
                    processID: 1
                )
                try await dealer.send(Parcel(.hello(hello)))
            }
            guard case .received(let parcel) = event else { continue }
            switch parcel.message {
            case .heartbeat: try await dealer.send(parcel)
            case .goodbye:
                try await dealer.send(parcel)
                counts.fetched = await store.count
                await store.close()
                return counts
            case .welcome(let welcome): await store.admit(welcome)
            case .dataSummons: try await store.open(for: crew)
            case .assignment(let assignment):
                for (name, frame) in zip(assignment.attached, parcel.frames) { blobs[name] = frame }
                let inputs = assignment.inputs.compactMap { blobs[$0.name] }
                guard !refuses(assignment), let program = blobs[assignment.program.name] else {
                    counts.failed += 1
                    let failed = TaskFailed(
                        task: assignment.task,
                        attempt: assignment.attempt,
                        code: .execution,
                        sentence: "not here"
                    )
                    try await dealer.send(Parcel(.failed(failed)))
                    continue
                }
                counts.done += 1
                let outputs = try executor.run(assignment, program: program, inputs: inputs, control: RunControl())
                    .get()
                // They may be inputs of other tasks.
                for output in outputs { blobs[output.tensor.name] = output.blob }
                await store.keep(outputs)
                let finished = TaskFinished(
                    task: assignment.task,
                    attempt: assignment.attempt,
                    outputs: outputs.map { TaskOutput($0.tensor, isAttached: attaches) },
                    wallNanoseconds: Int(pace / .nanoseconds(1))
                )
                try await dealer.send(Parcel(.finished(finished), frames: attaches ? outputs.map(\.blob) : []))
            default: continue
            }
        }
        return counts
    }

    /// What it has found, and the connection over which it hands that out.
    private actor Store {
        private var outputs: [Hash: TaskExecutor.Output] = [:]
        private var greeting: DataHello?
        private var dealer: DealerService?
        private var service: Task<Void, any Error>?
        private let hands: @Sendable (TensorBlob) -> Handing
        /// How often it was asked for something.
        private(set) var count = 0

        init(hands: @escaping @Sendable (TensorBlob) -> Handing) { self.hands = hands }

        func admit(_ welcome: Welcome) { greeting = DataHello(session: welcome.session, token: welcome.dataToken) }

        func keep(_ outputs: [TaskExecutor.Output]) {
            for output in outputs { self.outputs[output.tensor.name] = output }
        }

        func open(for crew: Crew) async throws {
            guard let greeting, dealer == nil else { return }
            let dealer = try DealerService(on: Loop(name: "paced data"), in: crew.transport)
            self.dealer = dealer
            try await dealer.connect(to: crew.address)
            service = Task {
                for await event in dealer.events {
                    if case .connected = event { try await dealer.send(Parcel(.dataHello(greeting))) }
                    guard case .received(let parcel) = event, case .blobRequest(let request) = parcel.message else {
                        continue
                    }
                    if let answer = answer(request) { try await dealer.send(answer) }
                }
            }
        }

        private func answer(_ request: BlobRequest) -> Parcel? {
            count += 1
            let output = outputs[request.name]
            return switch output.map({ hands($0.tensor) }) ?? .lacks {
            case .gives: BlobStore.answer(request, with: output?.blob)
            case .lacks: BlobStore.answer(request, with: nil)
            case .ignores: nil
            }
        }

        func close() async {
            service?.cancel()
            await dealer?.close()
        }
    }
}
