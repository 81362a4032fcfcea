import Foundation
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A safetensors file")
struct SafeTensorsTests {
    /// What `safetensors_golden.py` wrote with the format's own library.
    private static func golden() throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("golden.safetensors")))
    }

    private static let content = SafeTensors(
        [
            "members/0/weight": TensorValue([-1, -0.75, -0.5, -0.25, 0, 0.25] as [Float], shape: [2, 3]),
            "members/0/bias": TensorValue([Float.leastNonzeroMagnitude, -0.0, .infinity] as [Float]),
            "mask": TensorValue([true, false, true], shape: [3]),
            "scale": TensorValue(scalar: 3.141592653589793),
            "rows": TensorValue([0, .max] as [UInt32]),
            "steps": TensorValue([-1, .max] as [Int32], shape: [2, 1]),
            "pixels": TensorValue([0, 127, 255] as [UInt8]),
            "empty": TensorValue([] as [Float], shape: [0, 4]),
            "quote \" é \\ \n": TensorValue([0] as [Float], shape: [1, 1, 1]),
        ],
        metadata: ["format": "np"]
    )

    @Test("is byte for byte what the format's own library writes")
    func golden() throws {
        #expect(Self.content.bytes == (try Self.golden()))
    }

    @Test("that the format's own library wrote is read")
    func foreign() throws {
        #expect(try SafeTensors(bytes: Self.golden(), file: "golden") == Self.content)
    }

    @Test("comes back as it was written, whatever is in it")
    func roundTrip() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var content = SafeTensors([:])
            for index in 0..<Int(random.next() % 6) {
                let element = ElementType.allCases[Int(random.next() % 6)]
                let shape = Shape((0..<(random.next() % 4)).map { _ in Int(random.next() % 4) })
                let type = TensorType(element, shape)
                let limit: UInt64 = element == .bool ? 2 : 256
                let bytes = (0..<type.byteCount).map { _ in UInt8(random.next() % limit) }
                let value = try #require(TensorValue(type: type, bytes: bytes))
                content.tensors["tensor \(index)"] = value
            }
            if random.next() % 2 == 0 { content.metadata = ["b": "2", "a": "\u{1}"] }
            let bytes = content.bytes
            #expect(bytes.count >= 8 && (Int(bytes[0]) | Int(bytes[1]) << 8) % 8 == 0, "seed \(seed)")
            #expect(try SafeTensors(bytes: bytes, file: "x") == content, "seed \(seed)")
        }
    }

    @Test("cut off anywhere is refused")
    func truncated() throws {
        let bytes = try Self.golden()
        for length in bytes.indices {
            #expect(throws: DocumentError.self, "\(length) bytes") {
                try SafeTensors(bytes: Array(bytes[..<length]), file: "x")
            }
        }
        #expect(throws: DocumentError.self) { try SafeTensors(bytes: bytes + [0], file: "x") }
    }

    @Test("with any bit changed is refused, or read as something that is written as those bytes again")
    func flipped() throws {
        let bytes = try Self.golden()
        var read = 0
        for bit in 0..<bytes.count * 8 {
            var mutant = bytes
            mutant[bit / 8] ^= 1 << (bit % 8)
            guard let content = try? SafeTensors(bytes: mutant, file: "x") else { continue }
            read += 1
            let again = try SafeTensors(bytes: content.bytes, file: "x")
            #expect(again == content, "bit \(bit)")
        }
        // The 70 bytes of numbers may hold anything, but for the three truth values.
        #expect(read >= 67 * 8 + 3)
    }

    @Test("that lies about itself is refused with what is wrong")
    func lies() {
        let cases: [(header: String, data: Int, message: String)] = [
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
                "x: this is not valid safetensors: 'a' is f32[2], which takes 8 bytes, but has 4."
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 4,
                "x:1:56: 'a.data_offsets' must be two offsets in order, at most 4, but is [0, 8]."
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4,
                "x:1:56: 'a.data_offsets' must be two offsets in order, at most 4, but is [4, 0]."
            ),
            (
                #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4,
                "x:1:38: 'a.shape' must be a whole number from 0 up, but is '-1'."
            ),
            (
                #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}"#, 4,
                "x:1:37: 'a' is too large; at most 4 bytes is allowed."
            ),
            (
                #"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#, 4,
                """
                x:1:23: there is no element type that is read here 'BF16'. Element types: BOOL, F32, F64, I32, U32, U8.
                """
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1]}}"#, 4,
                "x:1:14: 'a.data_offsets' is missing. It must be a list of two offsets."
            ),
            (
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#,
                3, "x: this is not valid safetensors: 'b' begins at byte 2 where 1 was expected."
            ),
            (
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                3, "x: this is not valid safetensors: 'b' begins at byte 1 where 2 was expected."
            ),
            (
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 2,
                "x: this is not valid safetensors: its tensors take 1 bytes, but 2 are there."
            ),
            (#"{"__metadata__":{"a":1}}"#, 0, "x:1:30: '__metadata__.a' must be a text, but is '1'."),
            (#"{"a":{},"a":{}}"#, 0, "x:1:17: the key 'a' is given more than once. Keep one."),
            ("[]", 0, "x: this is not valid safetensors: its header does not begin with '{'."),
            (
                #"{"a":{"dtype":"U8","shape":["# + [String](repeating: "1", count: 300).joined(separator: ",")
                    + #"],"data_offsets":[0,1]}}"#, 1,
                "x:1:36: 'a' has 300 axes; at most 32 is allowed."
            ),
        ]
        for (header, data, message) in cases {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: UInt64(header.utf8.count))
            bytes += Array(header.utf8) + [UInt8](repeating: 0, count: data)
            do {
                _ = try SafeTensors(bytes: bytes, file: "x")
                Issue.record("\(header) was read")
            } catch { #expect("\(error)" == message) }
        }
        for length in [UInt64.max, 1 << 63, 1 << 40, 9] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: length)
            #expect(throws: DocumentError.self) { try SafeTensors(bytes: bytes + Array("{}      ".utf8), file: "x") }
        }
    }
}
