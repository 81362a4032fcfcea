import Tensors

/// Images and labels in the IDX format, plain or compressed by gzip, as MNIST and its kin are published.
public enum IDX {
    /// Reads a file of images and one of their labels.
    ///
    /// - Parameters:
    ///   - images: The path of a file of bytes `[images, height, width]`.
    ///   - labels: The path of a file of bytes `[images]`.
    /// - Returns: A table of images, `f32 [images, height · width]`, each byte divided by 255, of row shape
    ///   `[height, width, 1]`. The classes are the labels that occur, in ascending order, named by their numbers.
    /// - Throws: `ImageError` that names the file.
    public static func load(images: String, labels: String) throws(ImageError) -> Dataset {
        let pixels = try IDXFile(images, rank: 3, of: "images [images, height, width]")
        let classes = try IDXFile(labels, rank: 1, of: "labels [images]")
        let (count, height, width) = (pixels.sizes[0], pixels.sizes[1], pixels.sizes[2])
        guard count == classes.sizes[0] else {
            throw .countMismatch(
                images: ImageError.Place(images),
                found: count,
                labels: ImageError.Place(labels),
                needed: classes.sizes[0]
            )
        }
        guard count * height * width > 0 else {
            throw .noImages(ImageError.Place(images), needed: "at least one")
        }
        let numbers = Set(classes.bytes).sorted()
        var place = [Int32](repeating: 0, count: 256)
        for (index, number) in numbers.enumerated() { place[Int(number)] = Int32(index) }
        return Dataset(
            valid: images,
            features: TensorValue(pixels.bytes.map { Float($0) / 255 }, shape: [count, height * width]),
            featureNames: Dataset.pixelNames(height: height, width: width),
            rowShape: [height, width, 1],
            labels: .classes(
                ClassLabels(
                    valid: TensorValue(classes.bytes.map { place[Int($0)] }),
                    names: numbers.map { String($0) }
                )
            )
        )
    }
}

/// A tensor of bytes in a file: two zero bytes, the element type, the rank, each size in four bytes, high byte first, and
/// the elements.
private struct IDXFile {
    let sizes: [Int]
    let bytes: [UInt8]

    /// Bytes of a file, and elements of a tensor.
    static let most = 1 << 28

    init(_ path: String, rank: Int, of what: String) throws(ImageError) {
        let place = ImageError.Place(path)
        let content = try InputFile.content(of: path, limit: Self.most)
        let packed = content.starts(with: [0x1F, 0x8B]) ? Inflation(content, wrapping: .gzip) : nil
        let headerSize = 4 + 4 * rank
        let header = try packed?.prefix(headerSize, at: place) ?? Array(content.prefix(headerSize))
        guard header.count >= 4, header[0] == 0, header[1] == 0 else {
            throw .unsupported(place, reason: "this is not an IDX file", needed: "one of \(what)")
        }
        guard header[2] == 8, Int(header[3]) == rank else {
            throw .unsupported(
                place,
                reason: "the file holds elements of type \(header[2]) in \(header[3]) axes",
                needed: "type 8 (bytes) in \(rank) axes, \(what),"
            )
        }
        guard header.count == headerSize else { throw .damaged(place, reason: "it ends too early") }
        sizes = (1...rank).map { axis in header[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) } }
        var count = 1
        for size in sizes {
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard !overflows, product <= Self.most else {
                throw .tooLarge(place, what: "elements", found: overflows ? .max : product, most: Self.most)
            }
            count = product
        }
        if let packed {
            guard count <= content.count * Inflation.mostExpansion else {
                throw .damaged(place, reason: "it is too short for \(count) elements")
            }
            bytes = Array(try packed.all(headerSize + count, at: place).dropFirst(headerSize))
        } else {
            guard content.count == headerSize + count else {
                throw .damaged(place, reason: "it has \(content.count) bytes and not \(headerSize + count)")
            }
            bytes = Array(content.dropFirst(headerSize))
        }
    }
}
