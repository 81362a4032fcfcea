import CProtobuf

/// A value that has a C structure of the same content, by way of which it is packed and unpacked.
protocol Packable {
    /// The structure that protobuf-c generated.
    associatedtype Cell

    /// The generated `…__init`.
    static func initialise(_ cell: UnsafeMutablePointer<Cell>)

    /// Fills an initialised structure; what it points to lies in the arena.
    func write(to cell: inout Cell, in arena: inout Arena) throws(WireError)

    /// Copies everything out of an unpacked structure and checks it.
    init(reading cell: Cell) throws(WireError)
}

/// Reads a nested message.
func read<Value: Packable>(
    _ pointer: UnsafeMutablePointer<Value.Cell>?,
    _ field: String
) throws(WireError) -> Value {
    guard let pointer else { throw .field(field, "is missing") }
    do {
        return try Value(reading: pointer.pointee)
    } catch {
        throw error.inside(field)
    }
}

/// Reads a list of nested messages.
func read<Value: Packable>(
    _ count: Int,
    _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<Value.Cell>?>?,
    _ field: String,
    atMost limit: Int
) throws(WireError) -> [Value] {
    guard count <= limit else { throw .tooMany(field, limit: limit) }
    var values: [Value] = []
    values.reserveCapacity(count)
    for (index, pointer) in UnsafeBufferPointer(start: pointers, count: count).enumerated() {
        guard let pointer else { throw .field("\(field)[\(index)]", "is missing") }
        do {
            values.append(try Value(reading: pointer.pointee))
        } catch {
            throw error.inside("\(field)[\(index)]")
        }
    }
    return values
}
