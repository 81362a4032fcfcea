import Tasks
import Tensors
import Wire

@testable import Coordination

/// A worker that does what it should, over a link without faults; blobs are names.
struct HonestWorker {
    var life: WorkerLife
    /// What came for it, and what it has to say.
    var inbox: [(message: Message, blobs: [Hash])] = []
    var outbox: [Message] = []
    /// The same for the connection for blobs, with the bytes of pieces.
    var dataInbox: [(message: Message, byteCount: Int)] = []
    var dataOutbox: [(message: Message, byteCount: Int)] = []
    private var supply = Supply()
    private var running: [Assignment] = []
    private var sizes: [Hash: Int] = [:]

    init(slots: Int) { life = WorkerLife(WorkerLife.Settings(Self.greeting("honest", slots: slots))) }

    static func greeting(_ name: String, slots: Int, previousSession: UInt64 = 0) -> Hello {
        var hello = Hello(
            numericsVersion: 1,
            name: name,
            build: "",
            slots: slots,
            cores: 1,
            memoryLimitBytes: 0,
            processID: 1
        )
        hello.previousSession = previousSession
        return hello
    }

    /// Takes what came, and finishes what runs.
    mutating func work(at now: Instant) {
        while !inbox.isEmpty {
            let (message, blobs) = inbox.removeFirst()
            act(.received(message, blobs: blobs), now)
        }
        while !dataInbox.isEmpty {
            let (message, byteCount) = dataInbox.removeFirst()
            act(.heard, now)
            feed(.received(message, byteCount: byteCount), now)
        }
        while let assignment = running.first {
            running.removeFirst()
            let outputs = Errand.outputs(of: assignment.task)
            for output in outputs { sizes[output.name] = output.byteCount }
            act(.ran(assignment.task, outputs: outputs, wallNanoseconds: 1), now)
        }
    }

    /// What a store with a blob of so many bytes answers; nil where there is none.
    static func answer(_ request: BlobRequest, size: Int?) -> (message: Message, byteCount: Int) {
        guard let size, request.offset < max(size, 1) else {
            return (.blobMissing(BlobMissing(name: request.name)), 0)
        }
        let chunk = BlobChunk(name: request.name, offset: request.offset, total: size)
        return (.blobChunk(chunk), min(request.length, size - request.offset))
    }

    private mutating func feed(_ event: Supply.Event, _ now: Instant) {
        for action in supply.handle(event, at: now) {
            switch action {
            case .connect: feed(.connected, now)
            case .send(let message): dataOutbox.append((message, 0))
            case .answer(let request): dataOutbox.append(Self.answer(request, size: sizes[request.name]))
            case .assemble(let name): feed(.assembled(name, isSound: true), now)
            case .fetched(let name): act(.fetched(name), now)
            case .unfetchable(let name, let reason): act(.unfetchable(name, reason), now)
            case .look(let look): feed(.looked(look.blob, .unmarkable), now)
            case .disconnect, .keepPiece, .dropPieces, .show, .unmark: break
            }
        }
    }

    mutating func act(_ event: WorkerLife.Event, _ now: Instant) {
        for action in life.handle(event, at: now) {
            switch action {
            case .send(let message): outbox.append(message)
            case .offer(let finished): outbox.append(.finished(finished))
            case .openSupply(let greeting, let isNearby): feed(.opened(greeting, isNearby: isNearby), now)
            case .fetch(let name, let byteCount): feed(.wanted(name, byteCount: byteCount), now)
            case .stopFetching: feed(.closed, now)
            case .run(let assignment): running.append(assignment)
            case .interrupt(let task): running.removeAll { $0.task == task }
            case .forget(let names): for name in names { sizes[name] = nil }
            case .reconnect, .end: break
            }
        }
    }
}
