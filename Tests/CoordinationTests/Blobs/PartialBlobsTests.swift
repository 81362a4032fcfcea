import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Blobs that come in pieces")
struct PartialBlobsTests {
    @Test("a blob of any size is taken when its pieces are what its name says, and not when a byte is another one")
    func names() {
        for seed in 0..<40 as Range<UInt64> {
            var random = Seeded(seed)
            let chunk = Hash.chunkByteCount
            let size = random.pick([0, 1, 1_000, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 77])
            let content = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
                for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 13) }
                count = size
            }
            let name = Hash.ofBlob(content)
            let isDamaged = size > 0 && random.oneIn(2)
            var sent = content
            if isDamaged { sent[random.integer(0...size - 1)] ^= 1 }
            var partial = PartialBlobs()
            var place = 0
            repeat {
                let end = min(place + random.integer(1...max(1, size / 3)), size)
                partial.append(Frame(Array(sent[place..<end])), to: name, of: size)
                place = end
            } while place < size
            #expect((partial.take(name)?.bytes == content) == !isDamaged, "seed \(seed), \(size) bytes")
            #expect(size == 0 || partial.take(name) == nil, "seed \(seed): it is taken once")
        }
    }
}
