import CImages

/// An image in shades of grey.
struct GreyImage: Hashable {
    /// Pixels in a row.
    let width: Int
    /// Rows.
    let height: Int
    /// 0 for black to 255 for white, row by row.
    let pixels: [UInt8]

    /// Pixels along a side of an image from a file.
    static let mostPixelsAlongSide = 512

    init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height, "an image is not empty, and full")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Reads a PNG image; what shines through is white.
    ///
    /// - Throws: `ImageError.damaged`, or `.tooLarge` for more than `mostPixelsAlongSide`.
    init(png bytes: [UInt8], at place: ImageError.Place) throws(ImageError) {
        var (width, height) = (UInt32(0), UInt32(0))
        var message = [CChar](repeating: 0, count: Int(TROUPE_PNG_MESSAGE))
        guard troupe_png_size(bytes, bytes.count, &width, &height, &message) == 0 else {
            throw .damaged(place, reason: Self.text(message))
        }
        let side = Int(max(width, height))
        guard side <= Self.mostPixelsAlongSide else {
            throw .tooLarge(place, what: "pixels along a side", found: side, most: Self.mostPixelsAlongSide)
        }
        var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height))
        guard !pixels.isEmpty, troupe_png_grey(bytes, bytes.count, &pixels, pixels.count, &message) == 0 else {
            throw .damaged(place, reason: Self.text(message))
        }
        self.init(width: Int(width), height: Int(height), pixels: pixels)
    }

    private static func text(_ message: [CChar]) -> String {
        "as a PNG image: " + String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How much ink lies in each square of a coarser or finer grid: 0 for white to 1 for black, row by row.
    ///
    /// Each pixel counts by the part of it that lies in the square. The sums are of whole numbers, so no order of them
    /// changes a bit.
    func ink(side: Int) -> [Float] {
        // Pixel s covers s·side..<(s+1)·side and square t covers t·width..<(t+1)·width of a line of side·width points.
        func overlaps(_ size: Int) -> [[(source: Int, weight: Int)]] {
            (0..<side).map { target in
                (target * size / side...((target + 1) * size - 1) / side).map { source in
                    let low = max(source * side, target * size)
                    return (source, min((source + 1) * side, (target + 1) * size) - low)
                }
            }
        }
        let columns = overlaps(width)
        let rows = overlaps(height)
        let narrow = (0..<height).flatMap { row in
            columns.map { $0.reduce(0) { $0 + (255 - Int(pixels[row * width + $1.source])) * $1.weight } }
        }  // [height, side]
        let full = Double(255 * width * height)
        return rows.flatMap { row in
            (0..<side).map { column in
                Float(Double(row.reduce(0) { $0 + narrow[$1.source * side + column] * $1.weight }) / full)
            }
        }
    }
}
