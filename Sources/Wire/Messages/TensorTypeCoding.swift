import CProtobuf
import Tensors

extension TensorType: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TensorType>) { troupe__tensor_type__init(cell) }

    func write(to cell: inout Troupe__TensorType, in arena: inout Arena) throws(WireError) {
        cell.element = Troupe__ElementType(rawValue: UInt32(element.rawValue))
        cell.n_sizes = shape.rank
        cell.sizes = try arena.numbers(shape.sizes, as: UInt64.self, named: "sizes")
    }

    init(reading cell: Troupe__TensorType) throws(WireError) {
        guard let number = UInt8(exactly: cell.element.rawValue), let element = ElementType(rawValue: number) else {
            throw .field("element", "is \(cell.element.rawValue), which is no element type")
        }
        guard cell.n_sizes <= WireLimits.rank else { throw .tooMany("sizes", limit: WireLimits.rank) }
        var sizes: [Int] = []
        var product = 1
        for size in UnsafeBufferPointer(start: cell.sizes, count: cell.n_sizes) {
            // Each factor is at most 2^40 and so is the product before it: neither overflows.
            let size = try read(size, "sizes", in: 0...WireLimits.blob)
            let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow, next <= WireLimits.blob else {
                throw .field("sizes", "makes more than \(WireLimits.blob) elements")
            }
            product = next
            sizes.append(size)
        }
        self.init(element, Shape(sizes))
    }
}

extension TensorType {
    /// Bytes of the blob of a tensor of this type: a header, each size, the elements.
    package var blobByteCount: Int { 8 + 8 * shape.rank + byteCount }
}
