import Datasets
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("A CSV table")
struct CSVTests {
    private func csv(_ text: String, header: CSV.Header = .detected) -> CSV {
        CSV(bytes: Array(text.utf8), name: "data.csv", header: header)
    }

    @Test("comes back as it was written, however it was written")
    func roundTrip() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = Seeded(seed)
            let (rows, features) = (Int.random(in: 1...12, using: &random), Int.random(in: 1...6, using: &random))
            let values = (0..<(rows * features)).map { _ in random.number() }
            let names = (0..<features).map { random.name($0) }
            let classNames = (0..<Int.random(in: 1...4, using: &random)).map { random.name($0) }.sorted()
            let labels = (0..<rows).map { _ in Int32.random(in: 0..<Int32(classNames.count), using: &random) }
            let labelColumn = Int.random(in: 0...features, using: &random)
            let hasHeader = random.oneIn(2)

            var table = (0..<rows).map { row in
                var cells = values[(row * features)..<((row + 1) * features)].map(\.description)
                cells.insert(classNames[Int(labels[row])], at: labelColumn)
                return cells
            }
            if hasHeader {
                var header = names
                header.insert("the label", at: labelColumn)
                table.insert(header, at: 0)
            }
            let text = CSVText(table, random: &random).bytes
            let data = try CSV(bytes: text, name: "data.csv").dataset(
                label: hasHeader && random.oneIn(2) ? .named("the label") : .number(labelColumn + 1)
            )

            let present = Set(labels).sorted()
            #expect(data.features == TensorValue(values, shape: [rows, features]), "seed \(seed)")
            #expect(data.featureNames == (hasHeader ? names : (1...features).map { "feature \($0)" }), "seed \(seed)")
            #expect(try data.classes.names == present.map { classNames[Int($0)] }, "seed \(seed)")
            let found = try data.classes.indices.elements(as: Int32.self)
            #expect(found.map { present[Int($0)] } == labels, "seed \(seed)")

            // And once more with what is now known of it, the columns in another order if they are named.
            if hasHeader {
                let order = (0...features).shuffled(using: &random)
                table = table.map { cells in order.map { cells[$0] } }
            }
            let again = CSV(bytes: CSVText(table, random: &random).bytes, name: "data.csv")
            let label = hasHeader ? CSV.Column.named("the label") : .number(labelColumn + 1)
            let classes = try data.classes.names
            #expect(
                try again.dataset(label: label, features: data.featureNames, classes: classes) == data,
                "seed \(seed)"
            )
            #expect(try again.features(named: data.featureNames, ignoring: label) == data.features, "seed \(seed)")
        }
    }

    @Test("has a header when no feature of the first row is a number, unless told otherwise")
    func header() throws {
        let detected = try csv("a,b,y\n1,2,cat\n").dataset(label: .number(3))
        #expect(detected.featureNames == ["a", "b"] && detected.rowCount == 1)
        #expect(try csv("1,2,cat\n3,4,dog\n").dataset(label: .number(3)).rowCount == 2)
        #expect(try csv("1,2,y\n3,4,0\n", header: .present).dataset(label: .number(3)).featureNames == ["1", "2"])
        // A named label means that there is a header, even one of numbers.
        #expect(try csv("2019,2020,y\n3,4,0\n").dataset(label: .named("y")).featureNames == ["2019", "2020"])
        #expect(
            try csv("2019,2020,y\n3,4,0\n").features(named: ["2020", "2019"], ignoring: .named("y"))
                == TensorValue([4, 3] as [Float], shape: [1, 2])
        )
    }

    @Test("counts columns from 1, or from the last one with -1")
    func positions() throws {
        for (number, names) in [(1, ["b", "c"]), (2, ["a", "c"]), (-1, ["a", "b"]), (-3, ["b", "c"])] {
            #expect(try csv("a,b,c\n1,2,3\n", header: .present).dataset(label: .number(number)).featureNames == names)
        }
    }

    @Test("orders classes as numbers if all are, and else as text")
    func classes() throws {
        func classes(_ cells: String...) throws -> ([String], [Int32]) {
            let labels = try csv(cells.map { "0,\($0)\n" }.joined()).dataset(label: .number(2)).classes
            return (labels.names, labels.indices.elements())
        }
        #expect(try classes("10", "9", "-1", "10") == (["-1", "9", "10"], [2, 1, 0, 2]))
        #expect(try classes("10", "9", "x") == (["10", "9", "x"], [0, 1, 2]))
        #expect(try classes("1.0", "2", "1", "01") == (["1", "2"], [0, 1, 0, 0]))
        #expect(try classes("b", "B", "a") == (["B", "a", "b"], [2, 0, 1]))
        // Too large for Double to tell apart: text.
        #expect(try classes("9007199254740993", "9007199254740992").0.count == 2)
        // One text in two Unicode forms.
        #expect(try classes("\u{E9}", "e\u{301}").1 == [0, 0])
    }

    @Test("recognises known classes as numbers if all are, and keeps their order")
    func knownClasses() throws {
        let data = try csv("x,y\n5,1.0\n6,0\n").dataset(label: .named("y"), features: ["x"], classes: ["1", "0", "7"])
        #expect(try data.classes.names == ["1", "0", "7"])
        #expect(try data.classes.indices.elements(as: Int32.self) == [0, 1])
    }

    @Test("for prediction may have the label or not, with a header or without")
    func prediction() throws {
        let expected = TensorValue([1, 2, 3, 4] as [Float], shape: [2, 2])
        let texts = ["a,b\n1,2\n3,4", "b,a\n2,1\n4,3", "y,b,a\n?,2,1\n,4,3", "1,2\n3,4"]
        for text in texts {
            #expect(try csv(text).features(named: ["a", "b"], ignoring: .named("y")) == expected, "\(text)")
        }
        #expect(try csv("0,1,2\n0,3,4").features(named: ["a", "b"], ignoring: .number(1)) == expected)
        #expect(try csv("1,2\n3,4").features(named: ["a", "b"], ignoring: .number(1)) == expected)
        #expect(try csv("a,b,y\n1,2,0\n3,4,0").features(named: ["a", "b"], ignoring: .number(-1)) == expected)
    }

    @Test("is read from a file piece by piece as from memory, wherever a piece ends")
    func file() throws {
        let path = "/tmp/troupe-csv-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).csv"
        defer { unlink(path) }
        for seed in 0..<60 as Range<UInt64> {
            var random = Seeded(seed)
            // A first name of any length moves the border of the first two pieces, after 256 KiB, to any place in a row.
            let name = String(repeating: "x", count: Int.random(in: 1...60, using: &random))
            let rows = (0..<6_000).map { row in
                let label = random.oneIn(2) ? "plain class \(row % 3)" : "quoted \"class\", \r\n\(row % 3)"
                return [Float.random(in: -1...1, using: &random).description, label, "1234567.8", "-1e-10"]
            }
            let bytes = CSVText([[name, "class", "b", "c"]] + rows, random: &random).bytes
            #expect(bytes.count > 1 << 18)
            let file = try #require(fopen(path, "w"))
            #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
            #expect(fclose(file) == 0)

            let data = try CSV(file: path).dataset(label: .number(2))
            #expect(data.name == path)
            #expect(data.rowCount == 6_000)
            let inMemory = try CSV(bytes: bytes, name: "memory").dataset(label: .number(2))
            #expect(data.hash == inMemory.hash, "seed \(seed)")
        }
    }
}
