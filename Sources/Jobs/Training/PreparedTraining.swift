package import Recipes
package import Tasks
package import Tensors

/// A recipe with its data, which is ready to train.
package protocol PreparedTraining: Sendable {
    /// The hash of everything that was read, before it was cut or changed.
    var data: Hash { get }
    /// The share of the rows that is kept apart for the test; nil when rows are not what is kept apart.
    var test: Double? { get }

    /// What progress is counted in, in the plural.
    var progressUnit: String { get }
    /// How many of these there are.
    var progressTotal: Int { get }
    /// How many tasks of one role follow each other until what the role stands for is finished.
    var chainLength: Int { get }
    /// How many of these are finished when the last task of this role is.
    func progress(of role: Role) -> Int
    /// The part of all the work that each task of a role is, 0...1, as far as is known before it has run.
    func share(of role: Role) -> Double
    /// What has become of the last task of this role, which left these outputs: how many were finished, and the part of all
    /// the work.
    func finished(_ role: Role, leaving outputs: TaskOutputs) async throws -> (done: Int, share: Double)
    /// How many of these were finished when a snapshot was made.
    func progress(at snapshot: Snapshot, named name: String) -> Int

    /// The largest network that tasks train, and how many of it one trains side by side; nil where there is none.
    func largestNetwork() throws -> (size: NetworkSize, sideBySide: Int)?

    /// What the tasks run.
    func programs() throws -> [NamedProgram]

    /// Trains a model and measures it.
    func train(on cluster: some Cluster) async throws -> TrainedModel
}

extension PreparedTraining {
    package var test: Double? { nil }
    package var chainLength: Int { 1 }

    /// There is none.
    package func largestNetwork() throws -> (size: NetworkSize, sideBySide: Int)? { nil }

    /// What was foreseen.
    package func finished(_ role: Role, leaving outputs: TaskOutputs) async throws -> (done: Int, share: Double) {
        (progress(of: role), share(of: role))
    }

    /// Steps are what is counted.
    package func progress(at snapshot: Snapshot, named name: String) -> Int { min(snapshot.step, progressTotal) }
}

/// What a recipe made of the data.
package struct TrainedModel: Sendable {
    /// The model.
    package var model: any StorableModel
    /// What was measured, to be kept with it.
    package var metrics: Metrics
    /// What is said of it when it is made.
    package var report: Report

    /// A model with its measurements.
    package init(_ model: some StorableModel, metrics: Metrics, report: Report) {
        self.model = model
        self.metrics = metrics
        self.report = report
    }
}
