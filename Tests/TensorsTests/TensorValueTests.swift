import Tensors
import Testing

@Suite("Tensors with their numbers")
struct TensorValueTests {
    @Test("the numbers, names and sizes of element types are those of Proto/tensors.proto")
    func elementTypes() {
        let table: [(ElementType, number: UInt8, name: String, bytes: Int)] = [
            (.f32, 1, "f32", 4), (.f64, 2, "f64", 8), (.i32, 3, "i32", 4), (.u32, 4, "u32", 4), (.u8, 5, "u8", 1),
            (.bool, 6, "bool", 1),
        ]
        #expect(table.map(\.0) == ElementType.allCases)
        for (element, number, name, bytes) in table {
            #expect(element.rawValue == number)
            #expect(element.description == name)
            #expect(element.byteCount == bytes)
        }
        // 7 to 10 are reserved, and 0 is never sent.
        for number in [0, 7, 8, 9, 10, 11, 255] as [UInt8] { #expect(ElementType(rawValue: number) == nil) }
    }

    @Test("blobs and their names are those of the description, and read back as the same tensor")
    func blobs() throws {
        for golden in try Golden.read().tensors {
            let element = try #require(ElementType(rawValue: golden.element))
            let type = TensorType(element, Shape(golden.sizes))
            let value = try #require(TensorValue(type: type, bytes: unhex(golden.bytes)))
            #expect(value.blob == unhex(golden.blob), "\(type)")
            #expect(value.hash.description == golden.name, "\(type)")
            #expect(TensorValue(blob: unhex(golden.blob)) == value, "\(type)")
        }
    }

    @Test("numbers of every Swift type lie little-endian in row-major order")
    func elements() {
        #expect(TensorValue([1.5, -0.0] as [Float]).bytes == [0, 0, 0xC0, 0x3F, 0, 0, 0, 0x80])
        #expect(TensorValue(scalar: 0.1).bytes == [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F])
        #expect(TensorValue([-2, 3] as [Int32], shape: [2, 1]).bytes == [0xFE, 0xFF, 0xFF, 0xFF, 3, 0, 0, 0])
        #expect(TensorValue([0xDEAD_BEEF] as [UInt32]).bytes == [0xEF, 0xBE, 0xAD, 0xDE])
        #expect(TensorValue([7, 8] as [UInt8]).bytes == [7, 8])
        let truths = TensorValue([true, false], shape: [2])
        #expect(truths.bytes == [1, 0] && truths.type == TensorType(.bool, [2]))
        #expect(truths.elements(as: UInt8.self) == [1, 0])
        #expect(TensorValue([1, 2, 3] as [Float], shape: [1, 3]).floats == [1, 2, 3])
        #expect(TensorValue([] as [Double], shape: [3, 0]).elements(as: Double.self).isEmpty)
    }

    @Test("bytes that are not exactly one tensor are refused")
    func refusals() throws {
        let type = TensorType(.bool, [2])
        #expect(TensorValue(type: type, bytes: [1]) == nil)
        #expect(TensorValue(type: type, bytes: [1, 0, 0]) == nil)
        #expect(TensorValue(type: type, bytes: [1, 2]) == nil, "a truth value is 0 or 1")
        #expect(TensorValue(type: TensorType(.f32, [1 << 40, 1 << 40]), bytes: []) == nil)

        let blob = TensorValue([1, 2, 3] as [Float], shape: [3, 1]).blob
        for count in 0..<blob.count { #expect(TensorValue(blob: Array(blob.prefix(count))) == nil, "\(count) bytes") }
        #expect(TensorValue(blob: blob + [0]) == nil)
        for index in 2..<8 {
            var dirty = blob
            dirty[index] = 1
            #expect(TensorValue(blob: dirty) == nil, "byte \(index) is zero")
        }
    }

    @Test("a blob's header whose sizes overflow, or only fit since one is zero, is refused")
    func hugeHeaders() {
        let huge: [[UInt64]] = [
            [1 << 62, 1 << 62], [0, 1 << 62, 1 << 62], [1 << 62, 1 << 62, 0], [UInt64.max], [1 << 63, 0],
            [0, (1 << 50) + 1], [UInt64](repeating: 0, count: 17), [UInt64](repeating: 1, count: 255),
        ]
        for sizes in huge {
            var blob: [UInt8] = [5, UInt8(sizes.count), 0, 0, 0, 0, 0, 0]
            for size in sizes { blob.append(littleEndian: size) }
            #expect(TensorValue(blob: blob) == nil, "\(sizes)")
        }
    }

    @Test("every flipped bit of a blob is refused or gives a tensor with this blob")
    func flippedBits() {
        for value in [TensorValue([1, 2] as [UInt8]), TensorValue([true, false], shape: [2, 1])] {
            let blob = value.blob
            for bit in 0..<(8 * blob.count) {
                var flipped = blob
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                let read = TensorValue(blob: flipped)
                if let read { #expect(read.blob == flipped, "bit \(bit)") }
                // Whoever knows the type reads the same, or nothing if it is another one.
                let known = flipped.withUnsafeBytes { TensorValue(blob: $0, type: value.type) }
                #expect(known == (read?.type == value.type ? read : nil), "bit \(bit)")
            }
        }
    }

    @Test("shapes count, stride and print in row-major order")
    func shapes() {
        let shape: Shape = [2, 3, 4]
        #expect(shape.count == 24 && shape.rank == 3 && shape[-1] == 4 && shape[0] == 2)
        #expect(shape.strides == [12, 4, 1])
        #expect(shape.description == "[2, 3, 4]" && Shape.scalar.description == "[]")
        #expect(Shape.scalar.count == 1 && Shape([3, 0]).count == 0)
        #expect(TensorType(.f32, [32, 64]).description == "f32[32, 64]")
        #expect(TensorType(.f64, [2, 3]).byteCount == 48)
    }
}
