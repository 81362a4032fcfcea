import CProtobuf
import Tensors

/// The memory of the C structures of one message that is being packed. All of it is freed at once, with the arena.
struct Arena: ~Copyable {
    /// Enough for what is sent for each task.
    private static let blockByteCount = 1_008
    private let first: UnsafeMutableRawPointer
    private var others: [UnsafeMutableRawPointer] = []
    private var free: UnsafeMutableRawBufferPointer

    init() {
        first = .allocate(byteCount: Self.blockByteCount, alignment: 16)
        free = UnsafeMutableRawBufferPointer(start: first, count: Self.blockByteCount)
    }

    deinit {
        first.deallocate()
        for block in others { block.deallocate() }
    }

    /// Room for some values, aligned for any C structure and not initialised.
    mutating func allocate<Value>(_: Value.Type, count: Int) -> UnsafeMutablePointer<Value> {
        let byteCount = (max(count, 1) * MemoryLayout<Value>.stride + 15) & ~15
        if free.count < byteCount {
            let size = max(byteCount, Self.blockByteCount)
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            others.append(block)
            free = UnsafeMutableRawBufferPointer(start: block, count: size)
        }
        let start = free.baseAddress.unsafelyUnwrapped
        free = UnsafeMutableRawBufferPointer(start: start + byteCount, count: free.count - byteCount)
        return start.bindMemory(to: Value.self, capacity: max(count, 1))
    }

    /// A nested message.
    mutating func cell<Value: Packable>(_ value: Value) throws(WireError) -> UnsafeMutablePointer<Value.Cell> {
        let cell = allocate(Value.Cell.self, count: 1)
        Value.initialise(cell)
        try value.write(to: &cell.pointee, in: &self)
        return cell
    }

    /// A nested message without fields.
    mutating func cell<Cell>(_ initialise: (UnsafeMutablePointer<Cell>) -> Void) -> UnsafeMutablePointer<Cell> {
        let cell = allocate(Cell.self, count: 1)
        initialise(cell)
        return cell
    }

    /// A list of nested messages, as C wants it: an array of pointers.
    mutating func cells<Value: Packable>(
        _ values: [Value],
        named field: String
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<Value.Cell>?> {
        let pointers = allocate(UnsafeMutablePointer<Value.Cell>?.self, count: values.count)
        for (index, value) in values.enumerated() {
            do {
                (pointers + index).initialize(to: try cell(value))
            } catch {
                throw error.inside("\(field)[\(index)]")
            }
        }
        return pointers
    }

    /// A list of numbers, each converted so that it fits.
    mutating func numbers<Number: FixedWidthInteger>(
        _ values: [Int],
        as _: Number.Type,
        named field: String
    ) throws(WireError) -> UnsafeMutablePointer<Number> {
        let start = allocate(Number.self, count: values.count)
        for (index, value) in values.enumerated() {
            (start + index).initialize(to: try number(value, named: field))
        }
        return start
    }

    /// A C string.
    mutating func string(_ text: String, named field: String) throws(WireError) -> UnsafeMutablePointer<CChar> {
        var text = text
        let start = allocate(CChar.self, count: text.utf8.count + 1)
        let whole = text.withUTF8 { utf8 in
            for (index, unit) in utf8.enumerated() { start[index] = CChar(bitPattern: unit) }
            start[utf8.count] = 0
            return !utf8.contains(0)
        }
        guard whole else { throw .field(field, "contains a zero character") }
        return start
    }

    /// A list of C strings.
    mutating func strings(
        _ texts: [String],
        named field: String
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = allocate(UnsafeMutablePointer<CChar>?.self, count: texts.count)
        for (index, text) in texts.enumerated() {
            (pointers + index).initialize(to: try string(text, named: "\(field)[\(index)]"))
        }
        return pointers
    }

    /// Bytes.
    mutating func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let start = allocate(UInt8.self, count: bytes.count)
        for (index, byte) in bytes.enumerated() { start[index] = byte }
        return ProtobufCBinaryData(len: bytes.count, data: start)
    }

    /// A digest.
    mutating func data(_ hash: Hash) -> ProtobufCBinaryData {
        let start = allocate(UInt8.self, count: Hash.byteCount)
        hash.write(to: UnsafeMutableRawPointer(start))
        return ProtobufCBinaryData(len: Hash.byteCount, data: start)
    }

    /// A list of digests.
    mutating func data(_ hashes: [Hash]) -> UnsafeMutablePointer<ProtobufCBinaryData> {
        let start = allocate(ProtobufCBinaryData.self, count: hashes.count)
        for (index, hash) in hashes.enumerated() { (start + index).initialize(to: data(hash)) }
        return start
    }

    /// A time, without what is less than a millisecond, that must fit the field's type.
    func milliseconds<Number: FixedWidthInteger>(_ value: Duration, named field: String) throws(WireError) -> Number {
        let (seconds, attoseconds) = value.components
        let isSane = seconds.magnitude < 1 << 32
        return try number(isSane ? Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000) : .max, named: field)
    }

    /// A number that must fit the field's type.
    func number<Number: FixedWidthInteger>(_ value: Int, named field: String) throws(WireError) -> Number {
        guard let number = Number(exactly: value) else { throw .field(field, "cannot be \(value)") }
        return number
    }
}
