/// The files in a zip archive, without encryption, in one part, of less than 4 GiB.
///
/// Nothing that it says of itself is believed before it is checked. PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.3.16.
struct ZipArchive {
    /// A file in the archive.
    struct Entry {
        /// Its path, with `/` between folders.
        let path: String
        fileprivate let flags: Int
        fileprivate let method: Int
        fileprivate let checksum: UInt32
        fileprivate let packedSize: Int
        fileprivate let size: Int
        fileprivate let offset: Int

        /// Whether it is a folder, which holds nothing itself.
        var isFolder: Bool { path.hasSuffix("/") }
    }

    /// The entries, in the order of the archive's directory.
    let entries: [Entry]
    private let file: String
    private let bytes: [UInt8]

    /// Bytes of an archive.
    static let mostBytes = 1 << 28
    /// Entries of an archive.
    static let mostEntries = 200_000
    /// Bytes of an entry, unpacked.
    static let mostEntryBytes = 1 << 20

    /// Reads the directory of an archive.
    ///
    /// - Throws: `ImageError`.
    init(file: String) throws(ImageError) {
        self.file = file
        bytes = try InputFile.content(of: file, limit: Self.mostBytes)
        let place = ImageError.Place(file)
        guard let end = Self.end(of: bytes) else {
            throw .unsupported(place, reason: "this is not a zip archive", needed: "one")
        }
        let count = Int(bytes.word16(at: end + 10))
        let offset = Int(bytes.word32(at: end + 16))
        guard count < 0xFFFF, offset < 0xFFFF_FFFF, bytes.word16(at: end + 4) == 0 else {
            throw .unsupported(place, reason: "the archive is in the zip64 format or in parts", needed: "a plain one")
        }
        guard count <= Self.mostEntries else {
            throw .tooLarge(place, what: "files", found: count, most: Self.mostEntries)
        }
        var entries: [Entry] = []
        var position = offset
        for index in 0..<count {
            guard position + 46 <= end, bytes.word32(at: position) == 0x0201_4B50 else {
                throw .damaged(place, reason: "its directory ends after \(index) of \(count) files")
            }
            let nameSize = Int(bytes.word16(at: position + 28))
            let rest = Int(bytes.word16(at: position + 30)) + Int(bytes.word16(at: position + 32))
            guard position + 46 + nameSize + rest <= end else {
                throw .damaged(place, reason: "its directory ends after \(index) of \(count) files")
            }
            entries.append(
                Entry(
                    path: String(decoding: bytes[(position + 46)..<(position + 46 + nameSize)], as: UTF8.self),
                    flags: Int(bytes.word16(at: position + 8)),
                    method: Int(bytes.word16(at: position + 10)),
                    checksum: bytes.word32(at: position + 16),
                    packedSize: Int(bytes.word32(at: position + 20)),
                    size: Int(bytes.word32(at: position + 24)),
                    offset: Int(bytes.word32(at: position + 42))
                )
            )
            position += 46 + nameSize + rest
        }
        self.entries = entries
    }

    /// Where messages say that an entry is.
    func place(of entry: Entry) -> ImageError.Place { ImageError.Place(file, entry: entry.path) }

    /// What an entry holds.
    ///
    /// - Throws: `ImageError` when it is encrypted, packed by another method than DEFLATE, larger than `mostEntryBytes`,
    ///   or does not have the checksum that it should.
    func content(of entry: Entry) throws(ImageError) -> [UInt8] {
        let place = place(of: entry)
        guard entry.flags & 1 == 0 else {
            throw .unsupported(place, reason: "it is encrypted", needed: "an archive without a password")
        }
        guard entry.size <= Self.mostEntryBytes, entry.packedSize <= Self.mostEntryBytes else {
            let found = max(entry.size, entry.packedSize)
            throw .tooLarge(place, what: "bytes", found: found, most: Self.mostEntryBytes)
        }
        guard entry.offset + 30 <= bytes.count, bytes.word32(at: entry.offset) == 0x0403_4B50 else {
            throw .damaged(place, reason: "it does not lie where the archive says")
        }
        let start =
            entry.offset + 30 + Int(bytes.word16(at: entry.offset + 26)) + Int(bytes.word16(at: entry.offset + 28))
        guard start + entry.packedSize <= bytes.count else { throw .damaged(place, reason: "it ends too early") }
        let packed = Array(bytes[start..<(start + entry.packedSize)])
        let content: [UInt8]
        switch entry.method {
        case 0: content = packed
        case 8: content = try Inflation(packed, wrapping: .bare).all(entry.size, at: place)
        default:
            throw .unsupported(
                place,
                reason: "it is packed by method \(entry.method)",
                needed: "method 0 or 8 (DEFLATE)"
            )
        }
        guard content.count == entry.size, Datasets.checksum(content) == entry.checksum else {
            throw .damaged(place, reason: "it does not have the size and checksum that the archive says")
        }
        return content
    }

    /// Where the archive's last record begins: at most a comment's length before the end.
    private static func end(of bytes: [UInt8]) -> Int? {
        let last = bytes.count - 22
        guard last >= 0 else { return nil }
        return stride(from: last, through: max(0, last - 0xFFFF), by: -1).first { bytes.word32(at: $0) == 0x0605_4B50 }
    }
}

extension [UInt8] {
    /// The two bytes at a position, low byte first.
    fileprivate func word16(at position: Int) -> UInt16 { UInt16(self[position]) | UInt16(self[position + 1]) << 8 }

    /// The four bytes at a position, low byte first.
    fileprivate func word32(at position: Int) -> UInt32 {
        UInt32(word16(at: position)) | UInt32(word16(at: position + 2)) << 16
    }
}
