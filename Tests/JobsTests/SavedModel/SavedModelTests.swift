import Datasets
import Foundation
import Networks
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A saved model")
struct SavedModelTests {
    /// Three members of 2-3-2 with weights that are just numbers.
    private static func model(standardised: Bool = true, label: CSV.Column? = .named("class")) throws -> SavedModel {
        func tensor(_ sizes: Int..., from first: Float) -> TensorValue {
            let shape = Shape(sizes)
            return TensorValue((0..<shape.count).map { first + Float($0) / 8 }, shape: shape)
        }
        let ensemble = try VotingEnsemble(
            model: Sequential {
                Dense(3)
                ReLU()
                Dense(2)
            },
            classes: ["no \"é\"", "yes"],
            featureNames: ["a", "b,\n"],
            vote: .hard,
            weights: StackedWeights(
                names: ["layers.0.bias", "layers.0.weight", "layers.2.bias", "layers.2.weight"],
                values: [
                    tensor(3, 3, from: 0), tensor(3, 2, 3, from: -1), tensor(3, 2, from: 2), tensor(3, 3, 2, from: 1),
                ]
            )
        )
        let job = try Job(yaml: "recipe: bagging\ndata: digits\nseed: 18446744073709551615", file: "job.yaml")
        return SavedModel(
            recipe: "bagging",
            body: TabularModel(
                ensemble,
                label: label,
                standardisation: standardised
                    ? try Standardisation(mean: tensor(2, from: 0.5), scale: tensor(2, from: 2)) : nil
            ),
            metrics: ["ensemble_accuracy": 0.975, "mean_member_accuracy": 1 / 3],
            job: job.canonical,
            provenance: Provenance(
                job: job.hash,
                data: Hash(of: [1]),
                programs: [Hash(of: [2]), Hash(of: [3])],
                seed: .max,
                test: 0.3,
                numerics: .exact,
                numericsVersion: 1,
                troupe: "0.1.0"
            )
        )
    }

    private static func save(_ model: SavedModel, to path: String) throws {
        try model.write(to: try SavedModel.reserve(path))
    }

    @Test("of layers for images comes back as it was written, and predicts the same")
    func imageLayers() throws {
        func tensor(_ sizes: Int...) -> TensorValue {
            let shape = Shape(sizes)
            return TensorValue((0..<shape.count).map { Float($0 % 5) - 2 }, shape: shape)
        }
        let ensemble = try VotingEnsemble(
            model: Sequential {
                ImageShape([2, 2, 1])
                Convolution2D(2, kernel: 1)
                ReLU()
                MaxPool(2)
                Flatten()
                Dense(2)
            },
            classes: ["no", "yes"],
            featureNames: ["a", "b", "c", "d"],
            vote: .soft,
            weights: StackedWeights(
                names: ["layers.1.bias", "layers.1.weight", "layers.5.bias", "layers.5.weight"],
                values: [tensor(3, 2), tensor(3, 1, 1, 1, 2), tensor(3, 2), tensor(3, 2, 2)]
            )
        )
        let other = try Self.model()
        let model = SavedModel(
            recipe: other.recipe,
            body: TabularModel(ensemble, label: nil, standardisation: nil),
            metrics: other.metrics,
            job: other.job,
            provenance: other.provenance
        )
        let folder = try Folder()
        try Self.save(model, to: "\(folder.path)/a")
        let again = try #require(try SavedModel(folder: "\(folder.path)/a").body as? TabularModel<VotingEnsemble>).base
        #expect(again.model.specifications == ensemble.model.specifications)
        let rows = tensor(7, 4)
        #expect(try again.predict(rows).classes == ensemble.predict(rows).classes)
    }

    @Test("comes back as it was written, and is then written as the same bytes")
    func roundTrip() throws {
        for (standardised, label) in [(true, CSV.Column.named("class")), (false, .number(-1)), (true, nil)] {
            let folder = try Folder()
            let model = try Self.model(standardised: standardised, label: label)
            try Self.save(model, to: "\(folder.path)/a")
            #expect(try folder.names() == ["a"] && folder.names(in: "a") == ["model.json", "weights.safetensors"])
            let again = try SavedModel(folder: "\(folder.path)/a")
            #expect(again.metrics == model.metrics && again.provenance == model.provenance)
            let written = try #require(model.body as? TabularModel<VotingEnsemble>)
            let body = try #require(again.body as? TabularModel<VotingEnsemble>)
            #expect(body.base.classes == written.base.classes && body.base.featureNames == written.base.featureNames)
            #expect(body.label == label && body.standardisation == written.standardisation)
            #expect(body.base.weights == written.base.weights && body.base.vote == .hard)
            try Self.save(again, to: "\(folder.path)/b")
            for name in ["model.json", "weights.safetensors"] {
                #expect(try folder.bytes(of: "a/\(name)") == folder.bytes(of: "b/\(name)"))
            }
        }
    }

