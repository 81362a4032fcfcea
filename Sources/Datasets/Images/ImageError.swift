/// Why a file of images cannot be read.
public enum ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file, or one of the files inside an archive.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        /// The path of the file.
        public var file: String
        /// The path inside the archive; nil for the file itself.
        public var entry: String?

        init(_ file: String, entry: String? = nil) {
            self.file = file
            self.entry = entry
        }

        /// As `images.zip, 'Greek/character01/0394_01.png'`.
        public var description: String { file + (entry.map { ", \($0.quoted)" } ?? "") }
    }

    /// The system does not give the file's content.
    case cannotRead(file: String, reason: String)
    /// The content is of another kind than is needed here.
    case unsupported(Place, reason: String, needed: String)
    /// The content contradicts itself or ends too early.
    case damaged(Place, reason: String)
    /// More of something than is allowed.
    case tooLarge(Place, what: String, found: Int, most: Int)
    /// Unlike numbers of images and labels.
    case countMismatch(images: Place, found: Int, labels: Place, needed: Int)
    /// There is no image at all.
    case noImages(Place, needed: String)

    /// What is wrong, where, and what is needed.
    public var description: String {
        switch self {
        case .cannotRead(let file, let reason):
            "\(file): cannot be read: \(reason). Check the path and its permissions."
        case .unsupported(let place, let reason, let needed): "\(place): \(reason), but \(needed) is needed."
        case .damaged(let place, let reason): "\(place): the file is damaged: \(reason). Get it again."
        case .tooLarge(let place, let what, let found, let most):
            "\(place): \(found) \(what), and at most \(most) are allowed."
        case .countMismatch(let images, let found, let labels, let needed):
            "\(images) has \(found) images, but \(labels) has \(needed) labels: give files that belong together."
        case .noImages(let place, let needed): "\(place): there are no images; \(needed) is needed."
        }
    }
}

extension String {
    /// The string in quotes, with no character that could move a terminal's cursor, and not too long for a message.
    fileprivate var quoted: String {
        let start = unicodeScalars.prefix(200).map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "'\(start.joined())\(unicodeScalars.count > 200 ? "…" : "")'"
    }
}
