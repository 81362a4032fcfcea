import Tensors
import Testing
import Wire

@testable import Coordination

@Suite("Worker's supply")
struct SupplyTests {
    private let blob = Hash(of: [1])
    private let greeting = DataHello(session: 7, token: 9)
    private let now = Instant(nanoseconds: 0)
    private func request(_ offset: Int, _ length: Int) -> Supply.Action {
        .send(.blobRequest(BlobRequest(name: blob, offset: offset, length: length)))
    }

    private func chunk(_ offset: Int, of total: Int) -> Message {
        .blobChunk(BlobChunk(name: blob, offset: offset, total: total))
    }

    @Test("it connects for a session, says which, and asks; after a break it asks for the rest")
    func breaks() {
        var supply = Supply()
        let (piece, total) = (WireLimits.frame, 2 * WireLimits.frame)
        #expect(supply.handle(.opened(greeting, isNearby: true), at: now) == [.connect])
        #expect(supply.handle(.wanted(blob, byteCount: total), at: now).isEmpty, "there is nobody to ask")
        let asked = [request(0, piece), request(piece, piece)]
        #expect(supply.handle(.connected, at: now) == [.send(.dataHello(greeting))] + asked)
        #expect(supply.handle(.received(chunk(0, of: total), byteCount: piece), at: now) == [.keepPiece(blob)])
        #expect(supply.handle(.disconnected, at: now).isEmpty)
        let next = DataHello(session: 7, token: 9, number: 2)
        #expect(supply.handle(.connected, at: now) == [.send(.dataHello(next)), request(piece, piece)])
        let last = supply.handle(.received(chunk(piece, of: total), byteCount: piece), at: now)
        #expect(last == [.keepPiece(blob), .assemble(blob)])
        #expect(supply.handle(.assembled(blob, isSound: true), at: now) == [.fetched(blob)])
        #expect(supply.handle(.closed, at: now) == [.disconnect])
        #expect(supply.handle(.closed, at: now).isEmpty)
    }

    @Test("the next session goes on where the last one ended")
    func sessions() {
        var supply = Supply()
        let (piece, total) = (WireLimits.frame, 2 * WireLimits.frame)
        _ = supply.handle(.opened(greeting, isNearby: true), at: now)
        _ = supply.handle(.connected, at: now)
        _ = supply.handle(.wanted(blob, byteCount: total), at: now)
        _ = supply.handle(.received(chunk(0, of: total), byteCount: piece), at: now)
        #expect(supply.handle(.closed, at: now) == [.disconnect], "what has come is kept")
        let next = DataHello(session: 8, token: 1)
        #expect(supply.handle(.opened(next, isNearby: true), at: now) == [.connect])
        #expect(supply.handle(.connected, at: now) == [.send(.dataHello(next))])
        #expect(supply.handle(.wanted(blob, byteCount: total), at: now) == [request(piece, piece)])
        // Part of it came from another session: the whole is asked for again before anybody is blamed.
        _ = supply.handle(.received(chunk(piece, of: total), byteCount: piece), at: now)
        let again = supply.handle(.assembled(blob, isSound: false), at: now)
        #expect(again == [request(0, piece), request(piece, piece)])
        _ = supply.handle(.received(chunk(0, of: total), byteCount: piece), at: now)
        _ = supply.handle(.received(chunk(piece, of: total), byteCount: piece), at: now)
        guard case .unfetchable(blob, _)? = supply.handle(.assembled(blob, isSound: false), at: now).last else {
            Issue.record("nobody is told")
            return
        }
    }

    @Test("a blob that is missing, damaged or does not come is told of; what is asked for is answered")
    func failures() {
        func supply() -> Supply {
            var supply = Supply()
            _ = supply.handle(.opened(greeting, isNearby: false), at: now)
            _ = supply.handle(.connected, at: now)
            _ = supply.handle(.wanted(blob, byteCount: 10), at: now)
            return supply
        }
        func isUnfetchable(_ actions: [Supply.Action]) -> Bool {
            guard case .unfetchable(blob, _)? = actions.last else { return false }
            return actions.contains(.dropPieces(blob))
        }
        var (missing, damaged, silent, answering) = (supply(), supply(), supply(), supply())
        let gone = Message.blobMissing(BlobMissing(name: blob))
        #expect(isUnfetchable(missing.handle(.received(gone, byteCount: 0), at: now)))
        #expect(missing.handle(.received(gone, byteCount: 0), at: now).isEmpty, "it is told once")
        #expect(isUnfetchable(damaged.handle(.received(chunk(0, of: 11), byteCount: 10), at: now)))
        let patience = Transfers<Int>.patience
        #expect(silent.handle(.tick, at: now.advanced(by: patience)).isEmpty)
        #expect(isUnfetchable(silent.handle(.tick, at: now.advanced(by: patience + .seconds(1)))))
        let request = BlobRequest(name: Hash(of: [2]), offset: 3)
        #expect(answering.handle(.received(.blobRequest(request), byteCount: 0), at: now) == [.answer(request)])
    }

    /// A supply with a connection that wants a large blob, and looks for it.
    private func looking(_ byteCount: Int) -> Supply {
        var supply = Supply(smallestShared: 100)
        _ = supply.handle(.opened(greeting, isNearby: true), at: now)
        _ = supply.handle(.connected, at: now)
        let look = HostFetches.Look(blob: blob, byteCount: byteCount, mark: 0)
        #expect(supply.handle(.wanted(blob, byteCount: byteCount), at: now) == [.look(look)])
        return supply
    }

