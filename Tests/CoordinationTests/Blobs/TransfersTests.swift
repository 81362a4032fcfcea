import Tensors
import Testing
import Wire

@testable import Coordination

@Suite("Transfers")
struct TransfersTests {
    private static let piece = WireLimits.frame
    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 24) }
    }

    /// The pieces that a store answers with.
    private func answer(_ request: BlobRequest, from store: BlobStore) throws -> (BlobChunk, Frame) {
        let parcel = store.answer(request)
        try parcel.check()
        guard case .blobChunk(let chunk) = parcel.message else { throw Missing() }
        return (chunk, parcel.frames[0])
    }
    private struct Missing: Error {}

    @Test("a blob of any size arrives whole, with few pieces under way")
    func whole() throws {
        for count in [
            0, 1, Self.piece - 1, Self.piece, Self.piece + 1, 4 * Self.piece, 5 * Self.piece, 9 * Self.piece + 7,
        ] {
            let content = Self.content(count)
            let name = Hash.ofBlob(content)
            var store = BlobStore()
            store[name] = Frame(content)
            #expect(store.byteCount == count)
            var transfers = Transfers<Int>()
            var requests = transfers.begin(name, of: count, from: 1)
            let again = transfers.begin(name, of: count, from: 1)
            #expect(again.isEmpty, "it is on its way")
            var partial = PartialBlobs()
            var received: [UInt8]?
            var offsets: [Int] = []
            while !requests.isEmpty {
                #expect(requests.count <= Transfers<Int>.window)
                let request = requests.removeFirst()
                offsets.append(request.offset)
                let (chunk, frame) = try answer(request, from: store)
                switch transfers.receive(chunk, frame.count, from: 1) {
                case .more(let more):
                    partial.append(frame, to: name)
                    requests += more
                case .complete:
                    partial.append(frame, to: name)
                    received = partial.take(name)?.bytes
                    let end = transfers.close(name, isSound: received != nil)
                    #expect(end?.again == [])
                case .damaged(let reason): Issue.record("\(count): \(reason)")
                case .unexpected: Issue.record("\(count): unexpected")
                }
            }
            #expect(received == content, "\(count) bytes")
            #expect(offsets == Array(stride(from: 0, to: max(count, 1), by: Self.piece)), "\(count) bytes")
            #expect(transfers.names.isEmpty)
        }
    }

    @Test("a piece at the wrong place, of another length, or with other content ends the transfer")
    func damaged() throws {
        let content = Self.content(2 * Self.piece)
        let name = Hash.ofBlob(content)
        let half = Frame(Array(content[..<Self.piece]))
        func outcome(_ chunks: [(BlobChunk, Frame)]) -> Transfers<Int>.Outcome {
            var transfers = Transfers<Int>()
            var partial = PartialBlobs()
            _ = transfers.begin(name, of: content.count, from: 1)
            var last = Transfers<Int>.Outcome.unexpected
            for (chunk, frame) in chunks {
                last = transfers.receive(chunk, frame.count, from: 1)
                partial.append(frame, to: name)
            }
            if last == .complete, partial.take(name) == nil {
                let end = transfers.close(name, isSound: false)
                #expect(end?.again == [])
                last = .damaged("its content does not have its name")
            }
            if case .damaged = last { #expect(!transfers.contains(name)) }
            return last
        }
        func isDamaged(_ outcome: Transfers<Int>.Outcome) -> Bool {
            if case .damaged = outcome { true } else { false }
        }
        let first = (BlobChunk(name: name, offset: 0, total: content.count), half)
        #expect(isDamaged(outcome([(BlobChunk(name: name, offset: Self.piece, total: content.count), half)])))
        #expect(isDamaged(outcome([first, first])))
        #expect(isDamaged(outcome([(BlobChunk(name: name, offset: 0, total: content.count + 1), half)])))
        #expect(isDamaged(outcome([first, (BlobChunk(name: name, offset: Self.piece, total: content.count), half)])))
    }

    @Test("a piece of nobody's, of another source or too late is not taken")
    func unexpected() {
        let content = Self.content(10)
        let name = Hash.ofBlob(content)
        let chunk = BlobChunk(name: name, offset: 0, total: 10)
        var transfers = Transfers<Int>()
        func isUnexpected(from source: Int) -> Bool {
            if case .unexpected = transfers.receive(chunk, content.count, from: source) { true } else { false }
        }
        #expect(isUnexpected(from: 1))
        _ = transfers.begin(name, of: 10, from: 1)
        #expect(isUnexpected(from: 2))
        let gaveUp = [2, 1].map { transfers.giveUp(name, from: $0).wasOnItsWay }
        #expect(gaveUp == [false, true])
        #expect(isUnexpected(from: 1))
        _ = transfers.begin(name, of: 10, from: 1)
        let gone = [2, 1].map { transfers.giveUpAll(from: $0).names }
        #expect(gone == [[], [name]])
        #expect(isUnexpected(from: 1))
    }

    @Test("a blob that is asked for elsewhere begins anew there")
    func otherSource() {
        let content = Self.content(10)
        let name = Hash.ofBlob(content)
        var transfers = Transfers<Int>()
        let requests = [1, 2].map { transfers.begin(name, of: 10, from: $0).count }
        #expect(requests == [1, 1])
        let isOver = transfers.giveUp(name, from: 1).wasOnItsWay
        #expect(!isOver, "what the first one says does not matter any more")
        let chunk = BlobChunk(name: name, offset: 0, total: 10)
        guard case .complete = transfers.receive(chunk, content.count, from: 2) else {
            Issue.record("the second source is not listened to")
            return
        }
    }

    @Test("what came before a break is not asked for again, unless the whole turns out to be wrong")
    func resumption() {
        let content = Self.content(9 * Self.piece)
        let name = Hash.ofBlob(content)
        var transfers = Transfers<Int>()
        func piece(_ index: Int) -> BlobChunk {
            BlobChunk(name: name, offset: index * Self.piece, total: content.count)
        }
        var offsets = transfers.begin(name, of: content.count, from: 1).map(\.offset)
        #expect(offsets == [0, 1, 2, 3].map { $0 * Self.piece })
        for index in 0..<3 { _ = transfers.receive(piece(index), Self.piece, from: 1) }
        let end = transfers.giveUpAll(from: 1)
        #expect(end.names == [name] && end.dropped.isEmpty)
        #expect(!transfers.contains(name))
        offsets = transfers.begin(name, of: content.count, from: 2).map(\.offset)
        #expect(offsets == [3, 4, 5, 6].map { $0 * Self.piece }, "the three that came are here")
        for index in 3..<8 {
            guard case .more = transfers.receive(piece(index), Self.piece, from: 2) else {
                Issue.record("piece \(index)")
                return
            }
        }
        let last = transfers.receive(piece(8), Self.piece, from: 2)
        #expect(last == .complete)
        let again = transfers.close(name, isSound: false)
        #expect(again?.again.map(\.offset) == [0, 1, 2, 3].map { $0 * Self.piece }, "all of it from one source")
        for index in 0..<9 { _ = transfers.receive(piece(index), Self.piece, from: 2) }
        let wrong = transfers.close(name, isSound: false)
        #expect(wrong?.source == 2 && wrong?.again == [], "and then it is that source's fault")
        #expect(!transfers.contains(name))
    }

    @Test("little is kept of what nobody sends any more")
    func interruptions() {
        var transfers = Transfers<Int>()
        var dropped = 0
        for number in 0..<100 as Range<UInt8> {
            let name = Hash(of: [number])
            _ = transfers.begin(name, of: 2 * Self.piece, from: 1)
            _ = transfers.receive(BlobChunk(name: name, offset: 0, total: 2 * Self.piece), Self.piece, from: 1)
            dropped += transfers.giveUp(name, from: 1).dropped.count
        }
        #expect(dropped == 100 - Transfers<Int>.mostInterrupted)
    }

    @Test("a store answers with what it has, and with nothing else")
    func answers() throws {
        let content = Self.content(10)
        let name = Hash.ofBlob(content)
        var store = BlobStore()
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 0), from: store) }
        store[name] = Frame(content)
        let (chunk, frame) = try answer(BlobRequest(name: name, offset: 4, length: 3), from: store)
        #expect(chunk == BlobChunk(name: name, offset: 4, total: 10) && frame.bytes == Array(content[4..<7]))
        #expect(try answer(BlobRequest(name: name, offset: 9, length: 100), from: store).1.bytes == [content[9]])
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 10), from: store) }
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 1 << 40), from: store) }
        store[name] = nil
        #expect(store.byteCount == 0)
        let empty = Hash.ofBlob([])
        store[empty] = Frame([])
        #expect(try answer(BlobRequest(name: empty, offset: 0), from: store).1.count == 0)
    }
}
