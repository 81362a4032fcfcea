import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("IDX")
struct IDXTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func write(_ bytes: [UInt8], to name: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private let images = Writing.idx([3, 2, 4], (0..<24).map { UInt8($0 * 10) })
    private let labels = Writing.idx([3], [7, 2, 7])

    @Test("images and labels are read, plain and compressed")
    func reading() throws {
        for packed in [false, true] {
            let data = try IDX.load(
                images: write(packed ? Writing.gzip(images) : images, to: "images"),
                labels: write(packed ? Writing.gzip(labels) : labels, to: "labels")
            )
            #expect(data.rowShape == [2, 4, 1])
            #expect(data.features.floats == (0..<24).map { Float($0 * 10) / 255 })
            #expect(try data.classes.names == ["2", "7"])
            #expect(try data.classes.indices.elements(as: Int32.self) == [1, 0, 1])
            #expect(data.featureNames.last == "pixel_1_3")
        }
    }

    @Test("what is wrong with a file is told with its name")
    func mistakes() throws {
        let good = try write(labels, to: "labels")
        func error(_ bytes: [UInt8], labels: String? = nil) throws -> String {
            let path = try write(bytes, to: "images")
            let error = #expect(throws: ImageError.self) { try IDX.load(images: path, labels: labels ?? good) }
            return (error?.description ?? "").replacingOccurrences(of: folder.path + "/", with: "")
        }
        let needed = "images [images, height, width]"
        let notIDX = "images: this is not an IDX file, but one of \(needed) is needed."
        #expect(try error([]) == notIDX)
        #expect(try error(Array("hello there".utf8)) == notIDX)
        #expect(
            try error(labels)
                == "images: the file holds elements of type 8 in 1 axes, but type 8 (bytes) in 3 axes, \(needed), is needed."
        )
        #expect(try error(Array(images.prefix(15))) == "images: the file is damaged: it ends too early. Get it again.")
        #expect(
            try error(Array(images.dropLast()))
                == "images: the file is damaged: it has 39 bytes and not 40. Get it again."
        )
        #expect(
            try error(Writing.idx([1 << 16, 1 << 16, 1 << 16], []))
                == "images: 4294967296 elements, and at most 268435456 are allowed."
        )
        #expect(
            try error(Writing.idx([2, 2, 4], [UInt8](repeating: 0, count: 16)))
                == "images has 2 images, but labels has 3 labels: give files that belong together."
        )
        #expect(
            try error(Writing.gzip(Writing.idx([1 << 14, 1 << 14, 1], [1, 2, 3])))
                == "images: the file is damaged: it is too short for 268435456 elements. Get it again."
        )
        let more = "images: the file is damaged: it holds more than it says. Get it again."
        #expect(try error(Writing.gzip(images + [0, 0])) == more)
        var wrong = Writing.gzip(images)
        wrong[wrong.count - 6] ^= 1  // the checksum
        #expect(
            try error(wrong) == "images: the file is damaged: what is compressed is not in order. Get it again."
        )
        #expect(
            try error(Writing.gzip(images) + [1]).hasPrefix("images: the file is damaged: it holds 40 bytes and not 40")
        )
        let empty = try write(Writing.idx([0], []), to: "none")
        #expect(
            try error(Writing.idx([0, 2, 4], []), labels: empty)
                == "images: there are no images; at least one is needed."
        )
    }

    @Test("no damage to a file makes its reader trap: each cut, and each byte changed")
    func damage() throws {
        let good = try write(labels, to: "labels")
        var random = Seeded(3)
        for content in [images, Writing.gzip(images)] {
            for index in content.indices {
                var changed = content
                changed[index] ^= UInt8.random(in: 1...255, using: &random)
                for bytes in [Array(content.prefix(index)), changed] {
                    let path = try write(bytes, to: "damaged")
                    do { _ = try IDX.load(images: path, labels: good) } catch { #expect(!"\(error)".isEmpty) }
                }
            }
        }
    }

    @Test(
        "MNIST's test part has ten thousand images of ten classes",
        .enabled(if: sharedData("mnist/t10k-images-idx3-ubyte.gz") != nil)
    )
    func published() throws {
        let data = try IDX.load(
            images: #require(sharedData("mnist/t10k-images-idx3-ubyte.gz")),
            labels: #require(sharedData("mnist/t10k-labels-idx1-ubyte.gz"))
        )
        // As LeCun's page and zcat | od say.
        #expect(data.features.shape == [10_000, 784])
        #expect(try data.classes.names == (0..<10).map(String.init))
        #expect(try data.classes.counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
        #expect(try data.classes.indices.elements(as: Int32.self).prefix(10) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    }
}
