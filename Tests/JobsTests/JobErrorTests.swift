import Foundation
import Testing

@testable import Jobs

@Suite("A mistake in a job file")
struct JobErrorTests {
    private let recipes = "adaboost, bagging, maml, multitask"

    /// The message for `recipe: bagging`, `data: digits` and some more lines.
    private func message(_ more: String, _ overrides: [String] = []) -> String {
        message(of: "recipe: bagging\ndata: digits\n" + more, overrides)
    }

    private func message(of yaml: String, _ overrides: [String] = []) -> String {
        do {
            _ = try Job(yaml: yaml, file: "job.yaml", overrides: try overrides.map { try Override($0) })
            return "no mistake"
        } catch { return "\(error)" }
    }

    @Test("in the name of a key is told with the nearest name and all names")
    func unknownKey() {
        #expect(
            message("epoch: 3") == """
                job.yaml:3:1: there is no key 'epoch' here. Did you mean 'epochs'? Keys: batch, data, diverged, ensemble, \
                epochs, model, numerics, optimizer, recipe, seed, standardize, test.
                """
        )
        #expect(
            message("ensemble:\n  members: 3\n  bootsrap: 0.5") == """
                job.yaml:5:3: there is no key 'ensemble.bootsrap' here. Did you mean 'bootstrap'? \
                Keys: bootstrap, features, members, members_per_task, vote.
                """
        )
        #expect(
            message("optimizer: {adam: {wheel: 1}}") == """
                job.yaml:3:20: there is no key 'optimizer.adam.wheel' here. Keys: epsilon, mean, rate, square.
                """
        )
        #expect(
            message(of: "recip: bagging\ndata: digits").hasPrefix(
                "job.yaml:1:1: there is no key 'recip' here. Did you mean 'recipe'?"
            )
        )
    }

    @Test("in a word is told with the nearest word and all words")
    func unknownName() {
        #expect(
            message(of: "recipe: baging\ndata: digits")
                == "job.yaml:1:9: there is no recipe 'baging'. Did you mean 'bagging'? Recipes: \(recipes)."
        )
        #expect(
            message(of: "recipe: bagging\ndata: digit")
                == "job.yaml:2:7: there is no data set 'digit'. Did you mean 'digits'? Data sets: breast-cancer, digits."
        )
        #expect(
            message("model: {layers: [{dense: 64}, rleu]}")
                == "job.yaml:3:31: there is no layer 'rleu'. Did you mean 'relu'? Layers: batch_norm, conv, dense, flatten, image, max_pool, relu, tanh."
        )
        #expect(
            message("optimizer: {adm: {}}")
                == "job.yaml:3:13: there is no optimizer 'adm'. Did you mean 'adam'? Optimizers: adam, sgd."
        )
        #expect(
            message("ensemble: {vote: sfot}")
                == "job.yaml:3:18: 'ensemble.vote' must be soft or hard, but is 'sfot'. Did you mean 'soft'?"
        )
        #expect(message("numerics: quick") == "job.yaml:3:11: 'numerics' must be exact, but is 'quick'.")
    }

    @Test("in the type of a value is told with what was found")
    func wrongType() {
        #expect(
            message("epochs: many") == "job.yaml:3:9: 'epochs' must be a whole number from 1 to 1000000, but is 'many'."
        )
        #expect(
            message("epochs: '20'")
                == "job.yaml:3:9: 'epochs' must be a whole number from 1 to 1000000, but is the text \"20\"."
        )
        #expect(
            message("epochs: [1]") == "job.yaml:3:9: 'epochs' must be a whole number from 1 to 1000000, but is a list."
        )
        #expect(message("standardize: yes") == "job.yaml:3:14: 'standardize' must be true or false, but is 'yes'.")
        #expect(
            message("ensemble: 8") == """
                job.yaml:3:11: 'ensemble' must be a mapping with the keys bootstrap, features, members, \
                members_per_task, vote, but is '8'.
                """
        )
        #expect(
            message("model: {layers: relu}")
                == "job.yaml:3:17: 'model.layers' must be a list of layers such as [{dense: 64}, relu, {dense: classes}], but is 'relu'."
        )
        #expect(
            message("model: {layers: []}")
                == "job.yaml:3:17: 'model.layers' must be at least one layer, but is an empty list."
        )
        #expect(
            message("model: {layers: [dense]}")
                == "job.yaml:3:18: 'model.layers.0.dense' is missing. It must be a number of units, as in {dense: 64}, or 'classes'."
        )
        #expect(
            message("model: {layers: [image]}")
                == "job.yaml:3:18: 'model.layers.0.image' is missing. It must be the shape, as in {image: [28, 28, 1]}."
        )
        #expect(
            message("model: {layers: [{conv: [3]}]}")
                == "job.yaml:3:25: 'model.layers.0.conv' must be a whole number from 1 to 1000000, but is a list."
        )
        #expect(
            message("model: {layers: [{image: [8, x, 1]}]}")
                == "job.yaml:3:30: 'model.layers.0.image.1' must be a number, but is 'x'."
        )
        #expect(
            message("model: {layers: [{image: classes}]}")
                == "job.yaml:3:19: layer 'image', setting 'shape': is 'classes', and must be a list of 3 whole numbers from 1 to 100000."
        )
        #expect(
            message("model: {layers: [{relu: 3}]}")
                == "job.yaml:3:25: 'model.layers.0.relu' must be just 'relu', but is '3'."
        )
        for (text, found) in [
            ("- 1", "a list"), ("a,b,class\n1,2,x\n", "'a,b,class 1,2,x'"), ("'a'", "the text \"a\""),
        ] {
            #expect(
                message(of: text) == """
                    job.yaml:1:1: a job file is YAML with lines `key: value`, the first of them such as `recipe: bagging`, but \
                    this is \(found). The README shows a job for each recipe.
                    """
            )
        }
    }

    @Test("in the size of a number is told with its range")
    func outOfRange() {
        #expect(message("epochs: 0") == "job.yaml:3:9: 'epochs' must be a whole number from 1 to 1000000, but is '0'.")
        #expect(message("test: 1") == "job.yaml:3:7: 'test' must be a number above 0 and below 1, but is '1'.")
        #expect(
            message("seed: -1")
                == "job.yaml:3:7: 'seed' must be a whole number from 0 to 18446744073709551615, but is '-1'."
        )
        #expect(
            message("ensemble: {bootstrap: 1.5}")
                == "job.yaml:3:23: 'ensemble.bootstrap' must be a number above 0 and up to 1, but is '1.5'."
        )
        #expect(
            message("optimizer: {adam: {rate: -0.1}}")
                == "job.yaml:3:26: 'optimizer.adam.rate' must be a number above 0, but is '-0.1'."
        )
        for word in ["nan", "inf", ".inf", "0x10", "1e999"] {
            #expect(message("optimizer: {sgd: {rate: \(word)}}").contains("must be a number above 0, but is '\(word)'"))
        }
    }

    @Test("of leaving out what has no default is told with what is expected")
    func missing() {
        #expect(
            message(of: "data: digits")
                == "job.yaml:1:1: 'recipe' is missing. It must be one of: \(recipes)."
        )
        #expect(
            message(of: "recipe: bagging")
                == "job.yaml:1:1: 'data' is missing. It must be breast-cancer, digits, or a file such as {csv: train.csv, label: class}."
        )
        #expect(message(of: "") == "job.yaml:1:1: 'recipe' is missing. It must be one of: \(recipes).")
        #expect(
            message(of: "recipe: bagging\ndata: {label: class}")
                == "job.yaml:2:7: 'data.csv' is missing. It must be the path of a file of comma-separated values."
        )
    }

    @Test("is told in one line that cannot steer a terminal, whatever the file holds")
    func printable() {
        #expect(message("\"k\\e[31m\\ny\": 1").hasPrefix("job.yaml:3:1: there is no key 'k\\u{1b}[31m\\u{a}y' here."))
        #expect(message("epochs: \"\\e\"").contains("but is the text \"\\u{1b}\"."))
        #expect(message("", ["model.\u{202E}=1"]).contains("\\u{202e}"))
    }

    @Test("of saying something twice is told with the place")
    func twice() {
        #expect(message("epochs: 3\nepochs: 4") == "job.yaml:3:1: the key 'epochs' is given more than once. Keep one.")
        #expect(message("ensemble: {1: 2, '1': 3}") == "job.yaml:3:18: the key '1' is given more than once. Keep one.")
        #expect(
            message("optimizer: {adam: {}, sgd: {}}")
                == "job.yaml:3:23: 'optimizer' must be one choice, but is 'adam' and 'sgd'. Keep one."
        )
    }

    @Test("in the syntax is told with line and column")
    func syntax() {
        #expect(
            message("ensemble: {members: 3") == """
                job.yaml:4:1: this is not valid YAML: did not find expected ',' or '}' \
                (while parsing a flow mapping, begun in line 3).
                """
        )
        #expect(
            message("\tepochs: 3").hasPrefix(
                "job.yaml:3:1: this is not valid YAML: found a tab character that violates indentation"
            )
        )
        #expect(
            message("---\nrecipe: bagging").hasPrefix(
                "job.yaml:3:1: this is not valid YAML: but found another document"
            )
        )
    }

    @Test("of excess is refused before it costs anything")
    func excess() {
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(
            message(of: deep)
                == "job.yaml:1:33: the values are nested too deeply; at most a depth of 32 is allowed."
        )
        var bomb = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [" + String(repeating: "*a\(level - 1), ", count: 9) + "]\n"
        }
        #expect(message(of: bomb).hasSuffix("there are too many values; at most 100000 is allowed."))
        #expect(message(of: String(repeating: "#", count: 1 << 21)).hasSuffix("at most 1 MiB is allowed."))
    }

    @Test("in --set is told like one in the file, with the option as its place")
    func overrides() {
        #expect(
            message("", ["epoch=3"]).hasPrefix("--set epoch=3: there is no key 'epoch' here. Did you mean 'epochs'?")
        )
        #expect(
            message("", ["ensemble.members=none"])
                == "--set ensemble.members=none: 'ensemble.members' must be a whole number from 1 to 100000, but is 'none'."
        )
        #expect(message("", ["epochs"]) == "--set epochs: expected key=value, such as --set ensemble.members=8.")
        let missing = "there is no value after '='; write null for the default."
        #expect(message("", ["epochs="]) == "--set epochs=: \(missing)")
        #expect(message("", ["=3"]) == "--set =3: expected key=value, such as --set ensemble.members=8.")
        #expect(message("", ["a..b=3"]) == "--set a..b=3: the key 'a..b' has an empty part.")
        #expect(message("epochs: 3", ["epochs.x=3"]) == "--set epochs.x=3: 'epochs' is '3', which has no part 'x'.")
        #expect(
            message("", ["data.csv=a.csv"]) == """
                --set data.csv=a.csv: 'data' is 'digits', which has no part 'csv'. Replace it as a whole: \
                --set 'data={csv: FILE, label: COLUMN}'.
                """
        )
        #expect(
            message("optimizer: adam", ["optimizer.sgd.rate=1"]) == """
                --set optimizer.sgd.rate=1: 'optimizer' is 'adam', which has no part 'sgd'. Replace it as a whole: \
                --set 'optimizer={sgd: {rate: 1}}'.
                """
        )
        #expect(
            message("model: {layers: [relu]}", ["model.layers.4=tanh"])
                == "--set model.layers.4=tanh: 'model.layers' is a list: its parts are 0 to 0."
        )
        #expect(message("", ["epochs=[1"]).hasPrefix("--set epochs=[1: this is not valid YAML:"))
        #expect(
            message("optimizer: {adam: {}}", ["optimizer.sgd.rate=1"])
                == "--set optimizer.sgd.rate=1: 'optimizer' must be one choice, but is 'adam' and 'sgd'. Keep one."
        )
        let deep = [String](repeating: "a", count: 5000).joined(separator: ".") + "=1"
        #expect(message("", [deep]).hasSuffix("the key has 5000 parts; at most 32 is allowed."))
    }
}
