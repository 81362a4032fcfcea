import CProtobuf
import Glibc

/// Memory into which protobuf-c unpacks one message: a small block on the stack, and the heap for what finds no room there.
struct UnpackingMemory {
    /// Enough for what is sent for each task.
    private static let blockByteCount = 1_024

    private let block: UnsafeMutableRawBufferPointer
    private var used = 0

    /// Calls `body` with an allocator whose memory lasts for the duration of the call.
    static func lend<Result>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 16) { block in
            var memory = UnpackingMemory(block: block)
            return withUnsafeMutablePointer(to: &memory) { memory in
                var allocator = ProtobufCAllocator(
                    alloc: { memory, byteCount in
                        memory?.assumingMemoryBound(to: UnpackingMemory.self).pointee.allocate(byteCount)
                    },
                    free: { memory, pointer in
                        memory?.assumingMemoryBound(to: UnpackingMemory.self).pointee.free(pointer)
                    },
                    allocator_data: memory
                )
                return body(&allocator)
            }
        }
    }

    private init(block: UnsafeMutableRawBufferPointer) { self.block = block }

    private mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        guard byteCount <= block.count - used else { return malloc(byteCount) }
        defer { used += (byteCount + 15) & ~15 }
        return block.baseAddress.map { $0 + used }
    }

    private func free(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer, let start = block.baseAddress, !(start..<start + block.count).contains(pointer) else {
            return
        }
        Glibc.free(pointer)
    }
}
