import Datasets
import Tensors
import TestSupport
import Testing

@Suite("A table with several labels")
struct MultiLabelTests {
    private static let text = """
        height,age,width,smoker
        1,30,2,yes
        3,,4,no
        5,41.5,6,?
        7,?,8,yes

        """

    private func table(_ text: String = text, _ labels: [CSV.Label], missing: String? = "?") throws -> MultiLabelTable {
        try CSV(bytes: Array(text.utf8), name: "people.csv").table(labels: labels, missing: missing)
    }

    @Test("keeps each label with its rows, and knows which are missing")
    func reads() throws {
        let people = try table(Self.text, [.classes("smoker"), .number("age")])
        #expect(people.name == "people.csv" && people.featureNames == ["height", "width"])
        #expect(people.features == TensorValue([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [4, 2]))
        #expect(people.labels.map(\.name) == ["smoker", "age"])
        let (smoker, age) = (people.labels[0], people.labels[1])
        #expect(smoker.isPresent == [true, true, false, true] && age.isPresent == [true, false, true, false])
        guard case .classes(let classes) = smoker.labels, case .numbers(let numbers) = age.labels else {
            Issue.record("classes and numbers")
            return
        }
        #expect(classes.names == ["no", "yes"])
        #expect(classes.indices.elements(as: Int32.self) == [1, 0, 0, 1])
        #expect(numbers.floats == [30, 0, 41.5, 0])
        #expect(age.presence.floats == [1, 0, 1, 0] && age.presentCount == 2)
        #expect(try people.label("age") == age)
    }

    @Test("takes no marker for a class or number that was not said to be one")
    func marker() throws {
        let text = "x,y\n1,?\n2,b\n"
        let plain = try table(text, [.classes("y")], missing: nil).labels[0]
        #expect(plain.isPresent == [true, true])
        let marked = try table(text, [.classes("y")], missing: "?").labels[0]
        #expect(marked.isPresent == [false, true])
    }

    @Test(
        "a mistake in it is told with file, line and column",
        arguments: [
            (
                "x,y\n1,2\n3,many\n",
                "people.csv, line 3, column 2 ('y'): found 'many', but this label is to be a number such as 12, 0.5 or "
                    + "1e-3. Correct the cell, leave it empty if the label is missing, or say that the label is a class."
            ),
            (
                "x,y\n1,2\n3,1e99\n",
                "people.csv, line 3, column 2 ('y'): found '1e99', but a number must lie between -3.4e38 and 3.4e38. "
                    + "Rescale the column."
            ),
            (
                "x,y\n1,\n3,?\n",
                "people.csv: no row has a label in the column 'y', so it cannot be learned. Fill some in, or leave it out."
            ),
            (
                "x,z\n1,2\n",
                "people.csv: no column is called 'y', which was given as the label. The columns of line 1 are 'x', 'z'. "
                    + "Choose one of them, or give the number of the column if the file has no header."
            ),
            (
                "x,y\n,2\n",
                "people.csv, line 2, column 1 ('x'): the cell is empty, but every feature needs a number. Fill in a value, "
                    + "or remove the row."
            ),
            (
                "y\n2\n",
                "people.csv: there is one column, but a label and at least one feature are needed. Cells must be separated "
                    + "by commas, not by semicolons or tabs."
            ),
        ]
    )
    func mistakes(text: String, message: String) {
        let error = #expect(throws: CSVError.self) { try self.table(text, [.number("y")]) }
        #expect(error?.description == message)
    }

