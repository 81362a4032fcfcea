public import Execution
public import Tensors

extension Hash {
    /// The identity of a task: SHA-256 over "troupe task 1\n", the numerics version (4 bytes, little-endian), the
    /// program's hash and the hash of each input in order. The role is not part of it.
    public static func ofTask(program: Hash, inputs: [Hash], numerics: UInt32 = numericsVersion) -> Hash {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + Hash.byteCount * inputs.count)
        bytes += "troupe task 1\n".utf8
        bytes.append(littleEndian: numerics)
        bytes.append(program)
        for input in inputs { bytes.append(input) }
        return Hash(of: bytes)
    }
}
