public import Foundation
public import Tensors

/// What a ledger says of the job as a whole.
public struct JobState: Hashable, Sendable {
    /// What decides the model.
    public var job: Hash
    /// The seed of the job, for people; it is in `job` as well.
    public var seed: UInt64
    /// The version of what decides bits; it is in `job` as well.
    public var numericsVersion: UInt32
    /// When the first run of it began, by the clock of that machine.
    public var started: Date
    /// Whether some run of it took workers that could be anybody.
    public var isInsecure: Bool
    /// When the model was made; nil while it is not.
    public var finished: Date?
    /// What the job was read from, so that it can be read again.
    public var source: JobSource

    /// The state of a job that begins.
    public init(
        job: Hash,
        seed: UInt64 = 0,
        numericsVersion: UInt32 = 0,
        started: Date = Date(timeIntervalSince1970: 0),
        isInsecure: Bool = false,
        source: JobSource = JobSource()
    ) {
        self.job = job
        self.seed = seed
        self.numericsVersion = numericsVersion
        self.started = started
        self.isInsecure = isInsecure
        self.source = source
    }

    /// Whether both are written down alike: times by the millisecond.
    func matches(_ other: JobState) -> Bool {
        job == other.job && seed == other.seed && numericsVersion == other.numericsVersion
            && started.milliseconds == other.started.milliseconds && isInsecure == other.isInsecure
            && finished?.milliseconds == other.finished?.milliseconds && source == other.source
    }
}

/// What a job was read from.
public struct JobSource: Hashable, Sendable, Codable {
    /// The path of its file, as it was given.
    public var file: String
    /// The file's content.
    public var text: String
    /// What was replaced in it, as `key=value`.
    public var replacements: [String]

    /// A file with replacements.
    public init(file: String = "", text: String = "", replacements: [String] = []) {
        self.file = file
        self.text = text
        self.replacements = replacements
    }

    /// As it is written down.
    var encoded: [UInt8] { (try? JSONEncoder().encode(self)).map(Array.init) ?? [] }

    init?(encoded: [UInt8]) {
        guard let source = try? JSONDecoder().decode(Self.self, from: Data(encoded)) else { return nil }
        self = source
    }
}

extension Date {
    /// Whole milliseconds since 1970, by which ledgers write times down.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    /// A time that was written down.
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
