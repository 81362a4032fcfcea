import Tensors
import Testing

@Suite("Philox 4x32-10")
struct PhiloxTests {
    @Test("blocks are the known answers that Random123 publishes")
    func knownAnswers() throws {
        // Random123 1.14, tests/kat_vectors, the lines of `philox4x32 10`; golden.py has them a second time.
        let published: [(counter: [UInt32], key: [UInt32], words: [UInt32])] = [
            ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (
                [UInt32](repeating: .max, count: 4), [.max, .max],
                [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
            ),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
            ),
        ]
        for (counter, key, words) in published { #expect(Philox.block(counter: counter, key: key) == words) }
        let golden = try Golden.read().random.known
        #expect(golden.count == published.count)
        for stream in golden { #expect(Philox.block(counter: stream.counter, key: stream.key) == stream.words) }
    }

    @Test("blocks are counted by the first two words as one number, which wraps")
    func streams() throws {
        for stream in try Golden.read().random.streams {
            for count in 0...stream.words.count {
                #expect(
                    Philox.stream(counter: stream.counter, key: stream.key, count: count)
                        == Array(stream.words.prefix(count))
                )
            }
        }
    }
}
