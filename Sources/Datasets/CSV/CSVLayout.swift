/// What each column of a CSV file is for.
struct CSVLayout {
    /// The purpose of a column.
    enum Role: Hashable {
        /// The feature of this index.
        case feature(Int)
        /// What is to be predicted, of this index.
        case label(Int)
        /// Nothing.
        case ignored
    }

    /// The purpose of each column.
    let roles: [Role]
    /// The names of all columns; nil without a header.
    let columnNames: [String]?
    /// The name of each feature.
    let featureNames: [String]

    /// The columns of a table that is read for the first time: the label, and else features in the order of the file.
    init(of first: CSVRecord, label: CSV.Column, header: CSV.Header) throws(CSVError) {
        guard first.cells.count > 1 else { throw .noFeatures(file: first.file) }
        if case (.named(let name), .absent) = (label, header) { throw .labelNeedsHeader(file: first.file, name: name) }
        switch label {
        case .named(let name):
            let names = try first.names()
            guard let index = names.firstIndex(of: name) else {
                throw .noSuchLabel(file: first.file, name: name, columns: names)
            }
            self.init(label: index, names: names, count: names.count)
        case .number(let number):
            let count = first.cells.count
            guard let index = Self.index(ofColumn: number, count: count) else {
                throw .labelOutOfRange(file: first.file, number: number, columns: count)
            }
            let hasNames = header == .present || header == .detected && !first.hasNumber(besides: index)
            self.init(label: index, names: hasNames ? try first.names() : nil, count: count)
        }
    }

