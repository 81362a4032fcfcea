extension InputFile {
    /// All bytes of a file.
    ///
    /// - Throws: `ImageError.cannotRead`, or `.tooLarge` for a file of more than `limit` bytes.
    static func content(of path: String, limit: Int) throws(ImageError) -> [UInt8] {
        do throws(CSVError) {
            let file = try InputFile(path: path)
            var content: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            while content.count <= limit {
                let count = try file.read(into: &piece)
                if count == 0 { return content }
                content += piece[..<count]
            }
        } catch {
            guard case .cannotRead(let file, let reason) = error else {
                throw .cannotRead(file: path, reason: error.description)
            }
            throw .cannotRead(file: file, reason: reason)
        }
        throw .tooLarge(ImageError.Place(path), what: "bytes or more", found: limit + 1, most: limit)
    }
}
