/// What a job file says about one recipe. Each recipe has a type of its own that reads its keys.
package protocol RecipeSettings: Sendable {
    /// The name by which a job asks for it.
    static var name: String { get }
    /// The keys at the top of a job that it takes besides those of every job.
    static var keys: [String] { get }

    /// Reads those keys; what is absent has its default.
    init(reading job: Section) throws(DocumentError)

    /// The same keys with their resolved values.
    var canonical: [String: JSON] { get }
}
