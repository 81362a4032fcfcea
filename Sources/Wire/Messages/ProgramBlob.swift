import CProtobuf
package import Tensors

/// A program by its hash, and by the name of the blob that holds it packed.
package struct ProgramBlob: Hashable, Sendable {
    /// The program's identity: `Program.hash`.
    package var hash: Hash
    /// The name of the blob: `Hash.ofBlob` of what `FlatProgram.encoded()` gives.
    package var name: Hash
    /// Bytes of the blob, 1 to 16 MiB.
    package var byteCount: Int

    /// A program that lies in a blob.
    package init(hash: Hash, name: Hash, byteCount: Int) {
        self.hash = hash
        self.name = name
        self.byteCount = byteCount
    }
}

extension ProgramBlob: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__ProgramBlob>) { troupe__program_blob__init(cell) }

    func write(to cell: inout Troupe__ProgramBlob, in arena: inout Arena) throws(WireError) {
        cell.hash = arena.data(hash)
        cell.name = arena.data(name)
        cell.byte_count = try arena.number(byteCount, named: "byte_count")
    }

    init(reading cell: Troupe__ProgramBlob) throws(WireError) {
        hash = try read(cell.hash, "hash")
        name = try read(cell.name, "name")
        byteCount = try read(cell.byte_count, "byte_count", in: 1...WireLimits.program)
    }
}
