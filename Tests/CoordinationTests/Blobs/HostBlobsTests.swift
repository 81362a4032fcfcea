import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Blobs that the processes of a machine share")
struct HostBlobsTests {
    private let place: Folder
    private var folder: String { "\(place.path)/shared" }

    init() throws { place = try Folder() }

    private func blob(_ seed: UInt64, _ byteCount: Int = HostBlobs.smallest) -> (name: Hash, frame: Frame) {
        var random = Seeded(seed)
        let frame = Frame((0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
        return (frame.blobName, frame)
    }

    private var files: [String] { (try? place.names(in: "shared")) ?? [] }

    @Test("are found by others as long as somebody has them")
    func sharing() throws {
        let (name, own) = blob(1)
        let (first, second) = (HostBlobs(folder: folder), HostBlobs(folder: folder))
        #expect(second.find(name, byteCount: own.count) == nil)
        var placed: Frame? = first.place(own, as: name)
        #expect(placed == own && placed !== own)
        #expect(files == ["\(name)"])
        var found = second.find(name, byteCount: own.count)
        #expect(found == own)
        // Who has a part of it has all of it.
        var part = found?.slice(1_000..<2_000)
        placed = nil
        #expect(files == ["\(name)"])
        found = nil
        #expect(HostBlobs(folder: folder).find(name, byteCount: own.count) == own)
        #expect(part?.bytes == own.slice(1_000..<2_000).bytes)
        part = nil
        #expect(try place.names().isEmpty, "the last to let go removes it, and the folder")
    }

    @Test("lie in memory once, however many place them")
    func oneFile() throws {
        let (name, own) = blob(2)
        let frames = (0..<5).map { _ in HostBlobs(folder: folder).place(own, as: name) }
        #expect(files == ["\(name)"])
        let places = Set(MemoryMaps.lines(naming: name.description).map { $0[3...4] })
        #expect(places.count == 1)
        #expect(frames.allSatisfy { $0 == own && $0 !== own })
    }

    @Test("that are small stay where they are")
    func small() {
        let (name, own) = blob(3, HostBlobs.smallest - 1)
        #expect(HostBlobs(folder: folder).place(own, as: name) === own)
        #expect(files.isEmpty)
    }

    @Test("that are not what they should be are not used")
    func damage() throws {
        let (name, own) = blob(4)
        let placed = HostBlobs(folder: folder).place(own, as: name)
        let other = HostBlobs(folder: folder)
        #expect(other.find(name, byteCount: own.count - 1) == nil, "another length")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder)/\(name)"))
        try file.seek(toOffset: 12_345)
        try file.write(contentsOf: [own.bytes[12_345] ^ 1])
        try file.close()
        #expect(other.find(name, byteCount: own.count) == nil, "another content")
        #expect(other.place(own, as: name) === own, "then each has its own")
        withExtendedLifetime(placed) {}
    }

    @Test("that killed processes left are removed, others stay")
    func leftovers() throws {
        let ((kept, own), (left, lost)) = (blob(5), blob(6))
        let placed = HostBlobs(folder: folder).place(own, as: kept)
        for name in ["\(left)", "\(left).77.1"] {
            try Data(lost.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        #expect(files.count == 3)
        #expect(HostBlobs(folder: folder).find(left, byteCount: lost.count) == nil)
        #expect(files == ["\(kept)"])
        withExtendedLifetime(placed) {}
    }

    @Test("are not looked for where others could have put them")
    func strangers() throws {
        let (name, own) = blob(7)
        let placed = HostBlobs(folder: folder).place(own, as: name)
        for mode in [0o770, 0o705, 0o777] as [mode_t] {
            chmod(folder, mode)
            let blobs = HostBlobs(folder: folder)
            #expect(blobs.find(name, byteCount: own.count) == nil)
            #expect(blobs.place(own, as: name) === own)
        }
        chmod(folder, 0o700)
        try FileManager.default.createSymbolicLink(atPath: "\(place.path)/link", withDestinationPath: folder)
        #expect(HostBlobs(folder: "\(place.path)/link").find(name, byteCount: own.count) == nil)
        #expect(HostBlobs(folder: folder).find(name, byteCount: own.count) == own)
        // A blob's name on something else.
        let (other, content) = blob(8)
        #expect(mkfifo("\(folder)/\(other)", 0o600) == 0)
        #expect(HostBlobs(folder: folder).find(other, byteCount: content.count) == nil)
        withExtendedLifetime(placed) {}
    }

    @Test("stay where they are when there is no room for them")
    func noRoom() throws {
        let (name, own) = blob(9)
        for folder in ["/proc/shared", "\(place.path)/none/shared", try place.write("", to: "file")] {
            let blobs = HostBlobs(folder: folder)
            #expect(blobs.place(own, as: name) === own)
            #expect(blobs.find(name, byteCount: own.count) == nil)
        }
    }

    /// What a look sees, without what comes with it.
    private func sight(_ sight: HostBlobs.Sight) -> HostFetches.Sight {
        switch sight {
        case .found: .found
        case .marked: .marked
        case .taken(let steps): .taken(steps: steps)
        case .unmarkable: .unmarkable
        }
    }

    /// What stands in the names of marks for no source.
    private let nowhere = Hash(of: []).short

    private func mark(_ sight: HostBlobs.Sight) -> HostMark? {
        if case .marked(let mark) = sight { mark } else { nil }
    }

    @Test("are marked by one of those that want them, who shows how it goes on, until it lets go")
    func marks() throws {
        let (name, own) = blob(10)
        let (first, second) = (HostBlobs(folder: folder), HostBlobs(folder: folder))
        var mark = mark(first.look(for: name, byteCount: own.count, mark: 0))
        #expect(mark != nil)
        #expect(sight(second.look(for: name, byteCount: own.count, mark: 0)) == .taken(steps: 0))
        mark?.show(steps: 77)
        #expect(sight(second.look(for: name, byteCount: own.count, mark: 0)) == .taken(steps: 77))
        second.sweep()
        #expect(sight(second.look(for: name, byteCount: own.count, mark: 0)) == .taken(steps: 77))
        #expect(sight(second.look(for: blob(11).name, byteCount: own.count, mark: 0)) == .marked, "another blob")
        #expect(sight(second.look(for: name, byteCount: own.count, mark: 1)) == .marked, "its next mark")
        #expect(
            sight(second.look(for: name, byteCount: own.count, mark: 0, from: "tcp://elsewhere:1")) == .marked,
            "who gets it from elsewhere keeps nobody waiting"
        )
        let placed = first.place(own, as: name)
        #expect(sight(second.look(for: name, byteCount: own.count, mark: 0)) == .found)
        mark = nil
        #expect(files == ["\(name)"])
        withExtendedLifetime(placed) {}
    }

    @Test("that killed processes marked can be marked again, and show nothing of what was")
    func deadMarks() throws {
        let (name, own) = blob(12)
        // One that has swept before does not do so again.
        let blobs = HostBlobs(folder: folder)
        let other = blob(15)
        let placed = blobs.place(other.frame, as: other.name)
        #expect(blobs.find(other.name, byteCount: other.frame.count) != nil)
        try place.write("many steps", to: "shared/\(name).\(nowhere).mark0")
        let mark = mark(blobs.look(for: name, byteCount: own.count, mark: 0))
        #expect(mark != nil)
        #expect(sight(HostBlobs(folder: folder).look(for: name, byteCount: own.count, mark: 0)) == .taken(steps: 0))
        withExtendedLifetime((mark, placed)) {}
    }

    @Test("cannot be marked where there is no room for them, they are damaged, or others could look")
    func unmarkable() throws {
        let (name, own) = blob(13)
        let ordinary = HostBlobs(folder: folder)
        #expect(sight(ordinary.look(for: name, byteCount: 1 << 60, mark: 0)) == .unmarkable)
        #expect(sight(ordinary.look(for: name, byteCount: HostBlobs.smallest - 1, mark: 0)) == .unmarkable)
        for folder in ["/proc/shared", "\(place.path)/none/shared", try place.write("", to: "file")] {
            #expect(sight(HostBlobs(folder: folder).look(for: name, byteCount: own.count, mark: 0)) == .unmarkable)
        }
        let placed = ordinary.place(own, as: name)
        #expect(sight(ordinary.look(for: name, byteCount: own.count + 1, mark: 0)) == .unmarkable)
        chmod(folder, 0o770)
        #expect(sight(ordinary.look(for: name, byteCount: own.count, mark: 0)) == .unmarkable)
        chmod(folder, 0o700)
        let other = blob(14)
        #expect(mkfifo("\(folder)/\(other.name).\(nowhere).mark0", 0o600) == 0)
        #expect(sight(ordinary.look(for: other.name, byteCount: other.frame.count, mark: 0)) == .taken(steps: 0))
        withExtendedLifetime(placed) {}
    }

    /// Who fetches what.
    private final class Census: Sendable {
        private let state = Mutex<(fetched: Set<Hash>, count: Int)>(([], 0))

        /// All fetches.
        var count: Int { state.withLock { $0.count } }

        /// - Returns: whether nobody else fetches it.
        func begin(_ blob: Hash) -> Bool {
            state.withLock { state in
                state.count += 1
                return state.fetched.insert(blob).inserted
            }
        }

        func end(_ blob: Hash) { state.withLock { _ = $0.fetched.remove(blob) } }
    }

    @Test("are fetched by one process at a time, however they come and go, and nothing is left", arguments: 0..<4)
    func fetching(seed: Int) async throws {
        let folder = folder
        let blobs = (0..<2).map { blob(UInt64(200 + seed * 2 + $0)) }
        let census = Census()
        await withTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    var random = Seeded(UInt64(1_000 * seed + number))
                    for _ in 0..<20 {
                        let (name, frame) = random.pick(blobs)
                        let shared = HostBlobs(folder: folder)
                        switch shared.look(for: name, byteCount: frame.count, mark: 0) {
                        case .found(let found): #expect(found == frame)
                        case .taken: await Task.yield()
                        case .unmarkable: Issue.record("it cannot be marked")
                        case .marked(let mark):
                            #expect(census.begin(name))
                            mark.show(steps: 1)
                            let placed = random.oneIn(3) ? nil : shared.place(frame, as: name)
                            census.end(name)
                            withExtendedLifetime((mark, placed)) {}
                        }
                    }
                }
            }
        }
        #expect(census.count > 0)
        #expect(try place.names().isEmpty)
    }

    @Test("come and go at many processes at once", arguments: 0..<4 as Range<UInt64>)
    func crowd(seed: UInt64) async throws {
        let folder = folder
        let blobs = (0..<3).map { blob(100 + seed * 3 + $0) }
        await withTaskGroup { group in
            for number in 0..<6 as Range<UInt64> {
                group.addTask {
                    var random = Seeded(1_000 * seed + number)
                    var held: [Frame] = []
                    for _ in 0..<20 {
                        let (name, frame) = blobs[Int.random(in: 0..<3, using: &random)]
                        let shared = HostBlobs(folder: folder)
                        if Bool.random(using: &random) {
                            held.append(shared.place(frame, as: name))
                        } else if let found = shared.find(name, byteCount: frame.count) {
                            held.append(found)
                        }
                        #expect(held.last.map { blobs.map(\.frame).contains($0) } ?? true)
                        if held.count > 2 { held.remove(at: Int.random(in: 0..<3, using: &random)) }
                    }
                }
            }
        }
        #expect(try place.names().isEmpty)
    }
}
