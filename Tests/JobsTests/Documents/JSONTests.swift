import Foundation
import Testing

@testable import Jobs

@Suite("JSON")
struct JSONTests {
    private func read(_ text: String) throws(DocumentError) -> Field {
        try Field(json: Array(text.utf8)) { .character(file: "x.json", line: $0, column: $1) }
    }

    @Test("is written with sorted names and shortest numbers")
    func writing() {
        let value = JSON.object([
            "b": .list([.integer(1), .number(0.1), .null, .flag(true)]), "a": .text("q\"\\\n\u{1}é"),
            "c": .object([:]), "d": .number(.nan), "e": .unsigned(.max), "f": .list([.object(["x": .number(1e-7)])]),
        ])
        #expect(
            value.description
                == #"{"a":"q\"\\\n\u0001é","b":[1,0.1,null,true],"c":{},"d":null,"e":18446744073709551615,"f":[{"x":1e-07}]}"#
        )
        #expect(
            value.indented == #"""
                {
                  "a": "q\"\\\n\u0001é",
                  "b": [1, 0.1, null, true],
                  "c": {},
                  "d": null,
                  "e": 18446744073709551615,
                  "f": [
                    {
                      "x": 1e-07
                    }
                  ]
                }

                """#
        )
    }

    @Test("that was written is read by an independent reader and by ours")
    func reading() throws {
        let value = JSON.object(["text": .text("𝄞 \u{7f} \u{0} / \\ \""), "list": .list([.number(-1.5e300)])])
        for text in [value.description, value.indented] {
            let foreign = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(foreign["text"] as? String == "𝄞 \u{7f} \u{0} / \\ \"")
            let ours = try Section(read(text), path: "", keys: ["text", "list"])
            #expect(try ours["text"]?.text("", "") == "𝄞 \u{7f} \u{0} / \\ \"")
            #expect(try ours["list"]?.list("", of: "").count == 1)
        }
        #expect(try read(#""\ud834\udd1e\u00e9\/\b\f""#).text("", "") == "𝄞é/\u{8}\u{c}")
    }

    @Test("has numbers exactly as RFC 8259 says")
    func numbers() {
        for number in ["0", "-0", "10", "0.5", "-1.25", "1e5", "1E+5", "1.0e-5", "123456789012345678901234567890"] {
            #expect(throws: Never.self, "\(number)") { try read(number) }
        }
        for word in ["01", "-", "+1", ".5", "1.", "1e", "1e+", "1.e5", "--1", "1-", "0x1", "Infinity", "NaN", "tru"] {
            #expect(throws: DocumentError.self, "\(word)") { try read(word) }
        }
    }

    @Test("that breaks the rules is refused with line and column")
    func refused() {
        let mistakes = [
            "": "x.json:1:1: this is not valid JSON: the text ends where a value should be.",
            "{\n  a: 1}": "x.json:2:3: this is not valid JSON: expected a name in quotes.",
            "[1,]": "x.json:1:4: this is not valid JSON: expected a value.",
            "[1 2]": "x.json:1:4: this is not valid JSON: expected ',' or ']'.",
            "{\"a\" 1}": "x.json:1:6: this is not valid JSON: expected ':' after a name.",
            "{\"a\": 1": "x.json:1:8: this is not valid JSON: expected ',' or '}'.",
            "01": "x.json:1:1: this is not valid JSON: expected a value.",
            "nan": "x.json:1:1: this is not valid JSON: expected a value.",
            "\"a": "x.json:1:3: this is not valid JSON: a text is not closed.",
            "\"\n\"": "x.json:1:2: this is not valid JSON: a text has an unescaped control character.",
            "\"\\x\"": "x.json:1:3: this is not valid JSON: there is no such escape.",
            "\"\\ud800\"": "x.json:1:8: this is not valid JSON: half of a surrogate pair is missing.",
            "1 1": "x.json:1:3: this is not valid JSON: there is more after the end of the value.",
            "{\"a\":1,\n\"a\":2}": "x.json:2:1: the key 'a' is given more than once. Keep one.",
        ]
        for (text, message) in mistakes {
            do {
                _ = try read(text)
                Issue.record("\(text) was read")
            } catch { #expect("\(error)" == message) }
        }
        #expect(throws: DocumentError.self) { try read(String(repeating: "[", count: 100_000)) }
    }
}
