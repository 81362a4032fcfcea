/// Writes the files that image loaders read, without compressing anything.
enum Writing {
    /// A zip archive.
    ///
    /// - Parameters:
    ///   - entries: The path and the content of each file.
    ///   - deflated: Whether they are in the form of DEFLATE, or stored as they are.
    /// - Returns: its bytes.
    static func zip(_ entries: [(path: String, content: [UInt8])], deflated: Bool = true) -> [UInt8] {
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let packed = deflated ? stored(entry.content) : entry.content
            let name = Array(entry.path.utf8)
            let middle =
                little(deflated ? 8 : 0, 2) + little(0, 4) + little(Int(crc(entry.content)), 4)
                + little(packed.count, 4) + little(entry.content.count, 4) + little(name.count, 2) + little(0, 2)
            directory +=
                little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + little(0, 2) + middle + little(0, 2)
                + little(0, 2) + little(0, 2) + little(0, 4) + little(archive.count, 4) + name
            archive += little(0x0403_4B50, 4) + little(20, 2) + little(0, 2) + middle + name + packed
        }
        let end =
            little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + little(entries.count, 2) + little(entries.count, 2)
            + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
        return archive + directory + end
    }

    /// A gzip file.
    static func gzip(_ content: [UInt8]) -> [UInt8] {
        [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + stored(content) + little(Int(crc(content)), 4)
            + little(content.count, 4)
    }

    /// A PNG image in shades of grey, 8 bits each, or of 1 bit each where every pixel is black or white.
    static func png(width: Int, height: Int, bits: Int = 8, _ pixel: (_ row: Int, _ column: Int) -> UInt8) -> [UInt8] {
        var lines: [UInt8] = []
        for row in 0..<height {
            lines.append(0)  // no filter
            let line = (0..<width).map { pixel(row, $0) }
            if bits == 8 {
                lines += line
            } else {
                for start in stride(from: 0, to: width, by: 8) {
                    lines.append(
                        (0..<8).reduce(0) { byte, bit in
                            byte << 1 | (start + bit < width && line[start + bit] != 0 ? 1 : 0)
                        }
                    )
                }
            }
        }
        let (a, b) = lines.reduce((1, 0)) { sums, byte in
            let first = (sums.0 + Int(byte)) % 65521
            return (first, (sums.1 + first) % 65521)
        }
        let header = big(width) + big(height) + [UInt8(bits), 0, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", [0x78, 0x01] + stored(lines) + big(b << 16 | a)) + chunk("IEND", [])
    }

    /// An IDX file of bytes.
    static func idx(_ sizes: [Int], _ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap(big) + bytes
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return big(content.count) + body + big(Int(crc(body)))
    }

    /// Blocks of DEFLATE that are not compressed, RFC 1951, section 3.2.4.
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        repeat {
            let size = min(content.count - start, 0xFFFF)
            result.append(start + size == content.count ? 1 : 0)
            result += little(size, 2) + little(size ^ 0xFFFF, 2) + content[start..<(start + size)]
            start += size
        } while start < content.count
        return result
    }

    /// CRC-32, bit by bit.
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { word, _ in word >> 1 ^ (word & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func big(_ number: Int) -> [UInt8] { little(number, 4).reversed() }
}