    @Test("comes back as it was written")
    func roundTrip() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            let (rows, features) = (random.integer(1...12), random.integer(1...4))
            let x = (0..<(rows * features)).map { _ in Float(random.integer(-99...99)) / 8 }
            let numbers = (0..<rows).map { _ in random.oneIn(3) ? nil : Float(random.integer(-99...99)) / 4 }
            let classes = (0..<rows).map { _ in random.oneIn(3) ? nil : random.pick(["a", "b", "c"]) }
            guard numbers.contains(where: { $0 != nil }), classes.contains(where: { $0 != nil }) else { continue }
            let place = random.integer(0...features)
            var lines: [[String]] = [(0..<features).map { "x\($0)" } + ["kind"]]
            lines[0].insert("size", at: place)
            for row in 0..<rows {
                var cells = x[(row * features)..<((row + 1) * features)].map(\.description)
                cells.append(classes[row] ?? "")
                cells.insert(numbers[row]?.description ?? random.pick(["", "NA"]), at: place)
                lines.append(cells)
            }
            let text = lines.map { $0.joined(separator: ",") + "\n" }.joined()
            let found = try table(text, [.number("size"), .classes("kind")], missing: "NA")
            #expect(found.features.floats == x, "seed \(seed)")
            #expect(found.labels[0].isPresent == numbers.map { $0 != nil }, "seed \(seed)")
            #expect(found.labels[0].labels.tensor.floats == numbers.map { $0 ?? 0 }, "seed \(seed)")
            guard case .classes(let kinds) = found.labels[1].labels else { continue }
            let indices = kinds.indices.elements(as: Int32.self).map { kinds.names[Int($0)] }
            #expect(zip(indices, classes).allSatisfy { $1 == nil || $0 == $1 }, "seed \(seed)")
        }
    }

    @Test("is read again with what is known of it, whichever of its labels a file has")
    func readAgain() throws {
        let known: [(label: CSV.Label, classes: [String])] = [
            (.classes("smoker"), ["no", "yes"]), (.number("age"), []),
        ]
        let people = try table(Self.text, known.map(\.label))
        func again(_ text: String) throws -> MultiLabelTable {
            try CSV(bytes: Array(text.utf8), name: "people.csv").table(
                labels: known,
                features: people.featureNames,
                missing: "?"
            )
        }
        let same = try again(Self.text)
        #expect(same == people && same.hash == people.hash)
        let one = try again("width,smoker,height\n2,yes,1\n4,no,3\n6,?,5\n8,yes,7\n")
        let (smoker, age) = (try people.selecting("smoker"), try people.selecting("age"))
        #expect(one == smoker && one.hash == smoker.hash && one.hash != age.hash)
        let file = CSV(bytes: Array(Self.text.utf8), name: "people.csv")
        #expect(try file.features(named: ["width", "height"], ignoring: ["age", "smoker"]).floats[..<2] == [2, 1])
        let plain = CSV(bytes: Array("1,2\n3,4\n".utf8), name: "people.csv")
        #expect(try plain.features(named: ["height", "width"], ignoring: ["age"]).floats == [1, 2, 3, 4])
        let mistakes = [
            "width,height\n1,2\n", "width,height,age,name\n1,2,3,4\n", "width,age\n1,2\n", "width,height,age\n1,2,\n",
            "width,height,smoker\n1,2,perhaps\n", "1,2,3\n",
        ]
        for text in mistakes {
            let error = #expect(throws: CSVError.self, "\(text)") { try again(text) }
            #expect(error?.description.hasPrefix("people.csv") == true)
        }
        #expect(throws: CSVError.self) { try plain.features(named: ["a", "b", "c"], ignoring: []) }
    }

    @Test("gives a valid table or an error, whatever its bytes are")
    func mutations() {
        for seed in 0..<2_000 as Range<UInt64> {
            var random = Seeded(seed)
            var bytes = Array(Self.text.utf8)
            for _ in 0..<random.integer(1...4) {
                let place = random.integer(0...(bytes.count - 1))
                switch random.integer(0...2) {
                case 0: bytes[place] ^= 1 << UInt8(random.integer(0...7))
                case 1: bytes.remove(at: place)
                default: bytes.insert(random.pick(Array("\",\n\r?e-".utf8)), at: place)
                }
            }
            let csv = CSV(bytes: bytes, name: "people.csv")
            guard let table = try? csv.table(labels: [.number("age"), .classes("smoker")], missing: "?") else {
                continue
            }
            #expect(table.labels.allSatisfy { $0.isPresent.count == table.rowCount && $0.presentCount > 0 })
            #expect(table.features.floats.allSatisfy { $0.isFinite })
        }
    }

    @Test("is split by the seed into parts that together are all rows, in order")
    func split() throws {
        for seed in 0..<50 as Range<UInt64> {
            var random = Seeded(seed)
            let rows = random.integer(2...30)
            let column = try LabelColumn("y", labels: .numbers(TensorValue((0..<rows).map(Float.init))))
            let x = TensorValue((0..<rows).map(Float.init), shape: [rows, 1])
            let table = try MultiLabelTable(name: "t", features: x, labels: [column])
            let parts = try table.split(test: 0.3, seed: seed)
            let (training, test) = (parts.training.features.floats, parts.test.features.floats)
            #expect((training + test).sorted() == x.floats && training == training.sorted() && test == test.sorted())
            #expect(test.count == max(1, Int((0.3 * Double(rows)).rounded())), "seed \(seed)")
            #expect(parts.test.labels[0].labels.tensor.floats == test)
            #expect(try table.split(test: 0.3, seed: seed).test == parts.test)
        }
    }

    @Test("cannot be made of parts that do not fit")
    func checks() throws {
        let x = TensorValue([1, 2] as [Float], shape: [2, 1])
        let y = Labels.numbers(TensorValue([1, .nan] as [Float]))
        #expect(throws: DatasetError.notFinite(row: 1, column: "the label 'y'")) { try LabelColumn("y", labels: y) }
        #expect(throws: DatasetError.noLabels(column: "y")) {
            try LabelColumn("y", labels: y, isPresent: [false, false])
        }
        let masked = try LabelColumn("y", labels: y, isPresent: [true, false])
        #expect(masked.labels.tensor.floats == [1, 0])
        #expect(throws: DatasetError.duplicateName(kind: "label", name: "y")) {
            try MultiLabelTable(name: "t", features: x, labels: [masked, masked])
        }
        let longer = try LabelColumn("z", labels: .numbers(TensorValue([1, 2, 3] as [Float])))
        #expect(throws: DatasetError.countMismatch(what: "labels of 'z'", found: 3, needed: 2)) {
            try MultiLabelTable(name: "t", features: x, labels: [masked, longer])
        }
        let table = try MultiLabelTable(name: "t", features: x, labels: [masked])
        #expect(throws: DatasetError.noSuchLabel(dataset: "t", name: "z", known: ["y"])) { try table.label("z") }
    }
}