    @Test("describes itself in a form that people and other programs can read")
    func description() throws {
        let folder = try Folder()
        try Self.save(Self.model(), to: "\(folder.path)/a")
        let text = try String(decoding: folder.bytes(of: "a/model.json"), as: UTF8.self)
        #expect(text.contains("\n  \"classes\": [\"no \\\"é\\\"\", \"yes\"],\n"))
        #expect(text.contains("\n    \"seed\": 18446744073709551615,\n"))
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(
            json.keys.sorted() == [
                "classes", "features", "format", "job", "kind", "label", "metrics", "model", "provenance", "recipe",
                "standardised",
            ]
        )
        let weights = try Hash(of: folder.bytes(of: "a/weights.safetensors"))
        #expect((json["provenance"] as? [String: Any])?["weights"] as? String == weights.description)
    }

    @Test("that is not one, or not whole, is refused with what to do")
    func refused() throws {
        let folder = try Folder()
        let path = "\(folder.path)/a"
        func message() -> String {
            do {
                _ = try SavedModel(folder: path)
                return "no error"
            } catch { return "\(error)".replacing(folder.path + "/", with: "") }
        }
        #expect(
            message()
                == "a: there is no model here: model.json is missing. Give a folder that `troupe train` has written."
        )
        // A folder into which nobody can look is none without a model.
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        #expect(
            message()
                == "a/model.json: cannot be read: too many levels of symbolic links. Check the path and its permissions."
        )
        try FileManager.default.removeItem(atPath: path)
        try Self.save(Self.model(), to: path)
        let json = try String(decoding: folder.bytes(of: "a/model.json"), as: UTF8.self)
        let weights = try folder.bytes(of: "a/weights.safetensors")
        #expect(message() == "no error")

        try FileManager.default.removeItem(atPath: path + "/weights.safetensors")
        #expect(
            message() == """
                a/weights.safetensors: the file is missing, and model.json is no model without it. Restore it, or train the model \
                again.
                """
        )
        try Data(weights.dropLast() + [weights.last.map { $0 ^ 1 } ?? 0]).write(
            to: URL(fileURLWithPath: path + "/weights.safetensors")
        )
        #expect(
            message().hasPrefix(
                "a/weights.safetensors: this is not the file that model.json describes: its SHA-256 is "
            )
        )
        try Data(weights).write(to: URL(fileURLWithPath: path + "/weights.safetensors"))

        let changes = [
            (
                "\"format\": 1", "\"format\": 2",
                "a/model.json:4:13: this model has format '2', but this program reads format 1. Use the version of troupe that wrote it, or train it again."
            ),
            (
                "\"kind\": \"voting-ensemble\"", "\"kind\": \"voting\"",
                """
                there is no kind of model 'voting'. Kinds: adapted, boosted-ensemble, meta-learned, multi-task, \
                voting-ensemble.
                """
            ),
            ("\"dense\": 3", "\"dense\": 4", "a/weights.safetensors: The weights do not fit the model: "),
            ("\"dense\": 3", "\"dens\": 3", "there is no layer 'dens'. Did you mean 'dense'? Layers: "),
            (
                "\"vote\": \"hard\"", "\"vote\": \"firm\"",
                "'model.vote' must be soft or hard, but is the text \"firm\"."
            ),
            ("\"members\": 3,", "\"members\": 4,", "the model has 4 members, but the weights are those of 3."),
            ("\"recipe\"", "\"recip\"", "there is no key 'recip' here. Did you mean 'recipe'?"),
            ("\"standardised\": true", "\"standardised\": false", "The weights do not fit the model: "),
            (
                "\"features\": [\"a\", ", "\"features\": [\"c\", \"a\", ",
                "a/weights.safetensors: the standardisation is not one of 3 features."
            ),
        ]
        for (old, new, expected) in changes {
            #expect(json.contains(old), "\(old)")
            try folder.write(json.replacing(old, with: new), to: "a/model.json")
            #expect(message().contains(expected), "\(new)")
        }
    }

    @Test("with any byte of its description changed or cut off is read or refused, never more")
    func mutations() throws { try expectReadOrRefused(Self.model()) }
}