    @Test("a large blob that no worker of the host has is marked, and asked for; at its end the mark is taken away")
    func marking() {
        let (piece, total) = (WireLimits.frame, 2 * WireLimits.frame)
        var supply = looking(total)
        #expect(supply.handle(.looked(blob, .marked), at: now) == [request(0, piece), request(piece, piece)])
        let later = now.advanced(by: .seconds(1))
        let first = supply.handle(.received(chunk(0, of: total), byteCount: piece), at: later)
        #expect(first == [.show([blob], steps: piece / HostFetches.step), .keepPiece(blob)])
        let last = supply.handle(.received(chunk(piece, of: total), byteCount: piece), at: later)
        #expect(last == [.keepPiece(blob), .assemble(blob)], "it was shown just now")
        #expect(supply.handle(.assembled(blob, isSound: true), at: later) == [.unmark([blob]), .fetched(blob)])

        var missing = looking(total)
        _ = missing.handle(.looked(blob, .marked), at: now)
        let gone = missing.handle(.received(.blobMissing(BlobMissing(name: blob)), byteCount: 0), at: now)
        #expect(gone.dropLast().last == .unmark([blob]))
        var left = looking(total)
        _ = left.handle(.looked(blob, .marked), at: now)
        #expect(left.handle(.closed, at: now) == [.disconnect, .unmark([blob]), .dropPieces(blob)])
        var alone = looking(total)
        #expect(alone.handle(.looked(blob, .unmarkable), at: now).count == 2)
        _ = alone.handle(.received(chunk(0, of: total), byteCount: piece), at: later)
        _ = alone.handle(.received(chunk(piece, of: total), byteCount: piece), at: later)
        #expect(alone.handle(.assembled(blob, isSound: true), at: later) == [.fetched(blob)])
    }

    @Test("to look for a blob and to place it may take long: none is looked for twice, and what comes late is of use")
    func lateness() {
        let piece = WireLimits.frame
        var supply = looking(piece)
        let later = now.advanced(by: .seconds(60))
        #expect(supply.nextLook == nil && supply.handle(.tick, at: later).isEmpty, "it looks")
        #expect(supply.handle(.looked(blob, .taken(steps: 1)), at: later).isEmpty && supply.nextLook != nil)
        let again = HostFetches.Look(blob: blob, byteCount: piece, mark: 0)
        let next = later.advanced(by: .seconds(1))
        #expect(supply.handle(.tick, at: next) == [.look(again)])
        #expect(supply.nextLook == nil && supply.handle(.tick, at: next).isEmpty, "it looks once more")
        #expect(supply.handle(.looked(blob, .marked), at: next) == [request(0, piece)])
        let last = supply.handle(.received(chunk(0, of: piece), byteCount: piece), at: next)
        #expect(last.suffix(2) == [.keepPiece(blob), .assemble(blob)])
        // The session ends before it is placed, and the next one wants it, too.
        #expect(supply.handle(.closed, at: next) == [.disconnect, .unmark([blob]), .dropPieces(blob)])
        _ = supply.handle(.opened(greeting, isNearby: true), at: next)
        _ = supply.handle(.connected, at: next)
        #expect(supply.handle(.wanted(blob, byteCount: piece), at: next) == [.look(again)])
        #expect(supply.handle(.assembled(blob, isSound: true), at: next) == [.fetched(blob)])
        #expect(supply.handle(.looked(blob, .marked), at: next) == [.unmark([blob])], "nobody waits for it any more")
        #expect(supply.nextLook == nil && supply.handle(.tick, at: next.advanced(by: .seconds(60))).isEmpty)
    }

    @Test("one that another worker of the host fetches is looked for again, and nothing is asked or told meanwhile")
    func waiting() throws {
        var supply = looking(1_000)
        #expect(supply.handle(.looked(blob, .taken(steps: 0)), at: now).isEmpty)
        #expect(supply.awaited == [blob])
        var time = now
        for steps in 1...1_000 {
            time = try #require(supply.nextLook)
            let look = HostFetches.Look(blob: blob, byteCount: 1_000, mark: 0)
            #expect(supply.handle(.tick, at: time) == [.look(look)])
            #expect(supply.handle(.looked(blob, .taken(steps: steps)), at: time).isEmpty)
        }
        #expect(now.duration(to: time) > Transfers<Int>.patience, "nobody loses patience while it goes on")
        #expect(supply.handle(.looked(blob, .found), at: time) == [.fetched(blob)])
        #expect(supply.nextLook == nil && supply.awaited.isEmpty)
        // The end of the session ends the wait.
        var other = looking(1_000)
        _ = other.handle(.looked(blob, .taken(steps: 0)), at: now)
        #expect(other.handle(.closed, at: now) == [.disconnect])
        #expect(other.nextLook == nil)
        // What is marked all the same, since its look was under way, is let go of.
        #expect(other.handle(.looked(blob, .marked), at: now) == [.unmark([blob])])
    }

    @Test("what has come of a blob that another one has placed meanwhile is forgotten")
    func overtaken() {
        let (piece, total) = (WireLimits.frame, 2 * WireLimits.frame)
        var supply = looking(total)
        _ = supply.handle(.looked(blob, .unmarkable), at: now)
        _ = supply.handle(.received(chunk(0, of: total), byteCount: piece), at: now)
        _ = supply.handle(.closed, at: now)
        #expect(supply.transfers.received(blob) == piece)
        _ = supply.handle(.opened(DataHello(session: 8, token: 1), isNearby: true), at: now)
        _ = supply.handle(.wanted(blob, byteCount: total), at: now)
        #expect(supply.handle(.looked(blob, .found), at: now) == [.dropPieces(blob), .fetched(blob)])
        #expect(supply.transfers.received(blob) == 0)
    }
}
