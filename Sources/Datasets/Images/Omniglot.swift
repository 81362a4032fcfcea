import Tensors

/// Omniglot: handwritten characters of many alphabets, twenty drawings of each. Lake et al. 2015.
///
/// It is read from the archives as published, `images_background.zip`, `images_background_small1.zip` and so on: PNG files
/// of 105 × 105 pixels in folders `alphabet/characterNN`.
public enum Omniglot {
    /// Reads archives. A drawing that several of them hold is taken once.
    ///
    /// - Parameters:
    ///   - archives: The paths of the archives.
    ///   - side: Pixels along a side of the images made; squares of the grid take the mean of what they cover.
    /// - Returns: A table of images, `f32 [images, side²]` with 1 for ink and 0 for paper, of row shape `[side, side, 1]`.
    ///   Classes are called `Greek/character01`; they and the images of each are in the order of their names.
    /// - Throws: `ImageError` that names the archive and the file in it.
    public static func load(_ archives: [String], side: Int = 28) throws(ImageError) -> Dataset {
        precondition(!archives.isEmpty && (1...512).contains(side), "archives to read, and a size from 1 to 512")
        var drawings: [String: [String: [Float]]] = [:]  // by class and by name of the file
        for path in archives {
            let archive = try ZipArchive(file: path)
            var found = false
            for entry in archive.entries where !entry.isFolder && entry.path.hasSuffix(".png") {
                let parts = entry.path.split(separator: "/").map(String.init)
                guard parts.count >= 3, !parts[parts.count - 1].hasPrefix("._") else { continue }
                found = true
                let (name, file) = (parts.dropLast().suffix(2).joined(separator: "/"), parts[parts.count - 1])
                guard drawings[name]?[file] == nil else { continue }
                let image = try GreyImage(png: archive.content(of: entry), at: archive.place(of: entry))
                drawings[name, default: [:]][file] = image.ink(side: side)
            }
            guard found else {
                throw .noImages(ImageError.Place(path), needed: "an archive of PNG files in folders alphabet/character")
            }
        }
        let names = drawings.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var pixels: [Float] = []
        var classes: [Int32] = []
        for (index, name) in names.enumerated() {
            let files = (drawings[name] ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (_, image) in files {
                pixels += image
                classes.append(Int32(index))
            }
        }
        return Dataset(
            valid: archives.joined(separator: ", "),
            features: TensorValue(pixels, shape: [classes.count, side * side]),
            featureNames: Dataset.pixelNames(height: side, width: side),
            rowShape: [side, side, 1],
            labels: .classes(ClassLabels(valid: TensorValue(classes), names: names))
        )
    }
}

extension Dataset {
    /// The names of an image's features, row by row: `pixel_0_0`, `pixel_0_1`, …
    static func pixelNames(height: Int, width: Int) -> [String] {
        (0..<height).flatMap { row in (0..<width).map { "pixel_\(row)_\($0)" } }
    }
}
