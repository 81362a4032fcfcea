import Datasets
import Tensors

/// The small tasks that a meta-learner learns from: `sinusoid`, `{omniglot: [archives], ways: 5, shots: 1}`,
/// `{idx: {images: file, labels: file}, ways: 5, shots: 1}`.
public struct EpisodeSettings: Sendable, Hashable {
    /// What tasks are made of.
    public enum Source: Sendable, Hashable {
        /// Sine waves.
        case sinusoid
        /// Characters from Omniglot's archives, brought to a number of pixels along a side.
        case omniglot([FilePath], size: Int)
        /// Images and labels in the IDX format.
        case idx(images: FilePath, labels: FilePath)
    }

    /// What tasks are made of.
    public var source: Source
    /// The classes of a task of images.
    public var ways: Int
    /// The examples to adapt to: of each class, or in all for sine waves.
    public var shots: Int
    /// The examples to measure on, likewise.
    public var queries: Int
    /// Whether images turned by right angles are further classes, in training.
    public var isTurning: Bool
    /// The part of the classes that is kept apart to measure on.
    public var heldOut: Double
    /// Where the tasks were written.
    public var place: Place

    private static let kinds = ["sinusoid", "omniglot", "idx"]
    /// What may be written.
    static let expected =
        "sinusoid, or images: {omniglot: [images_background.zip], ways: 5, shots: 1} or {idx: {images: FILE, labels: FILE}}"

    /// Reads `tasks`.
    ///
    /// - Throws: `DocumentError`, also when a file is not there.
    init(reading field: Field, job: String) throws(DocumentError) {
        switch field.content {
        case .plain(let name), .quoted(let name):
            guard Self.kinds.contains(name) else {
                throw .unknownName(
                    field.place,
                    kind: "kind of tasks",
                    plural: "kinds",
                    name: name,
                    known: Self.kinds
                )
            }
            guard name == "sinusoid" else {
                throw .value(field.place, key: "tasks", expected: Self.expected, found: "\(field.found) without files")
            }
            self.init(at: field.place, shots: 10, queries: 10)
        case .mapping:
            let section = try Section(field, path: "tasks", keys: nil)
            let named = Self.kinds.filter(section.keys.contains)
            guard let kind = named.first else {
                let keys = Set(Self.kinds + Self.imageKeys + ["size"]).sorted()
                _ = try section.with(keys: keys)
                throw .value(field.place, key: "tasks", expected: Self.expected, found: "none of these")
            }
            guard named.count == 1 else {
                throw .refused(section.place(of: named[1]), "'tasks' is both '\(kind)' and '\(named[1])'. Keep one.")
            }
            if kind == "sinusoid" {
                let inside = try section.with(keys: [kind]).section(kind, keys: ["shots", "queries"])
                self.init(
                    at: field.place,
                    shots: try inside.integer("shots", in: 1...10_000, default: 10),
                    queries: try inside.integer("queries", in: 1...10_000, default: 10)
                )
            } else {
                try self.init(images: section, kind: kind, at: field.place, job: job)
            }
        case .list, .nothing:
            throw .value(field.place, key: "tasks", expected: Self.expected, found: field.found)
        }
    }

    private init(at place: Place, shots: Int, queries: Int) {
        self.place = place
        self.shots = shots
        self.queries = queries
        source = .sinusoid
        ways = 1
        isTurning = false
        heldOut = 0
    }

    private static let imageKeys = ["ways", "shots", "queries", "rotations", "held_out"]

    private init(images tasks: Section, kind: String, at place: Place, job: String) throws(DocumentError) {
        self.place = place
        let isOmniglot = kind == "omniglot"
        let section = try tasks.with(keys: [kind] + Self.imageKeys + (isOmniglot ? ["size"] : []))
        if isOmniglot {
            let field = try section.required(kind, "a list of archives")
            var files: [FilePath] = []
            for (index, item) in try field.list("tasks.omniglot", of: "archives").enumerated() {
                let key = "tasks.omniglot.\(index)"
                files.append(try .existing(reading: item, key, job: job, expected: "the path of a file"))
            }
            guard !files.isEmpty else {
                throw .value(
                    field.place,
                    key: "tasks.omniglot",
                    expected: "at least one archive",
                    found: "an empty list"
                )
            }
            source = .omniglot(files, size: try section.integer("size", in: 1...105, default: 28))
        } else {
            let files = try section.section(kind, keys: ["images", "labels"])
            func path(_ name: String) throws(DocumentError) -> FilePath {
                let expected = "the path of a file of \(name)"
                let field = try files.required(name, expected)
                return try .existing(reading: field, "tasks.idx.\(name)", job: job, expected: expected)
            }
            source = try .idx(images: path("images"), labels: path("labels"))
        }
        ways = try section.integer("ways", in: 2...10_000, default: 5)
        shots = try section.integer("shots", in: 1...10_000, default: 1)
        queries = try section.integer("queries", in: 1...10_000, default: 15)
        isTurning = try section.flag("rotations", default: isOmniglot)
        heldOut = try section.number("held_out", .part, default: 0.2)
    }

    /// How many numbers a model has to say of each example.
    var outputs: Int { source == .sinusoid ? 1 : ways }

    /// The settings as they stand in a job, defaults included.
    var canonical: JSON {
        let counts: [String: JSON] = ["shots": .integer(shots), "queries": .integer(queries)]
        var members = counts
        switch source {
        case .sinusoid: return .object(["sinusoid": .object(counts)])
        case .omniglot(let files, let size):
            members["omniglot"] = .list(files.map { .text($0.path) })
            members["size"] = .integer(size)
        case .idx(let images, let labels):
            members["idx"] = .object(["images": .text(images.path), "labels": .text(labels.path)])
        }
        members["ways"] = .integer(ways)
        members["rotations"] = .flag(isTurning)
        members["held_out"] = .number(heldOut)
        return .object(members)
    }

    /// The tasks to train on and those to measure on.
    struct Loaded {
        let training: any EpisodeSource
        let heldOut: any EpisodeSource
        /// The hash of what they are made of.
        let hash: Hash
    }

    /// Reads what tasks are made of.
    ///
    /// - Throws: `ImageError` that names the file, `DocumentError` when there can be no such tasks.
    func load(seed: UInt64) throws -> Loaded {
        do {
            let data: Dataset
            switch source {
            case .sinusoid:
                let waves = try Sinusoids(shots: shots, queries: queries)
                return Loaded(training: waves, heldOut: waves, hash: Hash(of: Array("troupe sinusoid 1".utf8)))
            case .omniglot(let files, let size): data = try Omniglot.load(files.map(\.file), side: size)
            case .idx(let images, let labels): data = try IDX.load(images: images.file, labels: labels.file)
            }
            let classes = try data.classSplit(heldOut: heldOut, seed: seed)
            func episodes(_ classes: [Int], turning: Bool) throws -> ClassEpisodes {
                try ClassEpisodes(
                    of: data,
                    classes: classes,
                    ways: ways,
                    shots: shots,
                    queries: queries,
                    turning: turning
                )
            }
            return Loaded(
                training: try episodes(classes.training, turning: isTurning),
                heldOut: try episodes(classes.heldOut, turning: false),
                hash: data.hash
            )
        } catch let error as EpisodeError {
            throw DocumentError.refused(place, "\(error)")
        }
    }
}
