package import Datasets
package import Tensors

/// The rows of each task, cut into a part to learn from and a part to test on.
package struct MultiLabelData: Sendable {
    /// A task's rows.
    package struct Part: Sendable {
        /// The rows to learn from, standardised if the job says so.
        package let training: MultiLabelTable
        /// The rows to test on, likewise.
        package let test: MultiLabelTable
        /// The hash of all rows with the task's label, before they were cut.
        package let hash: Hash
    }

    /// One for each task, in order.
    package let parts: [Part]
    /// What features were standardised by, as measured on all rows to learn from.
    package let standardisation: Standardisation?

    /// Reads and cuts each table once.
    ///
    /// - Throws: `CSVError` or `DatasetError`, or `DocumentError` when the job names a label that is not there.
    init(_ settings: MultiTaskSettings, seed: UInt64) throws {
        var tables:
            [(TaskSetting.TableSetting, whole: MultiLabelTable, training: MultiLabelTable, test: MultiLabelTable)] = []
        for setting in settings.tasks.map(\.table) where !tables.contains(where: { $0.0 == setting }) {
            let whole = try Self.table(setting, for: settings.tasks.filter { $0.table == setting })
            let (training, test) = try whole.split(test: settings.test, seed: seed)
            tables.append((setting, whole, training, test))
        }
        for table in tables where table.whole.featureNames != tables[0].whole.featureNames {
            throw Refusal(
                """
                \(table.whole.name) and \(tables[0].whole.name) must have the same features in the same order, since one \
                trunk learns from both.
                """
            )
        }
        let standardisation =
            settings.standardize ? try Standardisation(fittedOnAll: tables.map(\.training)) : nil
        self.standardisation = standardisation
        func standardised(_ table: MultiLabelTable) throws -> MultiLabelTable {
            try standardisation.map { try table.standardised(by: $0) } ?? table
        }
        let ready = try tables.map { (try standardised($0.training), try standardised($0.test)) }
        parts = try settings.tasks.map { task in
            guard let index = tables.firstIndex(where: { $0.0 == task.table }) else {
                preconditionFailure("every table was read")
            }
            return Part(
                training: ready[index].0,
                test: ready[index].1,
                hash: try tables[index].whole.selecting(task.label).hash
            )
        }
    }

    /// Reads the table of some tasks.
    private static func table(
        _ setting: TaskSetting.TableSetting,
        for tasks: [TaskSetting]
    ) throws -> MultiLabelTable {
        var distinct: [CSV.Label] = []
        for label in tasks.map(\.column) where !distinct.contains(label) { distinct.append(label) }
        do throws(CSVError) {
            return try CSV(file: setting.path.file, header: .present).table(labels: distinct, missing: setting.missing)
        } catch {
            guard case .noSuchLabel(_, let name, _) = error, let task = tasks.first(where: { $0.label == name }) else {
                throw error
            }
            throw DocumentError.refused(task.place, "\(error)")
        }
    }

    /// The hash of everything that was read.
    package var hash: Hash { parts.count == 1 ? parts[0].hash : Hash(of: parts.flatMap(\.hash.bytes)) }
}
