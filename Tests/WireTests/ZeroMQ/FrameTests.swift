import Tensors
import Testing

@testable import Wire

/// Memory that tells when it is let go of.
final class Owner: @unchecked Sendable {
    // The bytes do not change from `init` to `deinit`.
    let memory: UnsafeMutableRawBufferPointer
    private let ended: AsyncStream<Void>.Continuation

    init(_ bytes: [UInt8], _ ended: AsyncStream<Void>.Continuation) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
        self.ended = ended
    }

    deinit {
        memory.deallocate()
        ended.yield()
    }

    var frame: Frame { Frame(lending: UnsafeRawBufferPointer(memory), of: self) }
}

@Suite("Frames", .timeLimit(.minutes(1)))
struct FrameTests {
    @Test("are equal when their bytes are", arguments: [0, 1, 33, 34, 5_000])
    func equality(count: Int) {
        let bytes = Sample.bytes(count)
        let frame = Frame(bytes)
        #expect(frame.count == count && frame.bytes == bytes)
        #expect(frame == Frame(bytes) && frame.hashValue == Frame(bytes).hashValue)
        #expect(frame != Frame(bytes + [0]))
        if count > 0 { #expect(frame != Frame(Sample.bytes(count, seed: 1))) }
        let (stream, ended) = AsyncStream.makeStream(of: Void.self)
        #expect(Owner(bytes, ended).frame == frame)
        withExtendedLifetime(stream) {}
    }

    @Test("a message's part has the frame's bytes: a copy of few, the very same of many")
    func cells() {
        for count in [0, 1, 29, 33, 1_023, 1_024, 262_144] {
            let frame = Frame(Sample.bytes(count))
            let cell = MessageCell.holding(frame)
            #expect(Array(cell.bytes) == frame.bytes)
            let isSame = frame.withBytes { $0.baseAddress == cell.bytes.baseAddress }
            #expect(isSame == (count >= 1_024), "\(count) bytes")
            #expect(!cell.hasMore && cell.connection == nil && cell.peerAddress == nil)
        }
    }

    @Test("a part that is never sent lets go of its frame")
    func unsent() async {
        let (stream, ended) = AsyncStream.makeStream(of: Void.self)
        for count in [10, 5_000] { _ = MessageCell.holding(Owner(Sample.bytes(count), ended).frame) }
        ended.finish()
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 2)
    }

    @Test("frames that were sent are let go of, whether they arrive or not", arguments: Place.allCases)
    func letGo(place: Place) async throws {
        let (stream, ended) = AsyncStream.makeStream(of: Void.self)
        var ends = stream.makeAsyncIterator()
        for count in [100, 100_000] {
            var meeting = try await Meeting(at: place)
            let chunk = Message.blobChunk(BlobChunk(name: Sample.hash(1), offset: 0, total: count))
            for number in 0..<20 {
                let bytes = Sample.bytes(count, seed: number)
                try await meeting.dealer.send(Parcel(chunk, frames: [Owner(bytes, ended).frame]))
                let (parcel, peer) = try await meeting.receivedAtRouter()
                #expect(parcel.frames.map(\.bytes) == [bytes])
                // What was received can be sent on.
                try await meeting.router.send(parcel, to: peer)
                #expect(try await meeting.receivedAtDealer() == parcel)
            }
            for _ in 0..<20 { await ends.next() }
            // Nobody reads these.
            let unread = try RawPeer(in: meeting.transport)
            try await unread.connect(to: meeting.address)
            try await unread.send([[42, 0]])
            let peer = try await meeting.receivedAtRouter().peer
            for number in 0..<20 {
                let owner = Owner(Sample.bytes(count, seed: number), ended)
                try await meeting.router.send(Parcel(chunk, frames: [owner.frame]), to: peer)
            }
            await unread.close()
            await meeting.close()
            for _ in 0..<20 { await ends.next() }
        }
    }

    @Test("within a process not even the frame's bytes are copied")
    func shared() async throws {
        var meeting = try await Meeting(at: .inproc)
        let frame = Frame(Sample.bytes(100_000))
        let chunk = Message.blobChunk(BlobChunk(name: Sample.hash(1), offset: 0, total: 100_000))
        try await meeting.dealer.send(Parcel(chunk, frames: [frame]))
        let received = try #require(try await meeting.receivedAtRouter().parcel.frames.first)
        let isSame = frame.withBytes { sent in received.withBytes { $0.baseAddress == sent.baseAddress } }
        #expect(isSame)
        await meeting.close()
    }

    @Test("a received frame outlives its socket, its loop and its transport", arguments: Place.allCases)
    func outliving(place: Place) async throws {
        var frames: [Frame] = []
        for count in [10, 100_000] {
            var meeting = try await Meeting(at: place)
            let chunk = Message.blobChunk(BlobChunk(name: Sample.hash(1), offset: 0, total: count))
            try await meeting.dealer.send(Parcel(chunk, frames: [Frame(Sample.bytes(count))]))
            frames += try await meeting.receivedAtRouter().parcel.frames
            await meeting.close()
        }
        #expect(frames.map(\.bytes) == [Sample.bytes(10), Sample.bytes(100_000)])
    }
}
