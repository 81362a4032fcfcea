import Datasets
import Tensors
import Testing

@Suite("A CSV table that cannot be read")
struct CSVErrorTests {
    private func message(
        _ text: String,
        header: CSV.Header = .detected,
        read: (CSV) throws -> Void
    ) -> String {
        let csv = CSV(bytes: Array(text.utf8), name: "pets.csv", header: header)
        let error = #expect(throws: CSVError.self, "\(text)") { try read(csv) }
        return error?.description ?? ""
    }

    private func training(_ text: String, label: CSV.Column = .number(-1), header: CSV.Header = .detected) -> String {
        message(text, header: header) { _ = try $0.dataset(label: label) }
    }

    private func prediction(_ text: String, label: CSV.Column? = nil, header: CSV.Header = .detected) -> String {
        message(text, header: header) { _ = try $0.features(named: ["age", "size"], ignoring: label) }
    }

    private func evaluation(_ text: String, label: CSV.Column, header: CSV.Header = .detected) -> String {
        message(text, header: header) {
            _ = try $0.dataset(label: label, features: ["age", "size"], classes: ["cat", "dog"])
        }
    }

    @Test("because of its file")
    func files() {
        let missing = #expect(throws: CSVError.self) { try CSV(file: "/nowhere/pets.csv").dataset(label: .number(1)) }
        #expect(
            missing?.description
                == "Cannot read '/nowhere/pets.csv': No such file or directory. Check the path and its permissions."
        )
        let folder = #expect(throws: CSVError.self) { try CSV(file: "/").dataset(label: .number(1)) }
        #expect(folder?.description == "Cannot read '/': Is a directory. Check the path and its permissions.")
        for nothing in ["", "\n", "\u{FEFF}", "\r\n\r\n"] {
            #expect(training(nothing) == "pets.csv: the file is empty, but must hold at least one row.")
        }
        let utf16 = #expect(throws: CSVError.self) {
            try CSV(bytes: [0xFF, 0xFE, 0x61, 0], name: "pets.csv").dataset(label: .number(1))
        }
        #expect(utf16?.description == "pets.csv: the text is UTF-16, but must be UTF-8. Save it as 'CSV UTF-8'.")
    }

    @Test("because of its rows")
    func rows() {
        #expect(
            training("age,size,pet\n1,2,cat\n1,2,3,cat\n") == """
                pets.csv, line 3: the row has 4 cells, but the first one has 3. Add or remove cells, and put a cell that \
                holds a comma between double quotes.
                """
        )
        #expect(training("age,size,pet\n1,2,cat\n1,2\n").hasPrefix("pets.csv, line 3: the row has 2 cells, but"))
        #expect(training("1,cat\n\"2\n\",cat\n1\n").hasPrefix("pets.csv, line 2, column 1: found '2\\n', but"))
        #expect(training("1,\"a\nb\"\n1\n").hasPrefix("pets.csv, line 3: the row has 1 cell, but"))
        #expect(
            training("1,cat\n\n2,dog\n") == """
                pets.csv, line 2: the line is empty, but only the end of a file may have empty lines. Remove it.
                """
        )
        #expect(
            training("age,pet\n") == """
                pets.csv: there is a header, but no row follows it. Add rows, or say that there is no header.
                """
        )
        #expect(
            training("age;pet\n1;cat\n") == """
                pets.csv: there is one column, but a label and at least one feature are needed. Cells must be separated \
                by commas, not by semicolons or tabs.
                """
        )
        #expect(
            training(String(repeating: ",", count: 1 << 20)) == """
                pets.csv: there are more than 1048576 columns, which is the limit. Is the end of the first line missing?
                """
        )
    }

    @Test("because of its quotes")
    func quotes() {
        #expect(
            training("1,cat\n2,\"dog\n3,cat\n")
                == "pets.csv, line 2, column 2: the double quote is never closed. Add another one after the cell."
        )
        #expect(
            training("1,cat\n2,do\"g\n") == """
                pets.csv, line 2, column 2: there is a double quote inside the cell. Put the whole cell between double \
                quotes, and write each one inside it twice.
                """
        )
        #expect(
            training("1,\"cat\" x\n") == """
                pets.csv, line 1, column 2: something follows the closing double quote, but only a comma or the end of \
                the line may. Write a double quote inside the cell twice.
                """
        )
        #expect(
            training("1,\"\(String(repeating: "x", count: 70_000))\"\n") == """
                pets.csv, line 1, column 2: the cell has more than 65536 bytes, which is the limit. Is a double quote \
                not closed?
                """
        )
    }

    @Test("because of its header")
    func headers() {
        #expect(
            training("age,,pet\n1,2,cat\n") == """
                pets.csv, line 1, column 2: the header has no name for this column. Name it, or remove the column if it \
                only numbers the rows.
                """
        )
        #expect(
            training("age,size,age\n1,2,3\n")
                == "pets.csv: columns 1 and 3 are both called 'age'. Rename or remove one."
        )
        let bytes = Array("age,p".utf8) + [0xFF] + Array("t\n1,cat\n".utf8)
        let encoding = #expect(throws: CSVError.self) {
            try CSV(bytes: bytes, name: "pets.csv").dataset(label: .number(2))
        }
        #expect(
            encoding?.description
                == "pets.csv, line 1, column 2: the text is not UTF-8. Save the file as UTF-8."
        )
    }

    @Test("because of its label")
    func labels() {
        #expect(
            training("age,size,pet\n1,2,cat\n", label: .named("kind")) == """
                pets.csv: no column is called 'kind', which was given as the label. The columns of line 1 are 'age', \
                'size', 'pet'. Choose one of them, or give the number of the column if the file has no header.
                """
        )
        #expect(
            training("a,b,c,d,e,f,g,h,cultivar\n", label: .named("cultivr")) == """
                pets.csv: no column is called 'cultivr', which was given as the label. Did you mean 'cultivar'? The columns of \
                line 1 are 'a', 'b', 'c', 'd', 4 more and 'cultivar'. Choose one of them, or give the number of the column if \
                the file has no header.
                """
        )
        #expect(
            training("a,b,c,d,e,pet\n", label: .named("kind")).contains("'a', 'b', 'c', 'd', 1 more and 'pet'. Choose")
        )
        #expect(
            training("1,cat\n", label: .named("pet"), header: .absent) == """
                pets.csv: the label column is called 'pet', but the file is said to have no header. Give the number of \
                the column instead.
                """
        )
        for number in [0, 4, -4, .max, .min] {
            #expect(
                training("age,size,pet\n1,2,cat\n", label: .number(number)) == """
                    pets.csv: the label column is number \(number), but there are 3 columns. Columns are numbered 1 to \
                    3, or -1 to -3 from the last.
                    """
            )
        }
        #expect(
            training("age,pet\n1,cat\n2,\n") == """
                pets.csv, line 3, column 2 ('pet'): the cell is empty, but every row needs a class as its label. Fill it \
                in, or remove the row.
                """
        )
        #expect(
            evaluation("age,size,pet\n1,2,cow\n", label: .named("pet")) == """
                pets.csv, line 2, column 3 ('pet'): found the class 'cow', but the known classes are 'cat', 'dog'. \
                Correct it, remove the row, or train with rows of this class.
                """
        )
        #expect(
            evaluation("age,size,pet\n1,2,cat\n", label: .named("kind"))
                .hasPrefix("pets.csv: no column is called 'kind', which was given as the label.")
        )
        for label in [CSV.Column.named("age"), .number(1)] {
            #expect(
                evaluation("age,size,pet\n1,2,cat\n", label: label) == """
                    pets.csv, line 1, column 1 ('age'): this column was given as the label, but it is one of the \
                    features. Give the name or the number of the column that holds the classes.
                    """
            )
        }
        #expect(
            evaluation("1,2,cat\n", label: .named("pet"), header: .absent)
                .hasPrefix("pets.csv: the label column is called 'pet', but the file is said to have no header.")
        )
    }

    @Test("because of a cell")
    func cells() {
        #expect(
            training("age,size,pet\n1,2,cat\n3,tall,dog\n") == """
                pets.csv, line 3, column 2 ('size'): found 'tall', but a feature must be a number such as 12, 0.5 or \
                1e-3. Correct the cell, or write categories as numbers.
                """
        )
        #expect(
            training("1,x,cat\n") == """
                pets.csv, line 1, column 2: found 'x', but a feature must be a number such as 12, 0.5 or 1e-3. Correct \
                the cell, or write categories as numbers. If line 1 names the columns, say that there is a header.
                """
        )
        for word in ["nan", "inf", "-Infinity", "0x10", "1e", "1,5".debugDescription, "1 2", "--1", ".", "1_000"] {
            let shown = word.filter { $0 != "\"" }
            #expect(
                training("1,2,cat\n1,\(word),cat\n").hasPrefix("pets.csv, line 2, column 2: found '\(shown)', but"),
                "\(word)"
            )
        }
        #expect(
            training("age,size,pet\r\n1,,cat\r\n") == """
                pets.csv, line 2, column 2 ('size'): the cell is empty, but every feature needs a number. Fill in a \
                value, or remove the row.
                """
        )
        #expect(
            training("1,cat\n-4e38,cat\n") == """
                pets.csv, line 2, column 1: found '-4e38', but a number must lie between -3.4e38 and 3.4e38. Rescale the \
                column.
                """
        )
        let long = String(repeating: "x", count: 100)
        #expect(training("1,cat\n\(long),cat\n").contains("found '\(String(repeating: "x", count: 40))…', but"))
    }

    @Test("because its columns are not those of the model")
    func columns() {
        #expect(
            prediction("age,length\n1,2\n") == """
                pets.csv: column 2 is called 'length', which is none of the 2 features: 'age', 'size'. Remove the \
                column, or correct its name.
                """
        )
        #expect(
            prediction("age,sise\n1,2\n") == """
                pets.csv: column 2 is called 'sise', which is none of the 2 features: 'age', 'size'. Did you mean 'size'? Remove \
                the column, or correct its name.
                """
        )
        #expect(!prediction("age,size,sise\n1,2,3\n").contains("Did you mean"), "'size' is there")
        #expect(
            prediction("age\n1\n") == """
                pets.csv: no column is called 'size', which is one of the features. The columns of line 1 are 'age'. Add \
                the column, or correct its name.
                """
        )
        #expect(prediction("size,age,pet\n1,2,cat\n").hasPrefix("pets.csv: column 3 is called 'pet', which is none"))
        #expect(
            prediction("size,pet,age\n1,cat,2\n", label: .number(3))
                .hasPrefix("pets.csv: column 2 is called 'pet', which is none")
        )
        #expect(
            prediction("1,2,3\n", label: .named("pet")) == """
                pets.csv: the rows have 3 cells, but 2 features are expected, in the order of training. Add or remove \
                columns, or add a header that names them.
                """
        )
        #expect(
            evaluation("1,cat\n", label: .number(2)) == """
                pets.csv: the rows have 2 cells, but 2 features and the label are expected, in the order of training. \
                Add or remove columns, or add a header that names them.
                """
        )
    }

    @Test("because cells are not separated by commas, whoever asks for which columns")
    func separators() {
        for (mark, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")] {
            let table = "age\(mark)size\(mark)pet\n1\(mark)2\(mark)cat\n"
            let hint = "Cells must be separated by commas, not by \(name)."
            #expect(prediction(table).hasSuffix(hint), "\(prediction(table))")
            #expect(prediction("1\(mark)2\n").hasSuffix(hint), "\(prediction("1\(mark)2\n"))")
            #expect(evaluation(table, label: .named("pet")).hasSuffix(hint))
            #expect(message(table) { _ = try $0.table(labels: [.number("age")]) }.hasSuffix(hint))
        }
        #expect(!prediction("age,len;gth\n1,2\n").contains("separated by tabs"))
    }

    @Test("is told in one line that cannot steer a terminal, whatever the file and its name hold")
    func printable() {
        let file = CSV(file: "/no\u{1b}[31m\nwhere")
        let missing = #expect(throws: CSVError.self) { try file.dataset(label: .number(1)) }
        #expect(missing?.description.hasPrefix("Cannot read '/no\\u{1b}[31m\\u{a}where': ") == true)
        let name = "\u{1b}[31m\n\u{202e}"
        let sentence = prediction("\"\(name)\",age\n1,2\n")
        #expect(sentence.unicodeScalars.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) })
        let alone = DatasetError.singleRow(dataset: "a\u{1b}", class: name).description
        #expect(alone.hasPrefix("The class '\\u{1b}[31m\\u{a}\\u{202e}' of 'a\\u{1b}' has a single row"))
    }

    @Test("because there is no number to predict, which is not called a feature")
    func targets() throws {
        func numbers(_ text: String, _ targets: [String] = ["y"]) -> String {
            message(text) { _ = try $0.numbers(features: ["age", "size"], targets: targets) }
        }
        let missing = "no column is called 'y', which is where the number to predict stands. The columns of line 1 are"
        #expect(
            numbers("size,age\n1,2\n")
                == "pets.csv: \(missing) 'size', 'age'. Add the column, or correct its name."
        )
        #expect(
            message("age,size,score\n1,2,3\n") { _ = try $0.numbers(features: ["age", "size"], targets: ["scor"]) }
                .contains("'scor', which is where the number to predict stands. Did you mean 'score'?")
        )
        #expect(numbers("age,z,size\n1,2,3\n").hasPrefix("pets.csv: \(missing) 'age', 'z', 'size'."))
        #expect(numbers("y,age\n1,2\n").contains("no column is called 'size', which is one of the features."))
        #expect(numbers("age\n1\n").contains("no column is called 'size', which is one of the features."))
        #expect(numbers("y,age,size,z\n1,2,3,4\n").contains("'z', which is none of the 2 features: 'age', 'size'."))
        #expect(
            numbers("1,2\n").hasPrefix("pets.csv: the rows have 2 cells, but 2 features and the label are expected")
        )
        #expect(numbers("age,size,y 1\n1,2,3\n", ["y 1", "y 2"]).contains("no column is called 'y 2', which is where"))
        let rows = CSV(bytes: Array("y,size,age\n1,2,3\n".utf8), name: "pets.csv")
        #expect(try rows.numbers(features: ["age", "size"], targets: ["y"]).floats == [3, 2, 1])
    }
}