    /// The columns of a table whose features are known. With a header they may be in any order; without, they must be in
    /// the order given.
    ///
    /// - Parameters:
    ///   - first: The first record.
    ///   - features: The names of the features.
    ///   - label: The column of the label, if it is in the file.
    ///   - isLabelRead: Whether that column must be there, because it is read; otherwise it may be, and is ignored.
    ///   - header: Whether the first record names the columns.
    /// - Throws: `CSVError` for the first column that does not fit.
    init(
        of first: CSVRecord,
        features: [String],
        label: CSV.Column?,
        isLabelRead: Bool,
        header: CSV.Header
    ) throws(CSVError) {
        let count = first.cells.count
        var labelIndex: Int?
        if case .number(let number)? = label, count == features.count + 1 || isLabelRead {
            labelIndex = Self.index(ofColumn: number, count: count)
            if labelIndex == nil { throw .labelOutOfRange(file: first.file, number: number, columns: count) }
        }
        var hasNames = header == .present
        if header == .detected {
            hasNames = !first.hasNumber(besides: labelIndex) || first.holds(anyOf: features)
        }
        if isLabelRead, case .named(let name)? = label {
            if header == .absent { throw .labelNeedsHeader(file: first.file, name: name) }
            hasNames = true
        }
        let labelRole = isLabelRead ? Role.label(0) : .ignored
        guard hasNames else {
            guard count == features.count + (labelIndex == nil ? 0 : 1) else {
                throw .columnCount(file: first.file, found: count, features: features.count, withLabel: isLabelRead)
            }
            let roles = (0..<count).map { index in
                index == labelIndex ? labelRole : .feature(labelIndex.map { $0 < index } == true ? index - 1 : index)
            }
            self.init(roles: roles, columnNames: nil, featureNames: features)
            return
        }

        let names = try first.names()
        let places = Dictionary(features.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        if case .named(let name)? = label {
            labelIndex = names.firstIndex(of: name)
            if isLabelRead, labelIndex == nil { throw .noSuchLabel(file: first.file, name: name, columns: names) }
        }
        if let index = labelIndex, places[names[index]] != nil {
            if isLabelRead { throw .labelIsFeature(first.place(of: index, name: names[index])) }
            labelIndex = nil
        }
        var roles: [Role] = []
        for (index, name) in names.enumerated() {
            if index == labelIndex {
                roles.append(labelRole)
            } else if let place = places[name] {
                roles.append(.feature(place))
            } else {
                let found = Set(names)
                let absent = features.filter { !found.contains($0) }
                throw .surplusColumn(first.place(of: index, name: name), expected: features, absent: absent)
            }
        }
        let found = Set(roles)
        if let missing = features.indices.first(where: { !found.contains(.feature($0)) }) {
            throw .missingColumn(file: first.file, name: features[missing], columns: names)
        }
        self.init(roles: roles, columnNames: names, featureNames: features)
    }

    /// The columns of a table with several labels that is read for the first time; the others are features in the order of
    /// the file.
    init(of first: CSVRecord, labels: [String], header: CSV.Header) throws(CSVError) {
        if header == .absent { throw .labelNeedsHeader(file: first.file, name: labels.first ?? "") }
        let names = try first.names()
        for (index, label) in labels.enumerated() {
            guard names.contains(label) else { throw .noSuchLabel(file: first.file, name: label, columns: names) }
            if let earlier = labels[..<index].firstIndex(of: label) {
                throw .duplicateColumn(file: first.file, name: label, first: earlier + 1, second: index + 1)
            }
        }
        let features = names.filter { !labels.contains($0) }
        guard !features.isEmpty else { throw .noFeatures(file: first.file) }
        var roles: [Role] = []
        var count = 0
        for name in names {
            if let index = labels.firstIndex(of: name) {
                roles.append(.label(index))
            } else {
                roles.append(.feature(count))
                count += 1
            }
        }
        self.init(roles: roles, columnNames: names, featureNames: features)
    }

    /// The columns of a table whose features are known, and which may have some of the labels or none. With a header they
    /// may be in any order; without, there are only the features, in the order given.
    ///
    /// - Parameters:
    ///   - first: The first record.
    ///   - features: The names of the features.
    ///   - labels: The names of the labels.
    ///   - areLabelsRead: Whether they are looked at; at least one must then be there.
    ///   - header: Whether the first record names the columns.
    /// - Throws: `CSVError` for the first column that does not fit.
    init(
        of first: CSVRecord,
        features: [String],
        labels: [String],
        areLabelsRead: Bool,
        header: CSV.Header
    ) throws(CSVError) {
        let isDetected = !first.hasNumber(besides: nil) || first.holds(anyOf: features + labels)
        guard areLabelsRead || header == .present || header == .detected && isDetected else {
            guard first.cells.count == features.count else {
                let found = first.cells.count
                throw .columnCount(file: first.file, found: found, features: features.count, withLabel: false)
            }
            self.init(roles: features.indices.map(Role.feature), columnNames: nil, featureNames: features)
            return
        }
        let names = try first.names()
        let places = Dictionary(features.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var roles: [Role] = []
        for (index, name) in names.enumerated() {
            if let place = places[name] {
                roles.append(.feature(place))
            } else if let label = labels.firstIndex(of: name) {
                roles.append(areLabelsRead ? .label(label) : .ignored)
            } else {
                let found = Set(names)
                let absent = features.filter { !found.contains($0) }
                throw .surplusColumn(first.place(of: index, name: name), expected: features, absent: absent)
            }
        }
        let found = Set(roles)
        if let missing = features.indices.first(where: { !found.contains(.feature($0)) }) {
            throw .missingColumn(file: first.file, name: features[missing], columns: names)
        }
        if areLabelsRead, !labels.indices.contains(where: { found.contains(.label($0)) }) {
            throw .noSuchLabel(file: first.file, name: labels.first ?? "", columns: names)
        }
        self.init(roles: roles, columnNames: names, featureNames: features)
    }

    private init(label: Int, names: [String]?, count: Int) {
        let roles = (0..<count).map { $0 == label ? Role.label(0) : .feature($0 < label ? $0 : $0 - 1) }
        let features = (0..<count).filter { $0 != label }
        self.init(
            roles: roles,
            columnNames: names,
            featureNames: names.map { names in features.map { names[$0] } } ?? Dataset.featureNames(count: count - 1)
        )
    }

    private init(roles: [Role], columnNames: [String]?, featureNames: [String]) {
        self.roles = roles
        self.columnNames = columnNames
        self.featureNames = featureNames
    }

    private static func index(ofColumn number: Int, count: Int) -> Int? {
        (1...count).contains(number) ? number - 1 : (-count...(-1)).contains(number) ? count + number : nil
    }
}
