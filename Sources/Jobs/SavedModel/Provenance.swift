public import Tensors

/// Where a model comes from: enough to train it again, and to see whether something else was trained.
public struct Provenance: Hashable, Sendable {
    /// The hash of the canonical job.
    public var job: Hash
    /// The hash of the whole data set, before it was cut.
    public var data: Hash
    /// The programs that ran, by their hashes, in order.
    public var programs: [Hash]
    /// The seed of the job.
    public var seed: UInt64
    /// The share of the rows that was kept apart; nil when rows are not what was kept apart.
    public var test: Double?
    /// What was promised about the bits.
    public var numerics: Numerics
    /// The version of everything that decides bits.
    public var numericsVersion: UInt32
    /// The version of the program that trained it.
    public var troupe: String

    static let keys = ["job", "data", "programs", "seed", "test", "numerics", "numerics_version", "troupe", "weights"]

    var members: [String: JSON] {
        [
            "job": .text(job.description),
            "data": .text(data.description),
            "programs": .list(programs.map { .text($0.description) }),
            "seed": .unsigned(seed),
            "test": test.map(JSON.number) ?? .null,
            "numerics": .text(numerics.rawValue),
            "numerics_version": .integer(Int(numericsVersion)),
            "troupe": .text(troupe),
        ]
    }
}

extension Provenance {
    init(reading section: Section) throws(DocumentError) {
        var programs: [Hash] = []
        for field in try section.required("programs", "a list of hashes").list("programs", of: "hashes") {
            programs.append(try field.hash("provenance.programs"))
        }
        self.init(
            job: try section.required("job", "a hash").hash("provenance.job"),
            data: try section.required("data", "a hash").hash("provenance.data"),
            programs: programs,
            seed: try section.required("seed", "a whole number").seed("provenance.seed"),
            test: try section["test"]?.number("provenance.test", .part),
            numerics: try section.required("numerics", "the name of numerics").word("provenance.numerics"),
            numericsVersion: UInt32(
                try section.required("numerics_version", "a whole number")
                    .integer("provenance.numerics_version", in: 0...Int(UInt32.max))
            ),
            troupe: try section.required("troupe", "a version").text("provenance.troupe", "a version")
        )
    }
}

extension Field {
    /// The value as a SHA-256 digest.
    func hash(_ key: String) throws(DocumentError) -> Hash {
        guard case .quoted(let text) = content, let hash = Hash(text) else {
            throw .value(place, key: key, expected: "64 hexadecimal digits", found: found)
        }
        return hash
    }
}
