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
    private var transfers = Transfers<Int>()
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
            take(message, blobs, now)
        }
        while let assignment = running.first {
            running.removeFirst()
            let outputs = Errand.outputs(of: assignment.task)
            for output in outputs { sizes[output.name] = output.byteCount }
            act(.ran(assignment.task, outputs: outputs, wallNanoseconds: 1), now)
        }
    }

    private mutating func take(_ message: Message, _ blobs: [Hash], _ now: Instant) {
        switch message {
        case .blobChunk(let chunk):
            switch transfers.receive(chunk, min(chunk.total - chunk.offset, WireLimits.frame), from: 0) {
            case .more(let requests): outbox += requests.map(Message.blobRequest)
            case .complete:
                _ = transfers.close(chunk.name, isSound: true)
                act(.fetched(chunk.name), now)
            case .damaged(let reason): act(.unfetchable(chunk.name, reason), now)
            case .unexpected: break
            }
        case .blobMissing(let missing):
            guard transfers.giveUp(missing.name, from: 0).wasOnItsWay else { return }
            act(.unfetchable(missing.name, "it is nowhere"), now)
        case .blobRequest(let request):
            outbox.append(
                sizes[request.name].map {
                    .blobChunk(BlobChunk(name: request.name, offset: request.offset, total: $0))
                } ?? .blobMissing(BlobMissing(name: request.name))
            )
        default: act(.received(message, blobs: blobs), now)
        }
    }

    mutating func act(_ event: WorkerLife.Event, _ now: Instant) {
        for action in life.handle(event, at: now) {
            switch action {
            case .send(let message): outbox.append(message)
            case .offer(let finished): outbox.append(.finished(finished))
            case .fetch(let name, let byteCount):
                outbox += transfers.begin(name, of: byteCount, from: 0).map(Message.blobRequest)
            case .stopFetching: transfers.giveUpAll(from: 0)
            case .run(let assignment): running.append(assignment)
            case .interrupt(let task): running.removeAll { $0.task == task }
            case .forget(let names): for name in names { sizes[name] = nil }
            case .reconnect, .end: break
            }
        }
    }
}
