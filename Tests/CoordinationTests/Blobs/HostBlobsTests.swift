import Foundation
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
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        // Device and number of the file, the fourth and fifth word of a line.
        let places = Set(
            maps.split(separator: "\n").filter { $0.contains(name.description) }.map { $0.split(separator: " ")[3...4] }
        )
        #expect(places.count == 1)
        #expect(frames.allSatisfy { $0 == own })
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
