import Datasets
import Tensors
import TestSupport
import Testing

@Suite("A damaged CSV file")
struct CSVMutationTests {
    @Test("gives a valid data set or an error, whatever its bytes are")
    func mutations() throws {
        var accepted = 0
        for seed in 0..<4_000 as Range<UInt64> {
            var random = Seeded(seed)
            let columns = Int.random(in: 2...4, using: &random)
            var rows = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<columns).map { _ in random.number().description }
            }
            if random.oneIn(2) { rows.insert((0..<columns).map { random.name($0) }, at: 0) }
            var bytes = CSVText(rows, random: &random).bytes
            for _ in 0..<Int.random(in: 0...4, using: &random) { damage(&bytes, random: &random) }

            let header = [CSV.Header.detected, .present, .absent].randomElement(using: &random) ?? .detected
            let csv = CSV(bytes: bytes, name: "damaged", header: header)
            let label = CSV.Column.number(Int.random(in: -columns...columns, using: &random))
            do throws(CSVError) {
                let data = try csv.dataset(label: label)
                accepted += 1
                expectValid(data, seed: seed)
                let classes = try? data.classes.names
                let again = try csv.dataset(label: label, features: data.featureNames, classes: classes ?? [])
                #expect(again == data, "seed \(seed)")
            } catch {
                #expect(error.description.hasPrefix("damaged"), "seed \(seed): \(error)")
            }
            let names = (0..<columns).map { "feature \($0)" }
            if let features = try? csv.features(named: names, ignoring: label) {
                #expect(features.floats.allSatisfy { $0.isFinite }, "seed \(seed)")
            }
        }
        // Neither all nor nothing.
        #expect(accepted > 400 && accepted < 3_600, "\(accepted) accepted")
    }

    /// Changes, removes, doubles or inserts bytes, with a liking for those that mean something.
    private func damage(_ bytes: inout [UInt8], random: inout Seeded) {
        let special = Array(",\"\r\n \t.eE+-0".utf8) + [0, 0x80, 0xC3, 0xEF, 0xFE, 0xFF]
        let byte = special.randomElement(using: &random) ?? 0
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.insert(byte, at: place)
        case 1: bytes.removeSubrange(place...)
        case 2: bytes.insert(contentsOf: bytes[..<place], at: place)
        default:
            guard place < bytes.count else { return }
            bytes[place] = random.oneIn(2) ? byte : UInt8.random(in: 0...255, using: &random)
        }
    }

    private func expectValid(_ data: Dataset, seed: UInt64) {
        #expect(throws: Never.self, "seed \(seed)") {
            let classes = try data.classes
            #expect(!classes.counts.contains(0), "seed \(seed)")
            let checked = try Dataset(
                name: data.name,
                features: data.features,
                featureNames: data.featureNames,
                labels: .classes(ClassLabels(classes.indices.elements(), names: classes.names))
            )
            #expect(checked == data, "seed \(seed)")
        }
    }
}
