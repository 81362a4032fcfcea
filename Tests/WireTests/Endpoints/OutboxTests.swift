import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("What waits to be sent")
struct OutboxTests {
    /// What a receiver makes of a load.
    private static func parcels(of load: Outbox.Load, _ sizes: [[Int]]) throws -> [([UInt8], [[UInt8]])] {
        let envelopes = try load.envelope.withUnsafeBytes { try Bundle.envelopes(in: $0)?.map { Array($0) } }
        guard let envelopes else { return [(load.envelope, load.frames.map(\.bytes))] }
        var body = (load.frames.first?.bytes ?? [])[...]
        #expect(load.frames.count <= 1 && body.count <= WireLimits.frame && load.envelope.count <= WireLimits.envelope)
        #expect(envelopes.count <= WireLimits.bundled && (envelopes.count > 1 || sizes[0].count > 1))
        let parcels = zip(envelopes, sizes).map { envelope, sizes in
            (
                envelope,
                sizes.map { size in
                    defer { body = body.dropFirst(size) }
                    return Array(body.prefix(size))
                }
            )
        }
        #expect(body.isEmpty)
        return parcels
    }

    @Test("whatever waits comes out once and in order, with its frames, and is counted")
    func order() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var (outbox, waiting): (Outbox, [([UInt8], [[UInt8]])]) = (Outbox(), [])
            var number = 0
            func byteCount() -> Int { waiting.reduce(0) { $0 + 1_024 + $1.0.count + $1.1.reduce(0) { $0 + $1.count } } }
            for _ in 0..<60 {
                for _ in 0..<Int.random(in: 0...(random.oneIn(4) ? 50 : 3), using: &random) {
                    number += 1
                    let most = random.oneIn(20) ? 70_000 : 300
                    let envelope = try Message.release(Release(names: [Sample.hash(number)])).encoded()
                    let frames = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                        Sample.bytes(Int.random(in: 0...most, using: &random), seed: number)
                    }
                    outbox.append(Parcel(.drain, frames: frames.map { Frame($0) }), packed: envelope)
                    waiting.append((envelope, frames))
                }
                #expect(outbox.byteCount == byteCount())
                guard !random.oneIn(3), let load = outbox.load() else {
                    #expect(outbox.isEmpty == waiting.isEmpty)
                    continue
                }
                let expected = waiting.prefix(load.count)
                let found = try Self.parcels(of: load, expected.map { $0.1.map(\.count) })
                #expect(found.map(\.0) == expected.map(\.0), "seed \(seed)")
                #expect(found.map(\.1) == expected.map(\.1), "seed \(seed)")
                outbox.removeFirst(load.count)
                waiting.removeFirst(load.count)
            }
            while let load = outbox.load() {
                outbox.removeFirst(load.count)
                waiting.removeFirst(load.count)
            }
            #expect(waiting.isEmpty && outbox.byteCount == 0)
        }
    }

    @Test("it is full when there are many parcels, many bytes, or one that travels alone")
    func fullness() throws {
        let envelope = try Message.drain.encoded()
        var many = Outbox()
        for count in 1...64 {
            many.append(Parcel(.drain), packed: envelope)
            #expect(many.isLoad == (count == 64))
        }
        var large = Outbox()
        large.append(Parcel(.drain, frames: [Frame(Sample.bytes(1_023))]), packed: envelope)
        #expect(!large.isLoad)
        large.append(Parcel(.drain, frames: [Frame(Sample.bytes(1_024))]), packed: envelope)
        #expect(large.isLoad)
        #expect(large.load()?.count == 1)
        var long = Outbox()
        let release = Message.release(Release(names: (0..<600).map(Sample.hash)))
        for _ in 0..<2 { long.append(Parcel(release), packed: try release.encoded()) }
        #expect(long.isLoad)
        #expect(long.load()?.count == 1)
    }

    /// What is decoded of some parts, and the error that ended it.
    private static func decoded(_ envelope: [UInt8], _ frames: [Frame]) -> ([Parcel], WireError?) {
        var (parcels, error): ([Parcel], WireError?) = ([], nil)
        envelope.withUnsafeBytes { bytes in
            let count = Parcel.decode(bytes, frames, count: frames.count) { result in
                switch result {
                case .success(let parcel): parcels.append(parcel)
                case .failure(let found): error = found
                }
                return true
            }
            #expect(count == parcels.count + (error == nil ? 0 : 1))
        }
        return (parcels, error)
    }

    @Test("the other side decodes what was sent; of what was damaged, a beginning")
    func decoding() throws {
        for seed in 0..<1_500 as Range<UInt64> {
            var random = Seeded(seed)
            var (outbox, sent): (Outbox, [Parcel]) = (Outbox(), [])
            for number in 0..<Int.random(in: 1...12, using: &random) {
                var parcel = Parcel(Sample.message(Int.random(in: Sample.kinds, using: &random), using: &random))
                if case .blobChunk(let chunk) = parcel.message {
                    // Only its frame tells how long it is.
                    let most = min(chunk.total - chunk.offset, 2_000)
                    parcel.frames = [Frame(Sample.bytes(Int.random(in: min(1, most)...most, using: &random)))]
                } else if random.oneIn(2) {
                    let outputs = (0..<Int.random(in: 0...3, using: &random)).map { index in
                        let type = TensorType(.u8, [Int.random(in: 0...40, using: &random)])
                        return TaskOutput(TensorBlob(name: Sample.hash(index), type: type), isAttached: random.oneIn(2))
                    }
                    parcel.message = .finished(
                        TaskFinished(task: Sample.hash(number), attempt: 1, outputs: outputs, wallNanoseconds: 1)
                    )
                    parcel.frames = outputs.filter(\.isAttached).map { output in
                        Frame(Sample.bytes(output.tensor.byteCount, seed: number))
                    }
                }
                guard (try? parcel.check()) != nil else { continue }
                outbox.append(parcel, packed: try parcel.message.encoded())
                sent.append(parcel)
            }
            while let load = outbox.load() {
                outbox.removeFirst(load.count)
                let (found, error) = Self.decoded(load.envelope, load.frames)
                #expect(found == Array(sent.prefix(load.count)) && error == nil, "seed \(seed)")
                sent.removeFirst(load.count)
                // Whatever comes of damage, it is a message or an error, and messages before the damage are as they were.
                var envelope = load.envelope
                let place = Int.random(in: 0..<envelope.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: envelope[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: envelope.removeLast(envelope.count - place)
                default: envelope.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
                let frames = random.oneIn(3) ? load.frames.map { $0.slice(0..<$0.count / 2) } : load.frames
                _ = Self.decoded(envelope, frames)
            }
        }
    }
}
