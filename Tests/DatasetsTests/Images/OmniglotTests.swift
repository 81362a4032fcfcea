import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Omniglot")
struct OmniglotTests {
    private func write(_ bytes: [UInt8], to name: String, in folder: Folder) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// A black bar of so many columns on white.
    private func bar(_ width: Int, bits: Int = 1) -> [UInt8] {
        Writing.png(width: 7, height: 7, bits: bits) { _, column in column < width ? 0 : 255 }
    }

    @Test(
        "drawings are read in the order of their names, whatever the archive's is, and one in two archives is read once"
    )
    func reading() throws {
        let folder = try Folder()
        let first = try write(
            Writing.zip([
                ("background/", []), ("background/Latin/character02/b.png", bar(3)),
                ("background/Latin/character02/a.png", bar(2)), ("background/Greek/character01/x.png", bar(1)),
                ("__MACOSX/background/Greek/character01/._x.png", [1, 2, 3]), ("background/readme.txt", [65]),
            ]),
            to: "one.zip",
            in: folder
        )
        let second = try write(
            Writing.zip(
                [
                    ("other/Greek/character01/x.png", bar(1)), ("other/Greek/character01/y.png", bar(4, bits: 8)),
                ],
                deflated: false
            ),
            to: "two.zip",
            in: folder
        )
        let data = try Omniglot.load([first, second], side: 7)
        #expect(try data.classes.names == ["Greek/character01", "Latin/character02"])
        #expect(try data.classes.indices.elements(as: Int32.self) == [0, 0, 1, 1])
        #expect(data.rowShape == [7, 7, 1])
        let ink = data.features.floats
        for (row, width) in [1, 4, 2, 3].enumerated() {
            for column in 0..<7 { #expect(ink[row * 49 + column] == (column < width ? 1 : 0)) }
        }
        #expect(data.featureNames[8] == "pixel_1_1")
    }

    @Test("a square of the coarser grid holds the mean of what it covers, so that ink is neither lost nor made")
    func scaling() throws {
        let folder = try Folder()
        var random = Seeded(1)
        for (size, side) in [(7, 3), (105, 28), (5, 10), (9, 9)] {
            let shades = (0..<(size * size)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let image = Writing.png(width: size, height: size) { shades[$0 * size + $1] }
            let path = try write(Writing.zip([("a/b/c.png", image)]), to: "\(size).zip", in: folder)
            let ink = try Omniglot.load([path], side: side).features.floats
            for row in 0..<side {
                for column in 0..<side {
                    // The integral over the square, pixel by pixel, in Double.
                    let scale = Double(size) / Double(side)
                    var sum = 0.0
                    for y in 0..<size {
                        for x in 0..<size {
                            let height =
                                min(Double(y + 1), Double(row + 1) * scale) - max(Double(y), Double(row) * scale)
                            let width =
                                min(Double(x + 1), Double(column + 1) * scale) - max(Double(x), Double(column) * scale)
                            if height > 0, width > 0 {
                                sum += height * width * (1 - Double(shades[y * size + x]) / 255)
                            }
                        }
                    }
                    #expect(abs(Double(ink[row * side + column]) - sum / (scale * scale)) < 1e-6)
                }
            }
        }
    }

    @Test("what is wrong with an archive is told with the file and the place in it")
    func mistakes() throws {
        let folder = try Folder()
        func error(_ bytes: [UInt8], _ name: String = "bad.zip") throws -> String {
            let path = try write(bytes, to: name, in: folder)
            let error = #expect(throws: ImageError.self) { try Omniglot.load([path]) }
            return (error?.description ?? "").replacingOccurrences(of: folder.path + "/", with: "")
        }
        let good = Writing.zip([("a/b/c.png", bar(1))])
        #expect(try error([]) == "bad.zip: this is not a zip archive, but one is needed.")
        #expect(try error(Array(good.dropLast(9))) == "bad.zip: this is not a zip archive, but one is needed.")
        #expect(
            try error(Writing.zip([("a.png", bar(1))]))
                == "bad.zip: there are no images; an archive of PNG files in folders alphabet/character is needed."
        )
        #expect(
            try error(Writing.zip([("a/b/c\u{1B}.png", [UInt8](repeating: 1, count: 20))]))
                == "bad.zip, 'a/b/c\\u{1B}.png': the file is damaged: as a PNG image: Not a PNG file. Get it again."
        )
        #expect(
            try error(Writing.zip([("a/b/c.png", Writing.png(width: 513, height: 1) { _, _ in 0 })]))
                == "bad.zip, 'a/b/c.png': 513 pixels along a side, and at most 512 are allowed."
        )
        #expect(
            try error(Writing.zip([("a/b/c.png", [UInt8](repeating: 0, count: 1 << 20 + 1))]))
                .hasPrefix("bad.zip, 'a/b/c.png': ")
        )
        var locked = good
        if let flags = locked.indices.reversed().first(where: { locked[$0...].starts(with: [0x50, 0x4B, 1, 2]) }) {
            locked[flags + 8] = 1
        }
        #expect(
            try error(locked)
                == "bad.zip, 'a/b/c.png': it is encrypted, but an archive without a password is needed."
        )
        let missing = #expect(throws: ImageError.self) { try Omniglot.load(["/no/such/file.zip"]) }
        #expect(
            missing?.description
                == "/no/such/file.zip: cannot be read: No such file or directory. Check the path and its permissions."
        )
    }

    @Test("no damage to a file makes its reader trap: each cut, and each byte changed")
    func damage() throws {
        let folder = try Folder()
        let good = Writing.zip([("a/b/c.png", bar(1)), ("a/b/d.png", bar(2, bits: 8))])
        var random = Seeded(2)
        var survivors = 0
        func read(_ bytes: [UInt8]) throws {
            let path = try write(bytes, to: "damaged.zip", in: folder)
            do {
                _ = try Omniglot.load([path], side: 4)
                survivors += 1
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        for count in good.indices { try read(Array(good.prefix(count))) }
        #expect(survivors == 0)
        for index in good.indices {
            var bytes = good
            bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            try read(bytes)
        }
        // Times, versions and names may change without harm; the pixels are under checksums.
        #expect(survivors < good.count / 2)
    }

    @Test(
        "the published archives give 136 and 156 characters of twenty drawings each",
        .enabled(if: sharedData("omniglot/images_background_small2.zip") != nil)
    )
    func published() throws {
        let paths = try ["small1", "small2"].map { try #require(sharedData("omniglot/images_background_\($0).zip")) }
        let data = try Omniglot.load([paths[0]])
        #expect(try data.classes.counts == [Int](repeating: 20, count: 136))
        // Summed by an independent reader: see omniglot_golden.py.
        let sum = data.features.floats.reduce(0) { $0 + Double($1) }
        #expect(abs(sum - OmniglotGolden.inkOfSmall1) < 0.01)
        for (index, value) in OmniglotGolden.firstRow {
            #expect(abs(Double(data.features.floats[index]) - value) < 1e-6)
        }
        let both = try Omniglot.load(paths)
        #expect(try both.classes.counts == [Int](repeating: 20, count: 242))
    }
}
