/// What a job file says about one recipe, and how that is carried out. Each recipe has a type of its own.
package protocol RecipeSettings: Sendable {
    /// The name by which a job asks for it.
    static var name: String { get }
    /// The keys at the top of a job that it takes besides those of every job.
    static var keys: [String] { get }

    /// Reads those keys; what is absent has its default.
    ///
    /// - Parameters:
    ///   - job: The whole job.
    ///   - file: The path of the job file, to whose folder paths are relative.
    /// - Throws: `DocumentError` when a value is not allowed.
    init(reading job: Section, file: String) throws(DocumentError)

    /// The same keys with their resolved values.
    var canonical: [String: JSON] { get }

    /// Reads the data and refuses what the recipe cannot learn from, before a worker is started or a file is written.
    func prepare(seed: UInt64) throws -> any PreparedTraining
}
