/// The sizes that the protocol allows. They stand in `Proto/` too, since both sides must agree on them.
package enum WireLimits {
    /// Bytes of a packed envelope.
    package static let envelope = 1 << 16
    /// Bytes of a raw frame, and so of a piece of a blob: at 10 Mbit/s it takes 0.2 s, well below a heartbeat's timeout.
    package static let frame = 1 << 18
    /// Raw frames of one message.
    package static let frames = 64
    /// Bytes of all raw frames of one message.
    package static let frameBytes = 1 << 20
    /// Fields and packed numbers of an envelope.
    package static let fields = 8_192
    /// Messages that travel together.
    package static let bundled = 256
    /// Inputs of an assignment; outputs of a task.
    package static let tensors = 512
    /// Running tasks that a heartbeat tells of.
    package static let running = 256
    /// Results in an acceptance.
    package static let accepted = 256
    /// Names in a release.
    package static let released = 1_024
    /// Bytes of a label such as a worker's name.
    package static let label = 256
    /// Bytes of a sentence for people.
    package static let sentence = 4_096
    /// Bytes of a blob, and elements of a tensor.
    package static let blob = 1 << 40
    /// Axes of a tensor.
    package static let rank = 16
    /// Bytes of an output that rides along with its result.
    package static let attachedOutput = 1 << 16
    /// Bytes of blobs that are attached to messages of one connection and not answered yet, where the way between may be slow:
    /// at 1 Mbit/s they take half a second. A quarter of it is for one blob.
    package static let attachedFar = 1 << 16
    /// The same on one machine, where other limits come first.
    package static let attachedNearby = 1 << 30
    /// Tasks that a worker runs at the same time.
    package static let slots = 4_096
    /// Bytes of a packed program.
    package static let program = 1 << 24
    /// Fields and packed numbers of a packed program.
    package static let programFields = 1 << 20
}
