import CZeroMQ
import Glibc

/// One part of a ZeroMQ message. The library forbids to move its structure, so it has a place of its own on the heap.
struct MessageCell: ~Copyable {
    /// Below this many bytes a copy is cheaper than a callback that releases the frame.
    private static let leastLent = 1_024

    let pointer: UnsafeMutablePointer<zmq_msg_t>

    /// An empty part, to receive into.
    init() {
        pointer = .allocate(capacity: 1)
        // Cannot fail: it only clears the structure.
        zmq_msg_init(pointer)
    }

    /// A part that is filled in place.
    init(byteCount: Int, fill: (UnsafeMutableRawPointer?) -> Void) {
        pointer = .allocate(capacity: 1)
        Self.checkMemory(zmq_msg_init_size(pointer, byteCount))
        fill(zmq_msg_data(pointer))
    }

    /// Running out of memory ends the process here as everywhere in Swift.
    private static func checkMemory(_ result: Int32) { precondition(result == 0, "there is no memory for a message") }

    /// A part with a copy of some bytes.
    init(_ bytes: [UInt8]) {
        self.init(byteCount: bytes.count) { target in
            UnsafeMutableRawBufferPointer(start: target, count: bytes.count).copyBytes(from: bytes)
        }
    }

    /// A part with a frame's bytes. Those of a large frame are not copied: the library releases the frame, from a thread
    /// of its own, once they are on their way.
    static func holding(_ frame: Frame) -> MessageCell {
        if frame.count >= leastLent { return MessageCell(lending: frame) }
        return MessageCell(byteCount: frame.count) { target in
            frame.withBytes { bytes in
                if let target, let base = bytes.baseAddress { memcpy(target, base, bytes.count) }
            }
        }
    }

    private init(lending frame: Frame) {
        pointer = .allocate(capacity: 1)
        let hint = Unmanaged.passRetained(frame).toOpaque()
        let start = frame.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress) }
        let release: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, hint in
            if let hint { Unmanaged<Frame>.fromOpaque(hint).release() }
        }
        Self.checkMemory(zmq_msg_init_data(pointer, start, frame.count, release, hint))
    }

    deinit {
        zmq_msg_close(pointer)
        pointer.deallocate()
    }

    /// The content, in place for as long as the cell lives and is not sent.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
    }

    /// Whether further parts of the same message follow.
    var hasMore: Bool { zmq_msg_more(pointer) != 0 }

    /// The descriptor of the connection that it came through; nil over `inproc://`.
    var connection: Int32? {
        let descriptor = zmq_msg_get(pointer, ZMQ_SRCFD)
        return descriptor == -1 ? nil : descriptor
    }

    /// Who sent it, proven by a key; nil where there are none.
    var sender: PublicKey? { zmq_msg_gets(pointer, "User-Id").flatMap { PublicKey(String(cString: $0)) } }

    /// The network address of who sent it, if there is one.
    var peerAddress: String? { zmq_msg_gets(pointer, "Peer-Address").map { String(cString: $0) } }
}
